"""How many cores this process may use."""

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from psl.runtime.progress import log

CGROUP_ROOT = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
THREADS_LIMIT = "OMP_NUM_THREADS"  # environment: what people and schedulers of clusters set


def cores() -> int:
    """The cores that CPU affinity (`taskset`), the cgroup's limit (a container) and OMP_NUM_THREADS leave; at least 1.

    A part of a core counts as one. Where the system has none of them, all cores.
    """
    return min(_available(), _threads_limit())


def at_most_cores(wanted: int, parameter: str) -> int:
    """`wanted` of `parameter`, but no more than one for each core, and as many for 0; a line says when fewer."""
    if wanted > cores():
        log(f"{parameter} {wanted} is more than the {cores()} cores of this run, and counts as {cores()}")
    return min(wanted or cores(), cores())


def threads_limit_line() -> str | None:
    """A line for the log where OMP_NUM_THREADS, which people set for other reasons, too, leaves fewer cores."""
    if cores() == _available():
        return None
    return f"{THREADS_LIMIT}={os.environ[THREADS_LIMIT]} limits this run to {cores()} of {_available()} cores"


def _available() -> int:
    """Without the limit on threads."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, cgroup_limit())))


def cgroup_limit() -> float:
    """The lowest CPU limit of this process's cgroup and those above it, in cores; infinity without one."""
    v1 = CGROUP_ROOT / "cpu"
    return min([_quota_v1(v1), *map(_quota_v2, own_cgroups())])


def own_cgroups() -> Iterator[Path]:
    """The folders of this process's cgroup (v2) and of those above it."""
    try:
        lines = OWN_CGROUP.read_text().splitlines()
    except OSError:
        return
    own = next((CGROUP_ROOT / line.removeprefix("0::/") for line in lines if line.startswith("0::/")), CGROUP_ROOT)
    yield from (group for group in (own, *own.parents) if group.is_relative_to(CGROUP_ROOT))


def _quota_v2(group: Path) -> float:
    """Cores of a file such as `50000 100000` (microseconds of CPU in each period) or `max 100000`."""
    return _cores_of(group / "cpu.max")


def _quota_v1(group: Path) -> float:
    """Cores of a container under cgroup v1, which sees its own limit at the root; -1 is no limit."""
    return _cores_of(group / "cpu.cfs_quota_us", group / "cpu.cfs_period_us")


def _cores_of(*files: Path) -> float:
    try:
        quota, period = " ".join(file.read_text() for file in files).split()
    except (OSError, ValueError):
        return math.inf
    return math.inf if quota in ("max", "-1") else int(quota) / int(period)


def _threads_limit() -> int:
    """The first number of OMP_NUM_THREADS, which may be a list (`4,2`); a huge one where it is none."""
    first = os.environ.get(THREADS_LIMIT, "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) else sys.maxsize
