"""The page of windows of a run: each group with its windows, their labels, and a player for each."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from psl.io.files import write_text
from psl.io.windows import to_units
from psl.labels.queries.worth_hearing import Group, Source, Worth
from psl.listening.excerpt import LONGEST_MS, as_many_as_fit, excerpt_of
from psl.listening.template import render

TEMPLATE = "page.html.jinja"


def write_page(
    path: Path,
    student: str,
    groups: Mapping[Group, Sequence[Worth]],
    window_ms: Mapping[Source, int],
    *,
    workers: int,
) -> int:
    """Write the page, which asks no network for anything. Same inputs, same bytes. How many windows can be heard.

    `window_ms` is how long the windows of labels and of scores are, milliseconds.
    """
    numbers = count(1)
    rows = [(group, [(next(numbers), each) for each in some]) for group, some in groups.items()]
    spans = {number: _span(each, window_ms[group.source]) for group, some in rows for number, each in some}
    excerpts = as_many_as_fit(spans, lambda span: excerpt_of(*span), workers)
    seconds = {source: milliseconds / 1000 for source, milliseconds in window_ms.items()}
    values = {"student": student, "seconds": seconds, "groups": rows, "excerpts": excerpts}
    write_text(path, render("psl.listening", TEMPLATE, **values))
    return len(excerpts)


def _span(worth: Worth, window_ms: int) -> tuple[str, int, int]:
    """Recording, start and end in milliseconds: of the window, or of the whole clip where it is not known which."""
    clip_ms = to_units(worth.file_start_s, 1000)
    if worth.start_s is None:
        return (
            worth.path,
            clip_ms,
            clip_ms + LONGEST_MS if worth.file_end_s is None else to_units(worth.file_end_s, 1000),
        )
    start_ms = clip_ms + to_units(worth.start_s, 1000)
    return worth.path, start_ms, start_ms + window_ms
