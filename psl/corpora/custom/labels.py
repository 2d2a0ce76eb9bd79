"""Labels as people write them become class ids: AudioSet's where it has the class, else the label itself."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from psl.corpora.synthetic.esc_classes import ESC_TO_AUDIOSET
from psl.io.metadata.vocabulary import HEADER, Vocabulary
from psl.runtime.errors import PslError

NOT_IN_LABELS = re.compile(r'[",|\x00-\x1f]')  # lists put ids between such characters

Known = Mapping[str, tuple[str, str]]  # id and name by spelling


def spelling(label: str) -> str:
    """What spellings of one label have in common.

    >>> spelling("Acoustic_guitar") == spelling("acoustic  guitar")
    True
    """
    return " ".join(label.replace("_", " ").casefold().split())


def audioset_names(class_list: Path | None) -> Known:
    """AudioSet's classes by name and by id: all of its class list or, without one, those that ESC-50 has."""
    if class_list is None:
        return {spelling(name): pair for pair in ESC_TO_AUDIOSET.values() for name in pair}
    return by_spelling(Vocabulary.read(class_list))


def read_vocabulary(path: Path, audioset: Known) -> Vocabulary:
    """A vocabulary from a file in the layout of AudioSet's class list, or of one label a line."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (FileNotFoundError, UnicodeDecodeError):
        raise PslError(
            f"the vocabulary {path} does not exist or is not text in UTF-8: give a file with one label a line"
        ) from None
    if lines[:1] == [",".join(HEADER)]:
        return Vocabulary.read(path)
    pairs = [audioset.get(spelling(line), (line, line)) for line in lines]
    bad = [mid for mid, _ in pairs if NOT_IN_LABELS.search(mid)]
    if bad:
        raise PslError(
            f"the vocabulary {path} has the label {bad[0]!r} with a comma, a quote or a `|`: give it an id, in a file "
            f"with the columns {','.join(HEADER)}"
        )
    return Vocabulary(tuple(mid for mid, _ in pairs), tuple(name for _, name in pairs))


def by_spelling(vocabulary: Vocabulary) -> Known:
    """The classes of a vocabulary by name and by id."""
    return {spelling(name): pair for pair in zip(vocabulary.mids, vocabulary.names, strict=True) for name in pair}


def parse_labels(text: str, known: Known) -> list[tuple[str, str]]:
    """(id, name) of each label in `text`, each once; a label that is not known is its own id.

    Labels are separated by semicolons, or by commas where what stands between semicolons is not itself a known label.

    >>> parse_labels("Dog; Speech, male;Cat,Bell", {"speech, male": ("/m/05zppz", "Speech, male")})
    [('Dog', 'Dog'), ('/m/05zppz', 'Speech, male'), ('Cat', 'Cat'), ('Bell', 'Bell')]
    """
    pieces = [part.strip() for part in text.split(";")]
    labels = [label.strip() for part in pieces for label in ([part] if spelling(part) in known else part.split(","))]
    return list(dict.fromkeys(known.get(spelling(label), (label, label)) for label in labels if label))


def one_label(text: str, known: Known) -> list[tuple[str, str]]:
    """(id, name) of the label that a class folder's name is, whatever separators it holds.

    >>> one_label("Cats; Dogs", {})
    [('Cats; Dogs', 'Cats; Dogs')]
    """
    return [known.get(spelling(text), (text, text))]


def vocabulary_of(labels: Iterable[tuple[str, str]], faults: list[str]) -> Vocabulary | None:
    """The labels in use, by name; None when there are none.

    Two that differ in spelling only, or one that no list can hold, are added to `faults`.
    """
    pairs = sorted(set(labels), key=lambda pair: (spelling(pair[1]), pair))
    name_of: dict[str, str] = {}
    for mid, name in pairs:
        other = name_of.setdefault(spelling(name), name)
        if other != name:
            faults.append(f"the labels {other!r} and {name!r} differ in spelling only: write one of them everywhere")
        if NOT_IN_LABELS.search(mid):
            faults.append(
                f"the label {name!r} holds a comma, a quote, a `|` or a control character: rename it, or give "
                "--audioset-classes if it is AudioSet's"
            )
    return Vocabulary(tuple(mid for mid, _ in pairs), tuple(name for _, name in pairs)) if pairs else None
