"""What scores drawn at random are expected to get on the very clips of an evaluation, and what is no better than that.

Two rules, both stated with their sentences:

- A model is no better than chance when the lower end of its mAP's interval is not above `chance_mAP`. Of 300 models
  with random scores, simulated for each of three sizes from 15 to 250 clips, at most 1.3 % passed for better at 95 %
  confidence. With few clips a model that has learnt something can be named, too: the sentence has their number.
- A class was not learnt when its AP, the mean over seeds, is not above its own chance. That is what is said, and no
  test: AP fluctuates, so of the classes of those random models 55 to 65 % were named, and the others had luck. The
  fewer clips a class has, the less its AP says: the sentence has their number beside each class. A class that all
  clips have is not named, as all scores of it are perfect.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.evaluation.scores.ranking.known import scored_classes

NAMED = 10  # classes in a sentence; of more, only the number is said
ANNOTATOR_ADVICE = (
    "students can learn little from it, so train it longer (train_annotator.max_steps) or on more clips, or take "
    "another annotator (annotate.annotator)"
)
STUDENT_ADVICE = (
    "look at the labels that it learns from, train it longer (train_student.max_steps) or on more clips, or evaluate "
    "on more"
)
DASH = "\N{EN DASH}"


def chance_ap(y_NC: npt.NDArray[np.bool_], known_NC: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.float64]:
    """The AP that random scores without ties are expected to get, shape (C,); nan for a class that is not scored.

    At rank k of N clips, P of them positive, the clip is positive with probability P / N and each of the k - 1 above it
    then with (P - 1) / (N - 1). Summed over k that is (H + (P - 1) / (N - 1) x (N - H)) / N, H = 1 + 1/2 + ... + 1/N.
    It is above P / N, the more the fewer positives there are. N are the clips in which the class is known.
    """
    scored_C = scored_classes(y_NC, known_NC)
    known_NC = np.ones_like(y_NC) if known_NC is None else known_NC
    clips_C, positives_C = known_NC.sum(axis=0), (y_NC & known_NC).sum(axis=0)
    harmonic_C = np.cumsum(np.append(0, 1 / np.arange(1, len(y_NC) + 1)))[clips_C]
    others_C = (positives_C - 1) / np.maximum(clips_C - 1, 1)
    chance_C = (harmonic_C + others_C * (clips_C - harmonic_C)) / np.maximum(clips_C, 1)
    return np.where(scored_C, chance_C, np.nan)


def chance_sentences(
    name: str, numbers: Mapping[str, Any], classes: Sequence[Mapping[str, Any]], *, is_annotator: bool
) -> list[str]:
    """What is no better than chance of a model with this evaluation: nothing, its mAP, some classes, or both."""
    said = []
    if numbers["mAP_low"] <= numbers["chance_mAP"]:
        said.append(_of_model(name, numbers, ANNOTATOR_ADVICE if is_annotator else STUDENT_ADVICE))
    not_learnt = [row for row in classes if row["ap"] is not None and row["ap"] <= row["chance_ap"] < 1]
    if not_learnt:
        said.append(_of_classes(name, not_learnt, numbers["n_classes"]))
    return said


def _of_model(name: str, numbers: Mapping[str, Any], advice: str) -> str:
    mean, low, high, chance = (f"{100 * numbers[key]:.1f}" for key in ("mAP", "mAP_low", "mAP_high", "chance_mAP"))
    return (
        f"{name} is no better than chance, as far as {numbers['n_clips']:,} clips can tell: its mAP of {mean} % ({low} "
        f"{DASH} {high}) is not clearly above the {chance} % that random scores are expected to get; {advice}."
    )


def _of_classes(name: str, rows: Sequence[Mapping[str, Any]], n_classes: int) -> str:
    named = ", ".join(f"{row['name']} ({row['positives']})" for row in rows[:NAMED])
    more = f", and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return (
        f"{name} has not learnt {len(rows)} of {n_classes} classes, whose AP is not above that of random scores "
        f"(in brackets the evaluation clips that have the class): {named}{more}."
    )
