"""How many cores this process may use."""

import os


def cores() -> int:
    """Those that the scheduler, `taskset` or a container leaves to this process, where the system tells; else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
