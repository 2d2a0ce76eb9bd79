"""How many cores this process may use."""

import math
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def cores() -> int:
    """The cores that CPU affinity (`taskset`) and the cgroup's limit (a container) leave to this process; at least 1.

    A part of a core counts as one. Where the system has neither, all cores.
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(available, cgroup_limit())))


def cgroup_limit() -> float:
    """The lowest `cpu.max` (cgroup v2) of this process's group and those above it, in cores; infinity without one."""
    try:
        lines = OWN_CGROUP.read_text().splitlines()
    except OSError:
        return math.inf
    own = next((CGROUP_ROOT / line.removeprefix("0::/") for line in lines if line.startswith("0::/")), CGROUP_ROOT)
    files = (group / "cpu.max" for group in (own, *own.parents) if group.is_relative_to(CGROUP_ROOT))
    return min((_cores_of(file) for file in files), default=math.inf)


def _cores_of(cpu_max: Path) -> float:
    """Cores of a file such as `50000 100000` (microseconds of CPU in each period) or `max 100000`."""
    try:
        quota, period = cpu_max.read_text().split()
    except (OSError, ValueError):
        return math.inf
    return math.inf if quota == "max" else int(quota) / int(period)
