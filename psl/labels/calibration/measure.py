"""How well probabilities fit what is true: mAP, Brier score, expected calibration error, and the reliability curve."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.config.calibrate import Calibrate
from psl.evaluation.scores.ranking.known import scored_classes
from psl.evaluation.scores.rounding import rounded
from psl.evaluation.scores.score import Score
from psl.evaluation.tagging.metrics.mean_average_precision import METRIC
from psl.labels.calibration.pairs import Pairs


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability curve: `n` pairs whose mean probability is `p`, of which the share `true` is true."""

    low: float
    high: float
    n: int
    p: float | None  # None: it is empty
    true: float | None


@dataclass(frozen=True)
class Measured:
    """Of `n` clips or windows. `brier` is the mean of (p - y)^2 and `ece` that of |p - true| over the bins' pairs."""

    n: int
    n_classes: int  # that are true somewhere: mAP is the mean over them
    mean_p: float  # of all pairs, and the share of them that is true
    mean_true: float
    brier: float
    ece: float
    bins: tuple[Bin, ...]

    def numbers(self) -> dict[str, Any]:
        """As JSON, rounded."""
        return _rounded(asdict(self)) | {"bins": [_rounded(asdict(row)) for row in self.bins]}


def measure(pairs: Pairs, bins: int) -> Measured:
    """All but mAP, over the known pairs of all clips (or windows) and classes, of which there is at least one."""
    p_M = pairs.p_NC[pairs.known_NC].astype(np.float64)
    y_M = pairs.y_NC[pairs.known_NC]
    curve = reliability(p_M, y_M, bins)
    distances = [row.n * abs(row.p - row.true) for row in curve if row.p is not None and row.true is not None]
    return Measured(
        n=len(pairs),
        n_classes=int(pairs.true_known().any(axis=0).sum()),
        mean_p=float(p_M.mean()),
        mean_true=float(y_M.mean()),
        brier=float(np.mean((p_M - y_M) ** 2)),
        ece=sum(distances) / len(p_M),
        bins=curve,
    )


def reliability(p_M: npt.NDArray[np.float64], y_M: npt.NDArray[np.bool_], bins: int) -> tuple[Bin, ...]:
    """Bins of equal width from 0 to 1, each without its upper end but the last."""
    bin_M = np.minimum((p_M * bins).astype(np.int64), bins - 1)
    n_B = np.bincount(bin_M, minlength=bins)
    p_B, true_B = (np.bincount(bin_M, weights=values_M, minlength=bins) for values_M in (p_M, y_M))
    return tuple(
        Bin(b / bins, (b + 1) / bins, n, *((p_B[b] / n, true_B[b] / n) if n else (None, None)))
        for b, n in enumerate(n_B.tolist())
    )


def mean_average_precision(pairs: Pairs, params: Calibrate | None = None) -> Score:
    """mAP over the classes that are true somewhere, nan without any; sampled over the rows when `params` are given.

    Where some pairs are not known, a class of which all that is known is true is left out, as everywhere (METRIC).
    """
    asked_C = pairs.known_NC.any(axis=0)
    p_NC, y_NC, known_NC = pairs.p_NC[:, asked_C], pairs.true_known()[:, asked_C], pairs.known_NC[:, asked_C]
    known = None if known_NC.all() else known_NC
    if not scored_classes(y_NC, known).any():
        return Score(METRIC.name, np.nan, np.array([np.nan]))
    samples, seed = (params.bootstrap_samples, params.seed) if params else (0, 0)
    return METRIC.score(y_NC, [p_NC], samples, seed, known_NC=known)


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: rounded(value) if isinstance(value, float) else value for key, value in values.items()}
