"""Progress of long work: a bar with rate and remaining time on a terminal, a plain line every few seconds in a log."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0


def log(line: str) -> None:
    """Print one plain line to standard error, unbuffered."""
    print(line, file=sys.stderr, flush=True)


def unit_size(_: object) -> int:
    """The size of an item when items are counted."""
    return 1


def track(
    items: Iterable[Item],
    what: str,
    total: int | None,
    size: Callable[[Item], int] = unit_size,
    *,
    scale: int = 1,
) -> Iterator[Item]:
    """Pass `items` on and show how much of `total` is done (None: unknown).

    `total` is the sum of the items' sizes; the numbers shown are divided by `scale`, which turns bytes into megabytes.
    """
    return (_bar if sys.stderr.isatty() else _lines)(items, what, total, size, scale=scale)


def _bar(
    items: Iterable[Item], what: str, total: int | None, size: Callable[[Item], int], *, scale: int
) -> Iterator[Item]:
    # Imported here because it takes a tenth of a second.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    with Progress(*columns) as progress:
        bar = progress.add_task(what, total=total and total // scale, rate="")
        done = 0
        for item in items:
            yield item
            done += size(item)
            progress.update(bar, completed=done // scale, rate=f"{done / scale / (time.monotonic() - began):.1f}/s")


def _lines(
    items: Iterable[Item], what: str, total: int | None, size: Callable[[Item], int], *, scale: int
) -> Iterator[Item]:
    began = logged = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += size(item)
        now = time.monotonic()
        if now - logged >= SECONDS_BETWEEN_LINES or done == total:
            rate = done / max(now - began, 1e-9)
            of = "" if total is None else f"/{total // scale}"
            left = "" if total is None else f", {max(total - done, 0) / max(rate, 1e-9):.0f} s left"
            log(f"{what}: {done // scale}{of}, {rate / scale:.1f}/s{left}")
            logged = now
