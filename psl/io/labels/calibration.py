"""The calibration of an annotator's labels at one window length, as training reads and applies it.

For each class p' = sigmoid(slope x logit(p) + offset). The labels on disk stay raw. psl.labels.calibration fits it.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.io.labels.soft_labels import SoftLabels
from psl.io.schemas import Q_ONE
from psl.runtime.errors import PslError

SMALLEST = 0.5 / Q_ONE  # half a step of the labels on disk: what is nearer to 0 or 1 counts as this
LABELS_AT_ONCE = 1 << 18  # they stay in the cache: 16 ns a label, and a table of C x Q_ONE takes 60
OF_THE_SAME = ("annotator_key", "annotator", "weights_hash", "members", "window", "vocabulary_hash")
SHOWN = 80  # characters of what differs
Floats = npt.NDArray[np.float64]


def logit(p: npt.NDArray[np.floating]) -> Floats:
    """log(p / (1 - p)) of probabilities, at least SMALLEST away from 0 and 1; NaN stays NaN."""
    clipped = np.clip(np.asarray(p, np.float64), SMALLEST, 1 - SMALLEST)
    return np.log(clipped) - np.log1p(-clipped)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


LOGIT_Q = logit(np.arange(Q_ONE + 1) / Q_ONE).astype(np.float32)  # of every probability that the disk can hold


@dataclass(frozen=True)
class Calibration:
    """Slopes above 0 and offsets of C classes, and which labels they belong to."""

    slope_C: Floats
    offset_C: Floats
    labels: dict[str, Any]  # about_labels of those that it belongs to

    def __call__(self, p_BC: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Calibrated probabilities; classes of slope 1 and offset 0 stay as they are, and NaN stays NaN."""
        calibrated_BC = sigmoid(self.slope_C * logit(p_BC) + self.offset_C)
        return np.where(self.same_C, p_BC, calibrated_BC).astype(np.float32)

    @property
    def same_C(self) -> npt.NDArray[np.bool_]:
        """Classes that are not changed."""
        return (self.slope_C == 1) & (self.offset_C == 0)


def about_labels(provenance: dict[str, Any]) -> dict[str, Any]:
    """What of the labels' provenance a calibration keeps, and must find again."""
    return {name: provenance[name] for name in OF_THE_SAME if name in provenance}


def read_calibration(path: Path) -> Calibration:
    """Read data/calibration/KEY.json, which psl.labels.calibration.judge makes: `labels` and `classes`.

    Raises PslError when the file is missing or another, and when nothing could be fitted.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if "not_fitted" in report:
            raise PslError(
                f"{path} holds no calibration: set train_student.calibrated to false ({report['not_fitted']})"
            )
        lines_C2 = np.array([(row["slope"], row["offset"]) for row in report["classes"]], np.float64).reshape(-1, 2)
        if not np.isfinite(lines_C2).all() or not (lines_C2[:, 0] > 0).all():
            raise ValueError("slopes and offsets must be finite numbers, and slopes above 0")
        return Calibration(lines_C2[:, 0], lines_C2[:, 1], dict(report["labels"]))
    except FileNotFoundError:
        raise PslError(f"the calibration {path} does not exist: run the stage calibrate (`dvc repro`)") from None
    except (ValueError, KeyError, TypeError) as error:
        raise PslError(f"the calibration {path} cannot be read ({error!r}): run the stage calibrate again") from None


def calibrated_labels(labels: SoftLabels, calibration: Calibration) -> SoftLabels:
    """The same windows with calibrated probabilities, rounded to 1 / Q_ONE as on disk; weak labels stay as they are.

    A class's mean below the minimum probability becomes that mean's calibrated value. Raises PslError for the labels of
    another annotator, mapping, window or vocabulary.
    """
    if labels.provenance.get("kind") == "weak":
        return labels
    _require_same(labels, calibration)
    q_K = np.empty_like(labels.q_K)
    for begin in range(0, len(q_K), LABELS_AT_ONCE):
        part = slice(begin, begin + LABELS_AT_ONCE)
        q_K[part] = _calibrated_q(labels.q_K[part], labels.class_K[part], calibration)
    return replace(labels, q_K=q_K, below_min_mean_C=calibration(labels.below_min_mean_C[None])[0])


def _calibrated_q(
    q_K: npt.NDArray[np.uint16], class_K: npt.NDArray[np.int16], calibration: Calibration
) -> npt.NDArray[np.uint16]:
    x_K = LOGIT_Q[q_K]
    x_K *= calibration.slope_C.astype(np.float32)[class_K]
    x_K += calibration.offset_C.astype(np.float32)[class_K]
    q = np.rint(Q_ONE / (1 + np.exp(-x_K.clip(-50, 50)))).astype(np.uint16)
    return np.where(calibration.same_C[class_K], q_K, q)


def _require_same(labels: SoftLabels, calibration: Calibration) -> None:
    for name in OF_THE_SAME:
        ours, theirs = labels.provenance.get(name), calibration.labels.get(name)
        if ours != theirs:
            raise PslError(
                f"the calibration is of labels with {name} {str(theirs)[:SHOWN]}, and these have {str(ours)[:SHOWN]}: "
                "run the stages annotate and calibrate again"
            )
