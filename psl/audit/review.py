"""The review file: the queue as a CSV to fill in, and a person's decisions read from it and checked as a whole."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from psl.audit.queue import QueueRow
from psl.audit.record import Record
from psl.audit.spreadsheet import read_sheet, write_sheet
from psl.runtime.errors import PslError

Answer = Literal["yes", "no", "unsure"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
COLUMNS = ("audit", "row", "file", "start_s", "end_s", "class_id", "class", "p", "labelled", "why", "decision", "by")
NEEDED = ("audit", "row", "file", "decision")
WHAT = "the review file"


class Decision(NamedTuple):
    """What somebody says of a row of the queue: whether the class is heard in the window."""

    row: int
    answer: Answer
    by: str
    where: str  # file and line


def write_review(path: Path, record: Record, decisions: Iterable[Decision] = ()) -> None:
    """The queue with the decisions about it, several about one row one below the other."""
    of_row = defaultdict[int, list[Decision]](list)
    for decision in decisions:
        of_row[decision.row].append(decision)
    write_sheet(
        path,
        COLUMNS,
        (cells(record, row, decision) for row in record.rows for decision in (*of_row[row.row],) or (None,)),
    )


def cells(record: Record, row: QueueRow, decision: Decision | None) -> Mapping[str, object]:
    """A line of the review file by COLUMNS."""
    times = {"start_s": f"{row.start_ms / 1000:.3f}", "end_s": f"{row.end_ms / 1000:.3f}"}
    said = {"decision": decision.answer if decision else "", "by": decision.by if decision else ""}
    own = {"row": row.row, "file": row.file, "class_id": row.class_id, "class": row.name, "p": row.p}
    return {"audit": record.name, **own, **times, "labelled": row.labelled, "why": row.why, **said}


def read_reviews(paths: Sequence[Path], record: Record) -> list[Decision]:
    """The decisions in the files, in their order; rows without one are left out.

    Raises PslError for the review of another audit, what is no decision, and decisions that contradict each other.
    """
    decisions = [decision for path in paths for decision in _read(path, record)]
    require_agreement(decisions, record)
    return decisions


def _read(path: Path, record: Record) -> Iterator[Decision]:
    for line, said in read_sheet(path, NEEDED, WHAT):
        where, row = f"line {line} of {path}", said["row"].strip()
        found = as_decision(record, said["audit"], row, said["decision"], by=said.get("by", ""), where=where)
        if found and record.rows[found.row - 1].file != said["file"]:
            raise PslError(f"{where} names another file than the queue: restore its columns row and file")
        if found:
            yield found


def as_decision(record: Record, audit: str, row: str, answer: str, *, by: str, where: str) -> Decision | None:
    """The decision that stands at `where`; None where nothing was decided.

    Raises PslError for one of another audit, of a row that the queue does not have, and that is no decision.
    """
    if not answer.strip():
        return None
    if audit.strip() != record.name:
        raise PslError(
            f"{where} belongs to {f'the audit {audit.strip()}' if audit.strip() else 'no audit'}, and this one is "
            f"{record.name}: give the review of this audit, or the folder of that one"
        )
    if not row.isdecimal() or not 1 <= int(row) <= len(record.rows):
        raise PslError(f"{where} is no row of the queue, which has 1 to {len(record.rows)}: restore its number")
    return Decision(int(row), checked(answer.strip().lower(), where), by.strip(), where)


def checked(answer: str, where: str) -> Answer:
    """The answer. Raises PslError for another word."""
    for known in ANSWERS:
        if answer == known:
            return known
    raise PslError(f"{where} has the decision {answer!r}: write yes, no or unsure, or leave it empty")


def require_agreement(decisions: Iterable[Decision], record: Record) -> None:
    """Raise PslError that names the rows for which there is both a yes and a no."""
    said = defaultdict[int, dict[str, Decision]](dict)
    for decision in decisions:
        said[decision.row].setdefault(decision.answer, decision)
    both = {number: answers for number, answers in said.items() if {"yes", "no"} <= set(answers)}
    if both:
        row_of = {row.row: row for row in record.rows}
        rows = "; ".join(
            f"row {number} ({row_of[number].name} in {row_of[number].file}): {answers['yes'].where} says yes and "
            f"{answers['no'].where} says no"
            for number, answers in both.items()
        )
        raise PslError(f"decisions contradict each other, so nothing was written: {rows}: agree on one of them")


def answers_of(decisions: Iterable[Decision]) -> dict[int, Answer]:
    """One answer for each row: yes or no, where somebody is sure."""
    answers: dict[int, Answer] = {}
    for decision in decisions:
        if decision.answer != "unsure" or decision.row not in answers:
            answers[decision.row] = decision.answer
    return answers
