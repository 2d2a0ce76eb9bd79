"""The one shape of a metric's result, for tagging, transfer and detection alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.bootstrap import Interval, interval
from psl.evaluation.scores.rounding import rounded

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """A metric of one system on a set of clips, as fractions; a system has S seeds."""

    name: str  # of the metric, and the key of its numbers in reports
    value: float  # the mean over seeds, unless the metric has another rule
    value_S: Values
    class_C: Values | None = None  # means over seeds, nan for a class without clips; None: not defined by class
    sample_D: Values | None = None  # of the bootstrap samples of clips and seeds; None: not sampled
    upper: float = 1.0  # the highest value that the metric can have

    def interval(self, confidence: float) -> Interval:
        """The bootstrap interval around `value`, within 0 and `upper`; needs `sample_D`."""
        assert self.sample_D is not None
        return interval(self.sample_D, self.value, confidence, upper=self.upper)

    def numbers(self, confidence: float) -> dict[str, Any]:
        """The value, rounded, as NAME, and its interval as NAME_low and NAME_high if it was sampled."""
        if self.sample_D is None:
            return {self.name: rounded(self.value)}
        low, high = self.interval(confidence)
        return {self.name: rounded(self.value), f"{self.name}_low": rounded(low), f"{self.name}_high": rounded(high)}

    def seeds(self) -> dict[str, list[float | None]]:
        """The value of each seed, rounded: NAME_seeds."""
        return {f"{self.name}_seeds": [rounded(value) for value in self.value_S]}
