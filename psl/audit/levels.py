"""How sure the annotator is of a class, measured by the labels themselves: each class has levels of its own.

A tagger's probabilities are not alike from class to class. So a score counts by its place, in log odds, between the
median score of the clips that lack the label (0) and that of the clips that have it (1). Medians stay where they are
when some of the labels are wrong.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PRESENT, ABSENT, UNKNOWN = 1, 0, -1  # of a class in a clip, by the labels
HEARS, DENIES = 2 / 3, 1 / 3  # places from which on, and up to which, the annotator has an opinion
LEAST_P = 0.05  # of a class that is heard, whatever its place
LEAST_SPREAD = 1.0  # of the two medians, in log odds: below it the annotator cannot tell
EDGE = 1e-6  # of probabilities, so that odds are finite


@dataclass(frozen=True)
class Levels:
    """For each class C the log odds of the median clip without its label and with it; NaN where there is none."""

    without_C: Floats
    with_C: Floats

    @classmethod
    def measured(cls, p_NC: npt.NDArray[np.floating], y_NC: npt.NDArray[np.int8]) -> "Levels":
        """From the highest scores of N clips, and what the labels say of them (PRESENT, ABSENT, UNKNOWN)."""
        odds_NC = log_odds(p_NC)
        medians = [
            [np.median(some) if len(some := odds_NC[y_NC[:, c] == state, c]) else np.nan for c in range(p_NC.shape[1])]
            for state in (ABSENT, PRESENT)
        ]
        return cls(np.array(medians[0]), np.array(medians[1]))

    @property
    def judged_C(self) -> npt.NDArray[np.bool_]:
        """Classes that the annotator tells apart; of others it is not asked."""
        with np.errstate(invalid="ignore"):
            return self.with_C - self.without_C >= LEAST_SPREAD

    def places(self, p_XC: npt.NDArray[np.floating]) -> Floats:
        """The place of each score: 0 as in the median clip without the label, 1 as in that with it; NaN: not judged."""
        spread_C = np.where(self.judged_C, self.with_C - self.without_C, np.nan)
        places_XC: Floats = (log_odds(p_XC) - self.without_C) / spread_C
        return places_XC

    def hears(self, p_XC: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Where the annotator hears a class."""
        heard_XC: npt.NDArray[np.bool_] = (self.places(p_XC) >= HEARS) & (p_XC >= LEAST_P)
        return heard_XC

    def denies(self, p_XC: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Where it denies one."""
        denied_XC: npt.NDArray[np.bool_] = self.places(p_XC) <= DENIES
        return denied_XC

    def probability(self, place: float) -> Floats:
        """The score of each class at this place."""
        p_C: Floats = 1 / (1 + np.exp(-(self.without_C + place * (self.with_C - self.without_C))))
        return p_C


def log_odds(p: npt.NDArray[np.floating]) -> Floats:
    """log(p / (1 - p)), finite.

    >>> log_odds(np.array([0.5, 0.75])).round(3).tolist()
    [0.0, 1.099]
    """
    clipped = np.clip(p.astype(np.float64), EDGE, 1 - EDGE)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds
