"""The median filter over time, and the choice of its length for each class on development clips."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psl.config import Detect
from psl.evaluation.detection.metrics.ground_truth import DetectorScores, FrameScores

Values = npt.NDArray[np.float64]


def median_lengths(settings: Detect) -> tuple[float, ...]:
    """The lengths of the median filter in seconds that the parameters give: the one, or all candidates."""
    return (
        (settings.median_seconds,) if settings.median_seconds is not None else settings.median_candidates_seconds or ()
    )


def steps_in(seconds: float, step_s: float) -> int:
    """The odd number of steps that is nearest to a length, the larger of two; at least one, which filters nothing.

    >>> [steps_in(seconds, 0.5) for seconds in (0.0, 0.9, 1.0, 1.5, 1.9, 2.0)]
    [1, 1, 3, 3, 3, 5]
    """
    return 2 * math.floor(seconds / (2 * step_s) + 1e-9) + 1


def length_used(seconds: float, step_s: float) -> float:
    """The length that the filter has in whole steps; 0 for one step, which filters nothing.

    >>> [length_used(seconds, 0.5) for seconds in (0.0, 0.9, 1.0, 2.0)]
    [0.0, 0.0, 1.5, 2.5]
    """
    steps = steps_in(seconds, step_s)
    return steps * step_s if steps > 1 else 0.0


def ineffective_lengths(candidates: Sequence[float], step_s: float) -> list[str]:
    """A sentence for each length above 0 that filters nothing, and for each that equals a shorter one in whole steps.

    >>> ineffective_lengths([0.0, 0.45], 0.5)
    ['a median filter of 0.45 s is 1 step of 0.5 s, which filters nothing']
    >>> ineffective_lengths([1.0, 1.2], 0.5)
    ['median filters of 1 and 1.2 s are both 3 steps of 0.5 s']
    """
    sentences, first = [], {1: 0.0}
    for seconds in sorted(candidates):
        steps = steps_in(seconds, step_s)
        if steps == 1 and seconds:
            sentences.append(f"a median filter of {seconds:g} s is 1 step of {step_s:g} s, which filters nothing")
        elif first.setdefault(steps, seconds) != seconds:
            sentences.append(
                f"median filters of {first[steps]:g} and {seconds:g} s are both {steps} steps of {step_s:g} s"
            )
    return sentences


def median_filter(score_TC: npt.NDArray[np.floating], steps: int) -> npt.NDArray[np.floating]:
    """Each value's median over an odd number of `steps` around it.

    Beyond its ends a clip is mirrored, end values included.
    """
    if steps == 1:
        return score_TC
    padded_TC = np.pad(score_TC, ((steps // 2, steps // 2), (0, 0)), mode="symmetric")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded_TC, steps, axis=0), axis=-1).astype(score_TC.dtype)


def step_of(scores: DetectorScores) -> float:
    """Length in seconds of a step: the median over all clips, because the first and last of a clip may be shorter."""
    return float(np.median(np.concatenate([np.diff(clip.edges_s) for clip in scores.values()])))


def smoothed(scores: DetectorScores, seconds_C: Sequence[float]) -> dict[str, FrameScores]:
    """Scores after the median filter of each class's length."""
    step_s = step_of(scores)
    steps_C = np.array([steps_in(seconds, step_s) for seconds in seconds_C])
    return {clip_id: FrameScores(clip.edges_s, _smoothed(clip.score_TC, steps_C)) for clip_id, clip in scores.items()}


def _smoothed(score_TC: npt.NDArray[np.floating], steps_C: npt.NDArray[np.int64]) -> npt.NDArray[np.floating]:
    smooth_TC = score_TC.copy()
    for steps in np.unique(steps_C):
        smooth_TC[:, steps_C == steps] = median_filter(score_TC[:, steps_C == steps], int(steps))
    return smooth_TC


def best_lengths(value_LC: Values, candidates: Sequence[float]) -> list[float]:
    """Of L candidates, ascending, the one with each class's highest value, the shortest of several.

    A class without a value (nan) takes the one that is best on the mean of the others.
    """
    mean_L = np.nanmean(value_LC, axis=1) if not np.isnan(value_LC).all() else np.zeros(len(candidates))
    filled_LC = np.where(np.isnan(value_LC), mean_L[:, None], value_LC)
    return [candidates[best] for best in filled_LC.argmax(axis=0)]
