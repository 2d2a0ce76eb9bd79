"""What `psl labels apply` does: decisions about an audit's queue become a new table of labels."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psl.audit.corrected import Words, changes, strong_table, weak_table
from psl.audit.precision import control_precision
from psl.audit.record import Record
from psl.audit.review import answers_of, read_reviews
from psl.io.files import write_text
from psl.io.hashes import hash_file
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class ApplyRequest:
    """The options of `psl labels apply`."""

    decisions: Sequence[Path]
    audit: Path
    labels: Path | None  # the table that was audited; None: class folders
    out: Path
    strong: bool


def apply(request: ApplyRequest) -> str:
    """Write the new table, and say what changed. Raises PslError, with nothing written, for whatever contradicts."""
    if request.out.exists():
        raise PslError(f"{request.out} exists, and psl overwrites no labels: give another --out")
    record = Record.read(request.audit)
    _require_audited(request.labels, record, request.audit)
    decisions = read_reviews(request.decisions, record)
    if not decisions:
        raise PslError(f"{request.decisions[0]} decides nothing: fill in its column decision with yes, no or unsure")
    answers = answers_of(decisions)
    words = Words({label: (mid, name) for label, (mid, name) in record.about["written"].items()}, record.about["names"])
    said = list(answers.values())
    lines = [f"{said.count('yes')} yes, {said.count('no')} no, {said.count('unsure')} unsure"]
    if request.strong:
        table = strong_table(record.rows, answers, words)
        lines.append(f"{len(table) - 1} windows with strong labels: psl init with --ignore-unlisted takes them")
    else:
        folder, changed = Path(record.about["folder"]), changes(record.rows, answers)
        table, n_changed = weak_table(folder, request.labels, changed, words)
        lines.append(f"{n_changed} of {len(table) - 1} clips have other labels now")
    if not table[1:]:
        raise PslError(f"{request.decisions[0]} decides nothing for sure, so there are no labels to write")
    handle = io.StringIO(newline="")
    csv.writer(handle, lineterminator="\n").writerows(table)
    write_text(request.out, handle.getvalue())
    lines.append(f"the annotator hears rightly, by the random control: {control_precision(record.rows, answers)}")
    return "\n".join(lines)


def _require_audited(labels: Path | None, record: Record, audit: Path) -> None:
    """Raise PslError for another table than the audited one."""
    if labels is None and record.about["labels"] is None:
        return
    if labels is None or record.about["labels"] is None:
        what = f"the table {record.about['labels']}" if labels is None else "class folders"
        advice = "give it as --labels" if labels is None else "leave out --labels"
        raise PslError(f"{audit} is the audit of {what}: {advice}")
    if not labels.is_file():
        raise PslError(f"the table {labels} does not exist: give the one that was audited")
    if hash_file(labels) != record.about["labels_hash"]:
        raise PslError(f"{labels} is not the table that {audit} audited: give that one, or audit this one anew")
