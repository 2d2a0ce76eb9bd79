"""Review files: spreadsheets cannot spoil them, and what does not belong together is refused as a whole."""

import csv
import re

import pytest
from audit_cases import queue_row, record_of
from hypothesis import given
from hypothesis import strategies as st

from psl.audit.precision import control_precision
from psl.audit.review import COLUMNS, Decision, answers_of, read_reviews, write_review
from psl.audit.spreadsheet import guarded, read_sheet, unguarded, write_sheet
from psl.runtime.errors import PslError

RECORD = record_of(queue_row(1, why="missing;random"), queue_row(2, "=b, c.wav", mid="b"), queue_row(3, why="random"))


def review(path, *decisions):
    write_review(path, RECORD, [Decision(*each, where="") for each in decisions])
    return path


@given(st.text())
def test_no_cell_is_a_formula_and_each_is_read_as_it_was(text):
    cell = guarded(text)
    assert unguarded(cell) == text and not re.match(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2))
def test_a_sheet_is_read_as_it_was_written(tmp_path_factory, cells):
    path = tmp_path_factory.getbasetemp() / "sheet.csv"
    write_sheet(path, ("a", "b"), [dict(zip("ab", cells, strict=True))])
    assert [row for _, row in read_sheet(path, ("a",), "it")] == [dict(zip("ab", cells, strict=True))]


def test_the_queue_has_an_empty_decision_and_ids_that_begin_with_a_dash(tmp_path):
    path = review(tmp_path / "queue.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfaudit,row,file")
    rows = list(csv.DictReader(path.open(newline="", encoding="utf-8-sig")))
    assert list(rows[0]) == [*COLUMNS] and [row["file"] for row in rows] == ["'-a.wav", "'=b, c.wav", "'-a.wav"]
    assert {row["decision"] + row["by"] for row in rows} == {""} and rows[0]["audit"] == RECORD.name
    assert read_reviews([path], RECORD) == []


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decisions_are_read_as_spreadsheets_save_them(tmp_path, separator):
    path = review(tmp_path / "queue.csv", (2, "yes", "Ann"), (1, "unsure", ""))
    rows = list(csv.reader(path.open(newline="", encoding="utf-8-sig")))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows(
            reversed([[c.replace("yes", " YES ") for c in r] for r in rows[1:]] + rows[:1])
        )
    found = [(each.row, each.answer, each.by) for each in read_reviews([path], RECORD)]
    assert found == [(2, "yes", "Ann"), (1, "unsure", "")]


def test_contradicting_decisions_are_refused_with_their_rows(tmp_path):
    one = review(tmp_path / "one.csv", (1, "yes", "Ann"), (2, "no", "Ann"), (3, "yes", "Ann"))
    two = review(tmp_path / "two.csv", (1, "no", "Bob"), (2, "unsure", "Bob"), (3, "yes", "Bob"))
    with pytest.raises(
        PslError,
        match=r"contradict each other.*row 1 \(Alarm in -a.wav\): line 2 of .*one.csv says yes and line 2 of .*two",
    ):
        read_reviews([one, two], RECORD)
    assert answers_of(read_reviews([one], RECORD)) == {1: "yes", 2: "no", 3: "yes"}


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (
            RECORD.name,
            "h000000000000",
            f"line 2 of .* belongs to the audit h000000000000, and this one is {RECORD.name}",
        ),
        (RECORD.name, "", "belongs to no audit"),
        (",yes", ",maybe", "has the decision 'maybe': write yes, no or unsure"),
        (",1,'-a.wav", ",9,'-a.wav", "no row of the queue, which has 1 to 3"),
        (",1,'-a.wav", ",1,b.wav", "names another file than the queue"),
        ("decision", "said", "has no column decision"),
    ],
)
def test_what_is_no_review_of_this_audit_is_refused(tmp_path, old, new, cause):
    path = review(tmp_path / "queue.csv", (1, "yes", ""))
    path.write_text(path.read_text().replace(old, new, 1 if "," in old else -1))
    with pytest.raises(PslError, match=cause):
        read_reviews([path], RECORD)


def test_a_file_that_is_missing_or_no_text_is_a_sentence(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PslError, match=r"a.csv is not text in UTF-8"):
        read_reviews([tmp_path / "a.csv"], RECORD)
    with pytest.raises(PslError, match=r"b.csv does not exist"):
        read_reviews([tmp_path / "b.csv"], RECORD)


def test_only_the_control_tells_how_often_the_annotator_is_right():
    precision = control_precision(RECORD.rows, {1: "no", 2: "yes", 3: "unsure"})
    assert (precision.right, precision.n, precision.unsure) == (0, 1, 1)
