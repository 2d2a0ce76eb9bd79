"""How much memory is left to this machine or container, and how many processes fit into it."""

from pathlib import Path

import psutil

from psl.runtime.cores import CGROUP_ROOT, own_cgroups
from psl.runtime.progress import log


def available_bytes() -> int:
    """Memory that new processes may take: the machine's, or what the cgroups of this process (a container) leave."""
    left = [int(psutil.virtual_memory().available), _left_v1(CGROUP_ROOT / "memory"), *map(_left_v2, own_cgroups())]
    return max(0, min(left))


def workers_that_fit(workers: int, bytes_each: int, what: str) -> int:
    """`workers`, or as many as there is memory for, at least 1; a line says when fewer, calling them `what`."""
    available = available_bytes()
    fitting = max(1, min(workers, available // bytes_each))
    if fitting < workers:
        log(f"memory for {fitting} of {workers} {what}: {available / 2**30:.1f} GiB are free")
    return fitting


def _left_v2(group: Path) -> int:
    return _left(group / "memory.max", group / "memory.current", group / "memory.stat", "inactive_file")


def _left_v1(group: Path) -> int:
    """A container under cgroup v1 sees its own limit at the root; no limit is a huge number."""
    limit, used = group / "memory.limit_in_bytes", group / "memory.usage_in_bytes"
    return _left(limit, used, group / "memory.stat", "total_inactive_file")


def _left(limit: Path, used: Path, stat: Path, cached: str) -> int:
    """Bytes that a cgroup has left; what files take in its page cache counts as free."""
    try:
        counts = dict(line.split() for line in stat.read_text().splitlines())
        return int(limit.read_text()) - int(used.read_text()) + int(counts[cached])
    except (OSError, ValueError, KeyError):  # no such cgroup here, or no limit ("max")
        return 1 << 62
