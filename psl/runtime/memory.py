"""How much memory is left to this machine or container, and how many processes fit into it."""

from pathlib import Path

import psutil

from psl.runtime.cores import own_cgroups
from psl.runtime.progress import log


def available_bytes() -> int:
    """Memory that new processes may take: the machine's, or what the cgroups of this process (a container) leave."""
    return max(0, min([int(psutil.virtual_memory().available), *map(_left_in, own_cgroups())]))


def workers_that_fit(workers: int, bytes_each: int) -> int:
    """`workers`, or as many as there is memory for, at least 1; fewer are said in one line."""
    available = available_bytes()
    fitting = max(1, min(workers, available // bytes_each))
    if fitting < workers:
        log(f"{fitting} processes instead of {workers}: {available / 2**30:.1f} GiB of memory are free")
    return fitting


def _left_in(group: Path) -> int:
    """Bytes that the cgroup (v2) has left; what files take in its page cache is counted as free."""
    try:
        limit, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
        cached = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())["inactive_file"]
        return int(limit) - int(used) + int(cached)
    except (OSError, ValueError, KeyError):  # no cgroup v2 here, or no limit ("max")
        return 1 << 62
