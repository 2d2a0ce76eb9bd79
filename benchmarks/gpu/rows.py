"""Rows of the table: one measurement each, timed, with its peak memory; one that fails says why and stops no other."""

import gc
import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from types import FrameType
from typing import Any

import torch

MEBIBYTE = 2**20
COLUMNS = ("what", "measured", "compared with", "ratio", "target", "peak memory", "took")
Work = Callable[[], int]  # does some work, and returns how many windows it was


@dataclass(frozen=True)
class Measured:
    """A number with its unit; `ratio` is to what `against` names."""

    value: float
    unit: str = "windows/s"
    against: str = ""
    ratio: float | None = None
    target: float | None = None  # that the ratio should reach
    peak_mib: float | None = None  # of the device's memory, by other processes than this one


@dataclass(frozen=True)
class Row:
    """What a part of the benchmark gave; `failed` says why it gave nothing."""

    what: str
    seconds: float
    peak_mib: float | None  # of the device's memory, all that the part held at once; None on the CPU
    measured: Measured | None
    failed: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure(what: str, part: Callable[[], Measured], device: torch.device, limit_s: float) -> Row:
    """The row of a part, which is stopped after `limit_s` seconds."""
    on_cuda, began, measured, failed = device.type == "cuda", time.perf_counter(), None, ""
    if on_cuda:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    try:
        with _time_limit(limit_s):
            measured = _checked(part())
    except Exception as error:
        failed = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    peak_mib = peak_of(device) if measured is None or measured.peak_mib is None else measured.peak_mib
    return Row(what, time.perf_counter() - began, peak_mib, measured, failed)


def peak_of(device: torch.device) -> float | None:
    """MiB of the device's memory that this process has held at most; None on the CPU."""
    return torch.cuda.max_memory_allocated(device) / MEBIBYTE if device.type == "cuda" else None


def _checked(measured: Measured) -> Measured:
    numbers = [measured.value, *([] if measured.ratio is None else [measured.ratio])]
    if not all(math.isfinite(number) and number > 0 for number in numbers):
        raise ValueError(f"{measured} is no measurement")
    return measured


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after so many seconds."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"it was stopped after {seconds:.0f} s")

    if seconds <= 0:
        raise TimeoutError("the time for all was up")
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def rates(works: Sequence[Work], device: torch.device, seconds: float) -> list[list[float]]:
    """Windows per second of each work, round by round: they take turns until `seconds` are over, once at least.

    Each is done once before, to warm up.
    """
    for work in works:
        work()
    found: list[list[float]] = [[] for _ in works]
    end = time.perf_counter() + seconds
    while not found[0] or time.perf_counter() < end:
        for work, rates_of_work in zip(works, found, strict=True):
            rates_of_work.append(rate_of(work, device))
    return found


def rate_of(work: Work, device: torch.device) -> float:
    """Windows per second of doing the work once, until the device has finished."""
    wait_for(device)
    began = time.perf_counter()
    windows = work()
    wait_for(device)
    return windows / (time.perf_counter() - began)


def wait_for(device: torch.device) -> None:
    """Return when the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def compared(ours: Sequence[float], other: Sequence[float], name: str, target: float | None = None) -> Measured:
    """The median rate of ours, and the median of its ratio to the other's rate in the same round."""
    ratio = median(a / b for a, b in zip(ours, other, strict=True))
    return Measured(median(ours), against=f"{name}, {median(other):.0f} windows/s", ratio=ratio, target=target)


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table."""
    lines = [" | ".join(COLUMNS), " | ".join(["---"] * len(COLUMNS)), *(" | ".join(_cells(row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    peak = "" if row.peak_mib is None else f"{row.peak_mib:.0f} MiB"
    found = row.measured
    if found is None:
        return row.what, f"failed: {row.failed}".replace("|", "/"), "", "", "", peak, f"{row.seconds:.1f} s"
    ratio = "" if found.ratio is None else f"{found.ratio:.2f}"
    target = "" if found.target is None else f"≥ {found.target:.2f}"
    measured = f"{found.value:.{0 if found.value >= 100 else 1}f} {found.unit}"
    return row.what, measured, found.against, ratio, target, peak, f"{row.seconds:.1f} s"
