"""Long work shows itself: a bar with rate and end time on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 10.0


def say(line: str) -> None:
    """One plain line for the person who watches, at once."""
    print(line, file=sys.stderr, flush=True)


def track(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    """Pass `items` on and show how far they are, of `total`."""
    return _bar(items, what, total) if sys.stderr.isatty() else _lines(items, what, total)


def _bar(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
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
        bar = progress.add_task(what, total=total, rate="")
        for done, item in enumerate(items, 1):
            yield item
            progress.update(bar, completed=done, rate=f"{done / (time.monotonic() - began):.1f}/s")


def _lines(items: Iterable[Item], what: str, total: int) -> Iterator[Item]:
    began = said = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said >= SECONDS_BETWEEN_LINES or done == total:
            rate = done / max(now - began, 1e-9)
            say(f"{what}: {done}/{total}, {rate:.1f}/s, {max(total - done, 0) / rate:.0f} s left")
            said = now
