"""The page of windows of a run: each group with its windows, their labels, and a player for each."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from psl.io.files import write_text
from psl.io.windows import to_units
from psl.labels.queries.worth_hearing import Group, HeardWindow, Source
from psl.listening.excerpt import LONGEST_MS, Excerpt, as_many_as_fit, excerpt_of
from psl.listening.template import render
from psl.runtime.errors import PslError
from psl.runtime.progress import log

TEMPLATE = "page.html.jinja"


class Span(NamedTuple):
    """A stretch of a recording, milliseconds."""

    path: str
    start_ms: int
    end_ms: int


def write_page(
    path: Path,
    student: str,
    groups: Mapping[Group, Sequence[HeardWindow]],
    window_ms: Mapping[Source, int],
    *,
    workers: int,
) -> int:
    """Write the page, which asks no network for anything. Same inputs, same bytes.

    `window_ms` is how long the windows of labels and of scores are, milliseconds. Returns how many windows can be
    heard, and logs why one of the others cannot.
    """
    numbers = count(1)
    rows = [(group, [(next(numbers), each) for each in some]) for group, some in groups.items()]
    spans = {number: _span(each, window_ms[group.source]) for group, some in rows for number, each in some}
    silent = list[str]()
    excerpts = as_many_as_fit(spans, partial(_excerpt, silent=silent), workers)
    seconds = {source: milliseconds / 1000 for source, milliseconds in window_ms.items()}
    values = {"student": student, "seconds": seconds, "groups": rows, "excerpts": excerpts}
    write_text(path, render("psl.listening", TEMPLATE, **values))
    if silent:
        log(f"{len(silent)} windows cannot be heard, such as: {min(silent)}")
    return len(excerpts)


def _excerpt(span: Span, silent: list[str]) -> Excerpt | None:
    try:
        return excerpt_of(*span)
    except PslError as error:
        silent.append(str(error))
        return None


def _span(window: HeardWindow, window_ms: int) -> Span:
    """Of the window, or of the whole clip where no window has the class; neither is longer than the clip."""
    clip_ms = to_units(window.file_start_s, 1000)
    end_ms = clip_ms + LONGEST_MS if window.file_end_s is None else to_units(window.file_end_s, 1000)
    if window.start_s is None:
        return Span(window.path, clip_ms, end_ms)
    start_ms = clip_ms + to_units(window.start_s, 1000)
    longest = start_ms + window_ms if window.file_end_s is None else end_ms
    return Span(window.path, start_ms, min(start_ms + window_ms, longest))
