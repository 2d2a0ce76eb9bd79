"""Where labels and annotator contradict each other: labels that it denies, and classes that it hears and they lack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from psl.audit.given import LabelledClip
from psl.audit.levels import ABSENT, PRESENT, UNKNOWN, Floats, Levels
from psl.audit.score import ClipScores
from psl.io.metadata.vocabulary import Vocabulary

Kind = Literal["denied", "missing"]


class Finding(NamedTuple):
    """A class of a clip in which labels and annotator differ, and the window in which it scores highest."""

    kind: Kind
    clip: int  # its number among those that were heard
    number: int  # of the class
    window: int  # of the clip
    p: float
    place: float  # see psl.audit.levels


@dataclass(frozen=True)
class Heard:
    """The clips that could be read, with labels and scores."""

    clips: Sequence[LabelledClip]
    scores: Sequence[ClipScores]
    vocabulary: Vocabulary  # C classes of the person

    @cached_property
    def y_NC(self) -> npt.NDArray[np.int8]:
        """What the labels say of each class in each clip."""
        y_NC = np.full((len(self.clips), len(self.vocabulary)), ABSENT, np.int8)
        for n, clip in enumerate(self.clips):
            if clip.looked_for is not None:
                sought = [self.vocabulary.index[mid] for mid in clip.looked_for if mid in self.vocabulary.index]
                y_NC[n] = UNKNOWN
                y_NC[n, sought] = ABSENT
            y_NC[n, [self.vocabulary.index[mid] for mid in clip.mids]] = PRESENT
        return y_NC

    @cached_property
    def p_NC(self) -> npt.NDArray[np.float32]:
        """The highest score of each class over the windows of each clip."""
        return np.stack([each.p_WC.max(axis=0) for each in self.scores])

    @cached_property
    def levels(self) -> Levels:
        """Of each class."""
        return Levels.measured(self.p_NC, self.y_NC)

    @cached_property
    def place_NC(self) -> Floats:
        """The place of each clip's highest score."""
        return self.levels.places(self.p_NC)

    @cached_property
    def findings(self) -> list[Finding]:
        """All of them, the clearest of each kind first."""
        return sorted(self._findings(), key=lambda each: (each.kind, -abs(each.place - 0.5), each.clip, each.number))

    def _findings(self) -> Iterator[Finding]:
        kinds: Mapping[Kind, npt.NDArray[np.bool_]] = {
            "denied": (self.y_NC == PRESENT) & self.levels.denies(self.p_NC),
            "missing": (self.y_NC != PRESENT) & self.levels.hears(self.p_NC),
        }
        for kind, found_NC in kinds.items():
            for n, c in np.argwhere(found_NC).tolist():
                yield Finding(kind, n, c, self.surest(n, c), p=float(self.p_NC[n, c]), place=float(self.place_NC[n, c]))

    def surest(self, clip: int, number: int) -> int:
        """The window of a clip in which a class scores highest."""
        return int(self.scores[clip].p_WC[:, number].argmax())
