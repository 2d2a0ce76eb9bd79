"""Each format is read back by the rules of that format: what was written is what is read."""

import csv
import io
import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest

from psl.config.plugin import names_with
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.tagging.formats import Source, audacity, jsonl, parquet, raven, webvtt
from psl.tagging.formats import csv as csv_format
from psl.tagging.labels import Segment
from psl.tagging.outputs import FORMATS, find_format
from psl.tagging.scores import WindowScores

VOCABULARY = Vocabulary(("/m/a", "/m/b", "/m/c", "/m/d"), ('Dog, "big"', "Fill\twith\nwater", "R&B <live> -->", "file"))
SOURCE = Source(VOCABULARY, 8000.0)
TIMES = [(0, 2000), (1500, 2000), (3_725_042, 3_726_042), (36_000_000, 36_000_001)]
SEGMENTS = [
    Segment("a/é.wav", *times, *ids, score)
    for times, ids, score in zip(
        TIMES, zip(VOCABULARY.mids, VOCABULARY.names, strict=True), (0.5, 0.123456, 1.0, 0.0), strict=True
    )
]
WINDOWS = [WindowScores("a/é.wav", *times, np.full(4, n / 8, np.float32)) for n, times in enumerate(TIMES)]
COLUMNS = ["file", "start_s", "end_s", 'Dog, "big"', "Fill\twith\nwater", "R&B <live> -->", "/m/d"]


def written(write, rows):
    handle = io.BytesIO()
    write(handle, iter(rows), SOURCE)
    return handle.getvalue()


def test_every_format_is_tested():
    assert names_with(FORMATS, "write") == ["audacity", "csv", "jsonl", "parquet", "raven", "webvtt"]
    assert names_with(FORMATS, "write_scores") == ["csv", "jsonl", "parquet"]


def as_rows():
    """The segments as tables have them."""
    keys = ("file", "start_s", "end_s", "class_id", "class", "score")
    return [dict(zip(keys, (s.file, s.start_ms / 1000, s.end_ms / 1000, *s[3:]), strict=True)) for s in SEGMENTS]


def test_csv_of_segments():
    read = csv.DictReader(io.StringIO(written(csv_format.write, SEGMENTS).decode(), newline=""), strict=True)
    numbers = ("start_s", "end_s", "score")
    assert [row | {key: float(row[key]) for key in numbers} for row in read] == as_rows()


def test_csv_of_scores():
    header, *rows = csv.reader(io.StringIO(written(csv_format.write_scores, WINDOWS).decode(), newline=""))
    assert header == COLUMNS and [row[0] for row in rows] == ["a/é.wav"] * 4
    assert [[*map(float, row[1:])] for row in rows] == [
        [w.start_ms / 1000, w.end_ms / 1000, *w.p_C.tolist()] for w in WINDOWS
    ]


def test_json_lines_of_segments_and_scores():
    assert [json.loads(line) for line in written(jsonl.write, SEGMENTS).decode().splitlines()] == as_rows()
    rows = [json.loads(line) for line in written(jsonl.write_scores, WINDOWS).decode().splitlines()]
    assert [[*row["scores"].values()] for row in rows] == [w.p_C.tolist() for w in WINDOWS]
    assert [[*row["scores"]] for row in rows] == [COLUMNS[3:]] * 4 and rows[1]["start_s"] == 1.5


def test_parquet_of_segments_and_scores(monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 3)
    assert pq.read_table(io.BytesIO(written(parquet.write, SEGMENTS))).to_pylist() == as_rows()
    table = pq.read_table(io.BytesIO(written(parquet.write_scores, WINDOWS)))
    assert table.column_names == COLUMNS and table["/m/d"].to_pylist() == [0, 0.125, 0.25, 0.375]
    assert pq.read_table(io.BytesIO(written(parquet.write, []))).num_rows == 0


def test_audacity_imports_the_labels():
    """A line is `start TAB end TAB label`, in seconds; a line that begins with a backslash is a frequency range."""
    lines = written(audacity.write, SEGMENTS).decode().split("\n")
    assert lines.pop() == ""
    fields = [re.fullmatch(r"(\d+\.\d{6})\t(\d+\.\d{6})\t([^\t]+)", line).groups() for line in lines]
    assert [(round(1000 * float(start)), round(1000 * float(end))) for start, end, _ in fields] == TIMES
    assert [label for *_, label in fields] == ['Dog, "big"', "Fill with water", "R&B <live> -->", "file"]


def test_raven_opens_the_selection_table():
    """Tabs without quotes; the first seven columns are those that Raven demands, selections count from 1."""
    table = csv.DictReader(io.StringIO(written(raven.write, SEGMENTS).decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = list(table)
    assert table.fieldnames[:7] == [*raven.COLUMNS[:7]] and [row["Selection"] for row in rows] == ["1", "2", "3", "4"]
    assert [(row["View"], row["Channel"]) for row in rows] == [("Spectrogram 1", "1")] * 4
    for row, (start_ms, end_ms) in zip(rows, TIMES, strict=True):
        assert float(row["Begin Time (s)"]) < float(row["End Time (s)"])
        assert (float(row["Begin Time (s)"]) * 1000, float(row["End Time (s)"]) * 1000) == (start_ms, end_ms)
        assert float(row["Low Freq (Hz)"]) < float(row["High Freq (Hz)"]) == 8000
    assert [row["Class"] for row in rows][1:3] == ["Fill with water", "R&B <live> -->"]
    assert rows[0]["Begin File"] == "é.wav" and rows[1]["Score"] == "0.123456"


def cue(block):
    """(start_ms, end_ms, text) of a cue, by the rules of W3C's WebVTT: timestamps, and text without < or -->."""
    times, text = block.split("\n")
    stamp = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
    h, m, s, ms, *end = map(int, re.fullmatch(f"{stamp} --> {stamp}", times).groups())
    assert "-->" not in text and "<" not in text and not re.search(r"&(?!amp;|lt;|gt;)", text)
    unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return ((h * 60 + m) * 60 + s) * 1000 + ms, ((end[0] * 60 + end[1]) * 60 + end[2]) * 1000 + end[3], unescaped


def test_players_show_the_captions():
    head, *blocks = written(webvtt.write, SEGMENTS).decode().removesuffix("\n").split("\n\n")
    cues = [cue(block) for block in blocks]
    assert head == "WEBVTT" and [(start, end) for start, end, _ in cues] == TIMES
    assert all(start < end for start, end, _ in cues) and cues == sorted(cues, key=lambda each: each[0])
    assert [text for *_, text in cues][:3] == ['Dog, "big" 0.50', "Fill with water 0.12", "R&B <live> --> 1.00"]


def test_no_label_at_all_is_a_file_as_well():
    assert written(webvtt.write, []) == b"WEBVTT\n" and written(audacity.write, []) == b""
    assert written(csv_format.write, []) == b"file,start_s,end_s,class_id,class,score\n"


@pytest.mark.parametrize(
    ("name", "kind", "cause"),
    [("mp3", "labels", "there is no format mp3: choose one of audacity, csv"), ("raven", "scores", "not the scores")],
)
def test_formats_that_do_not_fit_are_refused(name, kind, cause):
    with pytest.raises(PslError, match=cause):
        find_format(name, kind)
