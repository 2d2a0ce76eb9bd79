"""Labels as people write them become class ids: AudioSet's where it has the class, else the label itself."""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from psl.corpora.custom.cells import plain, spelling, split_cell
from psl.corpora.synthetic.esc_classes import ESC_TO_AUDIOSET
from psl.io.metadata.vocabulary import HEADER, Vocabulary
from psl.runtime.errors import PslError
from psl.runtime.progress import log

NOT_IN_LABELS = re.compile(r'[",|\x00-\x1f\x7f-\x9f\u2028\u2029]')  # lists put ids between such characters

Known = Mapping[str, tuple[str, str]]  # id and name by spelling


def audioset_names(class_list: Path | None) -> Known:
    """AudioSet's classes by name and by id: all of its class list or, without one, those that ESC-50 has."""
    if class_list is None:
        return {spelling(name): pair for pair in ESC_TO_AUDIOSET.values() for name in pair}
    return by_spelling(Vocabulary.read(class_list))


def read_vocabulary(path: Path, audioset: Known) -> Vocabulary:
    """A vocabulary from a file in the layout of AudioSet's class list, or of one label a line."""
    try:
        lines = [line for text in path.read_text(encoding="utf-8-sig").splitlines() if (line := plain(text))]
    except (FileNotFoundError, UnicodeDecodeError):
        raise PslError(
            f"the vocabulary {path} does not exist or is not text in UTF-8: give a file with one label a line"
        ) from None
    if lines[:1] == [",".join(HEADER)]:
        return _without_twins(path, Vocabulary.read(path))
    pairs = [audioset.get(spelling(line), (line, line)) for line in lines]
    bad = [mid for mid, _ in pairs if NOT_IN_LABELS.search(mid)]
    if bad:
        raise PslError(
            f"the vocabulary {path} has the label {bad[0]!r} with a comma, a quote or a `|`: give it an id, in a file "
            f"with the columns {','.join(HEADER)}"
        )
    return _without_twins(path, Vocabulary(tuple(mid for mid, _ in pairs), tuple(name for _, name in pairs)))


def _without_twins(path: Path, vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary. Raises PslError for two classes of one spelling, between which a label could not choose."""
    first: dict[str, str] = {}
    for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True):
        other = first.setdefault(spelling(name), mid)
        if other != mid:
            raise PslError(
                f"the vocabulary {path} has two classes of the name {name!r}, {other!a} and {mid!a}, but for case, "
                "`_` and spaces: rename or remove one"
            )
    return vocabulary


def by_spelling(vocabulary: Vocabulary) -> Known:
    """The classes of a vocabulary by name and by id."""
    return {spelling(name): pair for pair in zip(vocabulary.mids, vocabulary.names, strict=True) for name in pair}


def parse_labels(text: str, known: Known) -> list[tuple[str, str]]:
    """(id, name) of each label in a cell, each once; a label that is not known is its own id.

    Raises PslError for a cell that could mean two things.

    >>> parse_labels("Dog; Speech, male;Cat,Bell", {"speech, male": ("/m/05zppz", "Speech, male")})
    [('Dog', 'Dog'), ('/m/05zppz', 'Speech, male'), ('Cat', 'Cat'), ('Bell', 'Bell')]
    """
    return class_pairs(split_cell(text, known), known)


def class_pairs(labels: Iterable[str], known: Known) -> list[tuple[str, str]]:
    """(id, name) of each label, each once, whatever separators it holds.

    >>> class_pairs(["Cats; Dogs"], {})
    [('Cats; Dogs', 'Cats; Dogs')]
    """
    return list(dict.fromkeys(known.get(spelling(label), (plain(label), plain(label))) for label in labels))


def other_spellings(labels: Iterable[str], known: Known) -> list[str]:
    """Each label that is not spelt as the class that it was taken for, with that class.

    >>> other_spellings(["bark", "Bark", "Lo\u0308we"], {"bark": ("/m/05tny_", "Bark")})
    ["'Lo\\\\u0308we' for Löwe", "'bark' for Bark (/m/05tny_)"]
    """
    found = []
    for label in sorted(set(labels)):
        ((mid, name),) = class_pairs([label], known)
        if label not in (mid, name):
            shown = ascii(label) if plain(label) == name else repr(label)
            found.append(f"{shown} for {name}" + (f" ({mid})" if mid != name else ""))
    return found


def parts_of_names(labels: Iterable[str], known: Known) -> list[str]:
    """Each label that is no known class, but one of the words between commas in the name of some, with these.

    >>> parts_of_names(["baby cry", "Elk"], {"baby cry, infant cry": ("/t/dd00002", "Baby cry, infant cry")})
    ["'baby cry' of Baby cry, infant cry (/t/dd00002)"]
    """
    names_of: dict[str, dict[str, None]] = {}
    for mid, name in known.values():
        for part in name.split(",") if "," in name else ():
            names_of.setdefault(spelling(part), {})[f"{name} ({mid})"] = None
    unknown = (label for label in sorted(set(labels)) if spelling(label) not in known)
    return [
        f"{label!r} of {' or '.join(names_of[spelling(label)])}" for label in unknown if spelling(label) in names_of
    ]


def log_spellings(labels: Collection[str], known: Known) -> None:
    """Log which labels were taken for a class of another spelling, and which name a known class only in part."""
    if respelt := other_spellings(labels, known):
        log(f"labels in another spelling than the class that they were taken for: {', '.join(respelt)}")
    if parts := parts_of_names(labels, known):
        log(
            f"labels that are a part of a class's name, and were taken for classes of their own: {', '.join(parts)}; "
            "write the whole name where that class is meant"
        )


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
