"""The audit as one offline page: a queue to listen to and decide about, and what was found by class and by clip."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from psl.audit.queue import RANDOM, QueueRow, reasons
from psl.audit.record import Record
from psl.audit.review import COLUMNS, cells
from psl.audit.spreadsheet import FORMULA
from psl.audit.summary import Summary
from psl.io.files import write_text
from psl.listening.excerpt import Excerpt
from psl.listening.template import render

TEMPLATE = "page.html.jinja"
SHOWN = 300  # rows of a table; the store has all
TITLES = {
    "denied": (
        "Labels that the annotator denies",
        "The clip has the label, and this is where the class scores highest.",
    ),
    "missing": (
        "Classes that it hears and the labels lack",
        "The clip lacks the label, and this is its surest window.",
    ),
    "uncertain": ("Uncertain", "Half-way between clips that have the label and clips that lack it."),
    "rare": (
        "Rare classes",
        "The likeliest windows of the classes with the fewest labels, in clips without the label.",
    ),
    RANDOM: (
        "Random control",
        "Drawn at random from all windows in which the annotator hears a class, whatever the labels say. Only these "
        "tell how often it is right.",
    ),
}


def write_page(
    path: Path, summary: Summary, record: Record, unused: Sequence[str], *, excerpts: Mapping[int, Excerpt]
) -> None:
    """Write the page, which asks no network for anything. Same inputs, same bytes."""
    text = render(
        "psl.audit",
        TEMPLATE,
        record=record,
        summary=summary,
        heard=summary.heard,
        unused=unused,
        groups=[(*TITLES[name], rows) for name, rows in reasons(record.rows)],
        excerpts=excerpts,
        bars=[*_bars(summary)],
        clips=[*_clips(summary, record.rows)][:SHOWN],
        shown=SHOWN,
        audio_hours=_hours(summary),
        sheet=_sheet(record),
        random=RANDOM,
        n_control=sum(RANDOM in row.why.split(";") for row in record.rows),
    )
    write_text(path, text)


def _sheet(record: Record) -> dict[str, Any]:
    """What the page's program needs to save decisions as review.py reads them."""
    rows = {row.row: {name: str(value) for name, value in cells(record, row, None).items()} for row in record.rows}
    return {"audit": record.name, "columns": COLUMNS, "rows": rows, "formula": f"^{FORMULA.pattern}"}


def _bars(summary: Summary) -> Iterator[tuple[int, int, int, float, float]]:
    """Number of labels, clips with so many labels, clips in which so many are heard, and heights in per cent."""
    most = max(max(row.labelled, row.heard) for row in summary.counts)
    for row in summary.counts:
        yield (*row, round(100 * row.labelled / most, 1), round(100 * row.heard / most, 1))


def _clips(summary: Summary, rows: Sequence[QueueRow]) -> Iterator[tuple[str, str, list[tuple[Any, ...]]]]:
    """Each clip with its labels and findings: kind, class, probability, start, end, and row of the queue or None."""
    row_of = {(row.clip, row.class_id, row.start_ms): row.row for row in rows}
    heard = summary.heard
    for clip in summary.clips:
        found = []
        for each in clip.findings:
            mid, scores = heard.vocabulary.mids[each.number], heard.scores[each.clip]
            start_ms, end_ms = int(scores.start_ms_W[each.window]), int(scores.end_ms_W[each.window])
            row = row_of.get((clip.clip, mid, start_ms))
            found.append((each.kind, heard.vocabulary.names[each.number], each.p, start_ms, end_ms, row))
        yield clip.clip, ", ".join(clip.labels), found


def _hours(summary: Summary) -> str:
    seconds = sum(int(each.end_ms_W.max() - each.start_ms_W.min()) for each in summary.heard.scores) / 1000
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"
