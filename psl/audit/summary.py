"""An audit in numbers: classes, clips, label counts, and what is heard that no label names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from psl.annotators.class_map import ClassMap
from psl.audit.findings import Finding, Heard
from psl.audit.levels import PRESENT

NO_CLASS, CANNOT_TELL = "the annotator has no such class", "the annotator does not tell it apart"
ELSEWHERE_P = 0.3  # from which on a class that no label names counts as heard


class ClassRow(NamedTuple):
    """A class of the person: how many clips have the label, and how the annotator judges them."""

    class_id: str
    name: str
    labelled: int
    denied: int
    missing: int
    median_with: float | None  # probability in the median clip that has the label,
    median_without: float | None  # and that lacks it; None: there is none
    note: str  # why it is not judged


class CountRow(NamedTuple):
    """How many clips have `n_labels` labels, and in how many so many of the same classes are heard."""

    n_labels: int
    labelled: int
    heard: int


class ElsewhereRow(NamedTuple):
    """A class of the annotator that is no label: in how many clips it is heard, and best where."""

    class_id: str
    name: str
    clips: int
    highest_p: float
    file: str


class ClipRow(NamedTuple):
    """A clip in which something was found."""

    clip: str
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Summary:
    """What page and store show."""

    heard: Heard
    classes: Sequence[ClassRow]
    counts: Sequence[CountRow]
    elsewhere: Sequence[ElsewhereRow]
    clips: Sequence[ClipRow]  # with findings, those with most of them first

    def n_found(self, kind: str) -> int:
        """How many findings there are of a kind."""
        return sum(each.kind == kind for each in self.heard.findings)


def summarise(heard: Heard, class_map: ClassMap) -> Summary:
    """All of it."""
    return Summary(heard, [*_classes(heard, class_map)], _counts(heard), _elsewhere(heard, class_map), _clips(heard))


def _classes(heard: Heard, class_map: ClassMap) -> Iterator[ClassRow]:
    with_C, without_C = heard.levels.probability(1.0), heard.levels.probability(0.0)
    for c, (mid, name) in enumerate(zip(heard.vocabulary.mids, heard.vocabulary.names, strict=True)):
        found = [each.kind for each in heard.findings if each.number == c]
        with_p, without_p = (None if np.isnan(p_C[c]) else round(float(p_C[c]), 4) for p_C in (with_C, without_C))
        note = NO_CLASS if c in class_map.unmatched else "" if heard.levels.judged_C[c] else CANNOT_TELL
        labelled = int((heard.y_NC[:, c] == PRESENT).sum())
        yield ClassRow(mid, name, labelled, found.count("denied"), found.count("missing"), with_p, without_p, note)


def _counts(heard: Heard) -> list[CountRow]:
    heard_N = heard.levels.hears(heard.p_NC).sum(axis=1)
    labelled_N = (heard.y_NC == PRESENT).sum(axis=1)
    n = int(max(heard_N.max(), labelled_N.max())) + 1
    columns = (np.bincount(counts_N, minlength=n).tolist() for counts_N in (labelled_N, heard_N))
    return [CountRow(number, *pair) for number, pair in enumerate(zip(*columns, strict=True))]


def _elsewhere(heard: Heard, class_map: ClassMap) -> list[ElsewhereRow]:
    partners = {number for numbers in class_map.partners for number in numbers}
    highest_NK = np.stack([scores.highest_K for scores in heard.scores])
    n_clips_K, best_K = (highest_NK >= ELSEWHERE_P).sum(axis=0), highest_NK.argmax(axis=0)
    numbers = [k for k in np.argsort(-n_clips_K, kind="stable").tolist() if n_clips_K[k] and k not in partners]
    return [
        ElsewhereRow(
            class_map.annotator.mids[k],
            class_map.annotator.names[k],
            int(n_clips_K[k]),
            round(float(highest_NK[best_K[k], k]), 4),
            heard.clips[best_K[k]].file,
        )
        for k in numbers
    ]


def _clips(heard: Heard) -> list[ClipRow]:
    of_clip: dict[int, list[Finding]] = {}
    for finding in heard.findings:
        of_clip.setdefault(finding.clip, []).append(finding)
    names = dict(zip(heard.vocabulary.mids, heard.vocabulary.names, strict=True))
    return [
        ClipRow(heard.clips[n].name, tuple(names[mid] for mid in heard.clips[n].mids), tuple(found))
        for n, found in sorted(of_clip.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
