"""Which classes were looked for in a person's recordings, so that a label that is missing there is a negative."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from psl.corpora.custom.labels import Known, by_spelling, parse_labels
from psl.corpora.custom.table import TableRow
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

EVERY = "*"  # in the table: all classes
LookedFor = tuple[str, ...] | None  # ids; None: all classes


def looked_for(
    rows: Sequence[TableRow],
    others: Path | None,
    *,
    labels: Mapping[str, tuple[str, ...]],
    vocabulary: Vocabulary,
    audioset: Known,
    faults: list[str],
) -> dict[str, LookedFor]:
    """The classes that were looked for in each clip: those of its row, else those of the file `others`, else all.

    One that is not in the vocabulary, and a label that is none of them, are added to `faults`. Raises PslError when
    `others` cannot be read.
    """
    known, other = {**audioset, **by_spelling(vocabulary)}, _text(others) if others else ""
    found: dict[str, LookedFor] = {}
    for row in rows:
        text, where = (row.looked_for, row.where) if row.looked_for else (other, str(others))
        found[row.clip] = None
        try:
            pairs = [(mid, mid) for mid in vocabulary.mids] if text == EVERY else parse_labels(text, known)
        except PslError as error:
            faults.append(f"{where} {error}")
            continue
        strange = [f"{where} says that {name!r} was looked for" for mid, name in pairs if mid not in vocabulary.index]
        faults += [f"{fault}, which is no class: correct it, or give a --vocabulary that has it" for fault in strange]
        found[row.clip] = tuple(mid for mid, _ in pairs) or None
        unsought = set(labels[row.clip]) & set(vocabulary.mids) - set(found[row.clip] or vocabulary.mids)
        names = sorted(vocabulary.names[vocabulary.index[mid]] for mid in unsought)
        faults += [f"{row.clip} has the label {name!r}, which was not looked for ({where})" for name in names]
    faults[:] = dict.fromkeys(faults)  # a fault of `others` comes once
    return found


def _text(path: Path) -> str:
    """The labels of a file, one a line, as a table would have them."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        lines = []
    text = ";".join(line.strip() for line in lines if line.strip())
    if not text:
        raise PslError(f"the file {path} of --looked-for does not exist or names no class: give one label a line")
    return text
