"""A person's table of classes: `own,teacher`, a class of the corpus and the annotator's class that it is learnt from.

A class of the corpus stands by its id, or by its name where no other class has it; one of the annotator by its id. A
class may have several lines. A line without a teacher says that the class has no partner.
"""

import difflib
import unicodedata
from collections import defaultdict
from pathlib import Path

from psl.io.list_files import bad, records
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

HEADER = ("own", "teacher")
NEAR = 3  # suggestions in a message


def read_class_table(path: Path, corpus: Vocabulary, annotator: Vocabulary) -> dict[str, set[str]]:
    """The annotator's ids for each of the corpus's ids that the table names.

    A byte-order mark is no fault. Raises PslError that names file and line for another header, a class that one side
    does not have, and a class that the table cannot tell from another one.
    """
    if not path.is_file():
        raise PslError(f"the table of classes {path} does not exist: write it, with the header {','.join(HEADER)}")
    teachers: defaultdict[str, set[str]] = defaultdict(set)
    for line, row in records(path, ",", HEADER, "the table of classes"):
        own = _own(path, line, row["own"], corpus)
        teacher = {teacher_id(path, line, row["teacher"], annotator)} if row["teacher"] else set()
        if own in teachers and bool(teachers[own]) != bool(teacher):
            raise PslError(
                f"{path} gives {row['own']} a partner in one line and none in another, which is line {line}: "
                "remove one of the two"
            )
        teachers[own] |= teacher
    return dict(teachers)


def _own(path: Path, line: int, text: str, corpus: Vocabulary) -> str:
    """The id of a class of the corpus, by id or name."""
    pairs = list(zip(corpus.mids, corpus.names, strict=True))
    by_id = _alike(text, corpus.mids)
    found = by_id if text in corpus.index else [mid for mid, name in pairs if _alike(text, (mid, name))]
    if len(found) > 1:
        bad(path, line, f"own to name one class of the corpus, {_doubled(text, found)}")
    for mid, name in pairs:
        if mid in found and _nfc(text) in (_nfc(mid), _nfc(name)):
            return mid
    bad(path, line, f"own to be an id or name of the corpus's {len(corpus)} classes, not {text!r}{_near(text, corpus)}")


def teacher_id(path: Path, line: int, text: str, annotator: Vocabulary) -> str:
    """The id of a class of the annotator, by id alone. Raises PslError that names the line for another text."""
    found = _alike(text, annotator.mids)
    if len(found) > 1:
        bad(path, line, f"teacher to name one class of the annotator, {_doubled(text, found)}")
    if found and _nfc(found[0]) == _nfc(text):
        return found[0]
    named = [mid for mid, name in zip(annotator.mids, annotator.names, strict=True) if _alike(text, (name,))]
    hint = f", the name of {' and '.join(named)}: write the id" if named else _near(text, annotator)
    bad(path, line, f"teacher to be an id of the annotator's {len(annotator)} classes, not {text!r}{hint}")


def _doubled(text: str, mids: list[str]) -> str:
    """What is wrong with `text`, in ASCII, as spellings that differ may look the same."""
    return (
        f"not {text!a}, which is what {' and '.join(map(ascii, mids))} are called but for case and Unicode form: "
        "write the id of one, and rename those whose ids look the same"
    )


def _nfc(text: str) -> str:
    """What looks the same becomes the same."""
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return _nfc(_nfc(text).casefold())


def _alike(text: str, others: tuple[str, ...]) -> list[str]:
    """Those that differ from `text` in nothing but case and Unicode form."""
    return [other for other in others if _folded(other) == _folded(text)]


def _near(text: str, vocabulary: Vocabulary) -> str:
    """Suggestions: ids whose id or name is spelt much like `text`; where there are none, the first of all."""
    spelt: defaultdict[str, list[str]] = defaultdict(list)
    for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True):
        for spelling in {_folded(mid), _folded(name)}:
            spelt[spelling].append(mid if mid == name else f"{mid} ({name})")
    close = difflib.get_close_matches(_folded(text), spelt, NEAR)
    shown = list(dict.fromkeys(shown for spelling in close for shown in spelt[spelling]))[:NEAR]
    if shown:
        return f": near ones are {', '.join(shown)}"
    first = list(dict.fromkeys(each for shown in spelt.values() for each in shown))[:NEAR]
    more = f" and {len(vocabulary) - NEAR} more" if len(vocabulary) > NEAR else ""
    return f", and none is near it: there are {', '.join(first)}{more}"
