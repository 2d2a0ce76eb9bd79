"""The audit as a DuckDB file for queries: names, seconds and floats in plain tables with comments."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from psl.audit.findings import Heard
from psl.audit.levels import PRESENT
from psl.audit.queue import QueueRow
from psl.audit.record import Record
from psl.audit.summary import Summary
from psl.io.files import atomic_write

LEAST_P = 0.01  # of the scores that are kept
TABLES = {
    "clips": "clips that could be read, with their labels",
    "clip_labels": "classes of clips: whether it is a label, and the highest score of any window",
    "scores": f"scores of windows from {LEAST_P} on; times are those of the recording",
    "findings": "labels that the annotator denies, and classes that it hears and the labels lack",
    "queue": "windows that are worth a person's minute, as in queue.csv",
    "classes": "the classes of the labels, and the annotator's median scores with and without the label",
    "label_counts": "how many clips have so many labels, and in how many so many classes are heard",
    "heard_elsewhere": "classes of the annotator that no label names",
    "unused": "what could not be read or used, and why",
    "provenance": "what was audited, by whom and how, as JSON",
}


def write_store(path: Path, summary: Summary, record: Record, unused: Sequence[str]) -> None:
    """Write it, whole or not at all."""
    tables = _tables(summary, record, unused)
    with atomic_write(path) as temporary:
        quoted = str(temporary).replace("'", "''")
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute(f"SET enable_progress_bar = false; ATTACH '{quoted}' AS store; USE store")
            for name, comment in TABLES.items():
                connection.register("new_rows", tables[name])
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM new_rows")
                connection.execute(f"COMMENT ON TABLE {name} IS '{comment.replace(chr(39), chr(39) * 2)}'")
                connection.unregister("new_rows")
            connection.execute("CHECKPOINT store; USE memory; DETACH store")


def _tables(summary: Summary, record: Record, unused: Sequence[str]) -> dict[str, pa.Table]:
    heard = summary.heard
    return {
        "clips": _clips(heard),
        "clip_labels": _clip_labels(heard),
        "scores": _scores(heard),
        "findings": _table(_findings(heard), _FINDINGS),
        "queue": _table(map(_queue_row, record.rows), _QUEUE),
        "classes": _table((row._asdict() for row in summary.classes), _CLASSES),
        "label_counts": _table((row._asdict() for row in summary.counts), _COUNTS),
        "heard_elsewhere": _table((row._asdict() for row in summary.elsewhere), _ELSEWHERE),
        "unused": pa.table({"why": pa.array(unused, pa.string())}),
        "provenance": pa.table({"record": [json.dumps(record.about, sort_keys=True, ensure_ascii=False)]}),
    }


_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int32()
_WINDOW = [("clip", _TEXT), ("file", _TEXT), ("start_s", _NUMBER), ("end_s", _NUMBER), ("class_id", _TEXT)]
_FINDINGS = pa.schema([("kind", _TEXT), *_WINDOW, ("class", _TEXT), ("p", _NUMBER), ("place", _NUMBER)])
_QUEUE = pa.schema([("row", _COUNT), *_WINDOW, ("class", _TEXT), ("p", _NUMBER), ("labelled", _TEXT), ("why", _TEXT)])
_CLASSES = pa.schema(
    [
        *(("class_id", _TEXT), ("name", _TEXT), ("labelled", _COUNT), ("denied", _COUNT), ("missing", _COUNT)),
        *(("median_with", _NUMBER), ("median_without", _NUMBER), ("note", _TEXT)),
    ]
)
_COUNTS = pa.schema([("n_labels", _COUNT), ("labelled", _COUNT), ("heard", _COUNT)])
_ELSEWHERE = pa.schema(
    [("class_id", _TEXT), ("name", _TEXT), ("clips", _COUNT), ("highest_p", _NUMBER), ("file", _TEXT)]
)


def _table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(row) for row in rows], schema)


def _clips(heard: Heard) -> pa.Table:
    names = dict(zip(heard.vocabulary.mids, heard.vocabulary.names, strict=True))
    return pa.table(
        {
            "clip": [clip.name for clip in heard.clips],
            "file": [clip.file for clip in heard.clips],
            "start_s": [clip.start_s for clip in heard.clips],
            "end_s": [int(scores.end_ms_W.max()) / 1000 for scores in heard.scores],
            "labels": pa.array([[names[mid] for mid in clip.mids] for clip in heard.clips], pa.list_(_TEXT)),
        }
    )


def _clip_labels(heard: Heard) -> pa.Table:
    """A row for each label, and for each class with a score from LEAST_P on."""
    n_X, c_X = np.nonzero((heard.y_NC == PRESENT) | (heard.p_NC >= LEAST_P))
    mids, names = np.array(heard.vocabulary.mids, object), np.array(heard.vocabulary.names, object)
    clips = np.array([clip.name for clip in heard.clips], object)
    return pa.table(
        {
            "clip": clips[n_X],
            "class_id": mids[c_X],
            "class": names[c_X],
            "weak": heard.y_NC[n_X, c_X] == PRESENT,
            "p": heard.p_NC[n_X, c_X],
            "place": heard.place_NC[n_X, c_X],
        }
    )


def _scores(heard: Heard) -> pa.Table:
    parts = [np.nonzero(scores.p_WC >= LEAST_P) for scores in heard.scores]
    n_X = np.repeat(np.arange(len(parts)), [len(w) for w, _ in parts])
    c_X = np.concatenate([c for _, c in parts])
    times = [
        np.concatenate([getattr(scores, name)[w] for scores, (w, _) in zip(heard.scores, parts, strict=True)]) / 1000
        for name in ("start_ms_W", "end_ms_W")
    ]
    p_X = np.concatenate([scores.p_WC[part] for scores, part in zip(heard.scores, parts, strict=True)])
    clips = np.array([clip.name for clip in heard.clips], object)
    files = np.array([clip.file for clip in heard.clips], object)
    mids, names = np.array(heard.vocabulary.mids, object), np.array(heard.vocabulary.names, object)
    columns = [clips[n_X], files[n_X], *times, mids[c_X], names[c_X], p_X]
    return pa.table(columns, names=["clip", "file", "start_s", "end_s", "class_id", "class", "p"])


def _findings(heard: Heard) -> Iterable[dict[str, Any]]:
    for each in heard.findings:
        clip, scores = heard.clips[each.clip], heard.scores[each.clip]
        yield {
            "kind": each.kind,
            "clip": clip.name,
            "file": clip.file,
            "start_s": int(scores.start_ms_W[each.window]) / 1000,
            "end_s": int(scores.end_ms_W[each.window]) / 1000,
            "class_id": heard.vocabulary.mids[each.number],
            "class": heard.vocabulary.names[each.number],
            "p": round(each.p, 6),
            "place": round(each.place, 4),
        }


def _queue_row(row: QueueRow) -> dict[str, Any]:
    times = {"start_s": row.start_ms / 1000, "end_s": row.end_ms / 1000}
    own = {name: value for name, value in row._asdict().items() if name in _QUEUE.names}
    return own | times | {"class": row.name}
