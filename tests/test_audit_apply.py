"""Decisions become labels that `psl init` takes: corrected tables of clips, and strong labels of windows."""

import csv

import pytest
from audit_cases import queue_row, record_of
from own_recordings import table, tone

from psl.audit.apply import ApplyRequest, apply
from psl.audit.corrected import Words, changes, strong_table
from psl.audit.review import Decision, write_review
from psl.corpora.custom.check import InitRequest, check
from psl.io.hashes import hash_file
from psl.runtime.errors import PslError

ROWS = ["-a.wav,siren,x", '"d, e.wav",b;c,y', "f.wav,c,z", "g.wav,b,"]


@pytest.fixture
def audited(tmp_path):
    """A table and its audit: rows 1 to 5 of the queue; returns what makes new labels of decisions."""
    for number, name in enumerate(("-a.wav", "d, e.wav", "f.wav", "g.wav")):
        tone(tmp_path / "in" / name, number, 4.0)
    labels = table(tmp_path / "in", ROWS, "file,labels,note")
    record = record_of(
        queue_row(1, mid="c", why="missing;random"),
        queue_row(2, "d, e.wav", mid="b", why="denied", labelled="yes"),
        queue_row(3, "d, e.wav", mid="c", surest=False, why="random", labelled="yes"),
        queue_row(4, "f.wav", mid="c", why="denied", labelled="yes"),
        queue_row(5, "f.wav", mid="c", start_ms=500, surest=False, why="random", labelled="yes"),
        folder=str(tmp_path / "in"),
        labels=str(labels),
        labels_hash=hash_file(labels),
    )
    record.write((tmp_path / "audit").mkdir() or tmp_path / "audit")

    def new(*decisions, strong=False, out="new.csv"):
        said = [Decision(row, answer, "Ann", "") for row, answer in decisions]
        write_review(tmp_path / "decisions.csv", record, said)
        told = apply(ApplyRequest([tmp_path / "decisions.csv"], tmp_path / "audit", labels, tmp_path / out, strong))
        return list(csv.DictReader((tmp_path / out).open(newline=""))), told

    return new


def test_a_yes_adds_and_a_no_about_the_surest_window_removes(audited):
    rows, told = audited((1, "yes"), (2, "no"), (3, "no"), (4, "unsure"))
    assert [(row["file"], row["labels"], row["note"]) for row in rows] == [
        ("-a.wav", "siren;c", "x"), ("d, e.wav", "c", "y"), ("f.wav", "c", "z"), ("g.wav", "b", "")
    ]  # fmt: skip
    assert "1 yes, 2 no, 1 unsure" in told and "2 of 4 clips have other labels now" in told
    assert "by the random control: 50 % (95 % interval 9 to 91 %; 1 of 2 right, 0 unsure)" in told


def test_psl_init_takes_the_new_labels_also_of_a_clip_without_any(audited, tmp_path):
    rows, _ = audited((1, "yes"), (4, "no"))
    assert [row["looked_for"] for row in rows] == ["", "", "*", ""]
    clips, vocabulary = check(InitRequest(tmp_path / "in", tmp_path / "new.csv", None, None, False))
    assert {clip.file: set(clip.mids) for clip in clips} == {
        "-a.wav": {"/m/03kmc9", "c"}, "d, e.wav": {"b", "c"}, "f.wav": set(), "g.wav": {"b"}
    }  # fmt: skip
    assert len(vocabulary) == 3


def test_a_yes_elsewhere_in_the_clip_keeps_the_label(audited):
    rows, _ = audited((4, "no"), (5, "yes"))
    assert rows[2]["labels"] == "c" and "looked_for" not in rows[2]


def test_strong_labels_are_the_windows_with_what_was_decided_there(audited, tmp_path):
    rows, _ = audited((1, "yes"), (2, "no"), (3, "yes"), (4, "no"), (5, "yes"), strong=True)
    assert [tuple(row.values()) for row in rows] == [
        ("-a.wav", "0.000", "1.000", "c", "c"),
        ("d, e.wav", "0.000", "1.000", "c", "b;c"),
        ("f.wav", "0.500", "1.500", "c", "c"),  # the no of row 4 overlaps it
    ]
    (tmp_path / "new.csv").write_text((tmp_path / "new.csv").read_text() + "g.wav,,,b,b\n")
    clips, _ = check(InitRequest(tmp_path / "in", tmp_path / "new.csv", None, None, False))
    assert [(clip.start_s, clip.end_s, clip.mids) for clip in clips][1:3] == [(0, 1, ("c",)), (0.5, 1.5, ("c",))]


def test_labels_with_commas_are_quoted_and_what_was_looked_for_grows():
    words = Words({"Speech, male": ("/m/s", "Speech, male")}, {"/m/s": "Speech, male"})
    rows = [queue_row(1, mid="/m/s"), queue_row(2, "b.wav", mid="/m/s")]
    assert strong_table(rows, {1: "yes", 2: "no"}, words)[1][3:] == ['["Speech, male"]', '["Speech, male"]']
    assert changes(rows, {1: "yes", 2: "no"})["b.wav"].denied == {"/m/s": None}


def test_what_was_looked_for_covers_what_was_decided(audited, tmp_path):
    from psl.audit.corrected import Change, _corrected

    words = Words({"siren": ("/m/a", "Alarm")}, {"/m/a": "Alarm", "b": "b"})
    row = _corrected({"labels": "siren", "looked_for": "siren"}, Change({"b": None}, {}), words)
    assert row == {"labels": "siren;b", "looked_for": "siren;b"}


def test_nothing_is_overwritten_and_only_the_audited_table_is_taken(audited, tmp_path):
    audited((1, "yes"))
    with pytest.raises(PslError, match=r"new.csv exists, and psl overwrites no labels"):
        audited((1, "yes"))
    with pytest.raises(PslError, match="decides nothing"):
        audited(out="b.csv")
    request = ApplyRequest([tmp_path / "decisions.csv"], tmp_path / "audit", None, tmp_path / "c.csv", False)
    with pytest.raises(PslError, match=r"is the audit of the table .*labels.csv: give it as --labels"):
        apply(request)
    table(tmp_path / "in", ROWS[:2], "file,labels,note")
    with pytest.raises(PslError, match=r"is not the table that .* audited"):
        audited((1, "yes"), out="c.csv")
    (tmp_path / "audit/audit.json").write_text((tmp_path / "audit/audit.json").read_text().replace("toy", "else"))
    with pytest.raises(PslError, match=r"audit.json is not as psl wrote it"):
        audited((1, "yes"), out="c.csv")
