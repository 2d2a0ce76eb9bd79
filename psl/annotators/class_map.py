"""The corpus's classes seen from an annotator: the probability of each is the highest of its partners'."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from psl.config.class_join import UnmatchedRule
from psl.io.hashes import hash_json
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ClassMap:
    """`partners` has, for each class of the corpus, the numbers of the annotator's classes, ascending, or none.

    `rule` is for the classes without a partner; probabilities do not depend on it, and `hash` leaves it out.
    """

    vocabulary: Vocabulary  # of the corpus
    annotator: Vocabulary
    partners: tuple[tuple[int, ...], ...]
    rule: UnmatchedRule

    def __post_init__(self) -> None:
        """Raise PslError for partners that do not belong to the vocabularies, and for an unknown rule."""
        if len(self.partners) != len(self.vocabulary):
            raise PslError(
                f"a map of classes needs partners for each of the corpus's {len(self.vocabulary)} classes, not for "
                f"{len(self.partners)}: join the classes again"
            )
        wrong = [
            n for numbers in self.partners for n in numbers if type(n) is not int or n not in range(len(self.annotator))
        ]
        if wrong or any(list(numbers) != sorted(set(numbers)) for numbers in self.partners):
            raise PslError(
                f"a map of classes needs partners from 0 to {len(self.annotator) - 1}, ascending"
                f"{f', not {wrong[0]}' if wrong else ''}: join the classes again"
            )
        if self.rule not in get_args(UnmatchedRule):
            raise PslError(f"classes without a partner follow weak or ignore, not {self.rule}: correct unmatched")

    def __call__(self, p_BK: npt.NDArray[np.floating]) -> Float32s:
        """p_BC of the corpus's C classes from p_BK of the annotator's K; 0 for classes without a partner.

        Raises PslError for another number of columns than the annotator has classes.
        """
        if p_BK.ndim != 2 or p_BK.shape[1] != len(self.annotator):
            raise PslError(
                f"the annotator gave probabilities of the shape {p_BK.shape}, and its class list has "
                f"{len(self.annotator)} classes: give the class list of this model"
            )
        first_C, several, flat, starts = self._gather
        p_BC: Float32s = p_BK[:, first_C].astype(np.float32, copy=False)
        if len(several):
            p_BC[:, several] = np.maximum.reduceat(p_BK[:, flat], starts, axis=1)
        p_BC[:, list(self.unmatched)] = 0
        return p_BC

    @cached_property
    def unmatched(self) -> tuple[int, ...]:
        """Numbers of the corpus's classes that have no partner."""
        return tuple(number for number, partners in enumerate(self.partners) if not partners)

    @property
    def is_identity(self) -> bool:
        """Whether the annotator has the corpus's classes, in their order."""
        own = tuple((number,) for number in range(len(self.vocabulary)))
        return self.partners == own and self.vocabulary.mids == self.annotator.mids

    @cached_property
    def _gather(self) -> tuple[npt.NDArray[np.intp], ...]:
        """First partner of each class (0: none); the classes with several; their partners, and where each one's start.

        The many classes of one partner are gathered at once: this takes half the time of reducing all of them.
        """
        several = [number for number, partners in enumerate(self.partners) if len(partners) > 1]
        first = [partners[0] if partners else 0 for partners in self.partners]
        flat = [partner for number in several for partner in self.partners[number]]
        starts = np.cumsum([0, *(len(self.partners[number]) for number in several)])[:-1]
        return tuple(np.asarray(numbers, np.intp) for numbers in (first, several, flat, starts))

    @cached_property
    def hash(self) -> str:
        """Hash of all that the probabilities depend on: the ids of both sides in their order, and the partners."""
        return hash_json([self.vocabulary.mids, self.annotator.mids, self.partners])

    def as_json(self) -> dict[str, Any]:
        """A JSON value that `from_json` reads."""
        return {
            "corpus": {"mids": list(self.vocabulary.mids), "names": list(self.vocabulary.names)},
            "annotator": {"mids": list(self.annotator.mids), "names": list(self.annotator.names)},
            "partners": [list(numbers) for numbers in self.partners],
            "unmatched": self.rule,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], where: str) -> "ClassMap":
        """The map that `as_json` wrote; `where` names its file. Raises PslError for anything else."""
        try:
            corpus, annotator = (
                Vocabulary(tuple(value[side]["mids"]), tuple(value[side]["names"])) for side in ("corpus", "annotator")
            )
            return cls(corpus, annotator, tuple(map(tuple, value["partners"])), value["unmatched"])
        except (KeyError, TypeError, PslError) as error:
            cause = f"{error} is missing" if isinstance(error, KeyError) else error
            raise PslError(f"the map of classes in {where} is damaged ({cause}): make the file again") from None
