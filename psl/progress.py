"""Long work shows itself: a bar with rate and end time on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0


def say(line: str) -> None:
    """One plain line for the person who watches, at once."""
    print(line, file=sys.stderr, flush=True)


def one(_: object) -> int:
    """The size of an item where items are counted."""
    return 1


def track(items: Iterable[Item], what: str, total: int | None, size: Callable[[Item], int] = one, scale: int = 1) -> Iterator[Item]:
    """Pass `items` on and show how far they are, of `total` (None: not known).

    `total` is the sum of the items' sizes; what is shown is divided by `scale`, so that bytes can be told in megabytes.
    """
    return (_bar if sys.stderr.isatty() else _lines)(items, what, total, size, scale)


def _bar(items: Iterable[Item], what: str, total: int | None, size: Callable[[Item], int], scale: int) -> Iterator[Item]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # a tenth of a second

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


def _lines(items: Iterable[Item], what: str, total: int | None, size: Callable[[Item], int], scale: int) -> Iterator[Item]:
    began = said = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += size(item)
        now = time.monotonic()
        if now - said >= SECONDS_BETWEEN_LINES or done == total:
            rate = done / max(now - began, 1e-9)
            of = "" if total is None else f"/{total // scale}"
            left = "" if total is None else f", {max(total - done, 0) / max(rate, 1e-9):.0f} s left"
            say(f"{what}: {done // scale}{of}, {rate / scale:.1f}/s{left}")
            said = now
