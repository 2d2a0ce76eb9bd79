"""The data that a network is trained and validated on, made of features, labels and the manifest."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.config import Training, TrainingParams
from psl.io.features.store import FeatureStore
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.targets import Targets
from psl.io.metadata.manifest import clips_of, known_targets, weak_targets
from psl.io.metadata.splits import validation_clips
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.windows import to_units
from psl.runtime.errors import PslError
from psl.training.engine.dataset import WindowDataset, check_same_clips
from psl.training.engine.samplers.all import build as all_windows
from psl.training.engine.samplers.random_crop import build as random_crops

if TYPE_CHECKING:
    from psl.training.engine.online import OnlineLabels  # torch: see tasks/stage.py

CLIPS_AT_ONCE = 4096


@dataclass(frozen=True)
class TrainingData:
    """Windows of different clips of the same labels: N clips, W windows."""

    training: WindowDataset
    validation: WindowDataset
    labels: SoftLabels
    validation_weak_NC: npt.NDArray[np.bool_]  # weak labels of the validation clips, in the order of `labels.clip_ids`
    validation_known_NC: npt.NDArray[np.bool_] | None = None  # which of them are known; None: all
    online: "OnlineLabels | None" = None  # of training batches, in place of `labels`


def make_training_data(
    store: FeatureStore,
    labels: SoftLabels,
    manifest: pa.Table,
    params: TrainingParams,
    *,
    alpha: float | None,
    crop_ms: int | None = None,
    random_starts: bool = False,
    online: "OnlineLabels | None" = None,
    left_out: Collection[str] = (),
) -> TrainingData:
    """Split the clips of `store` and cut them into the windows of `labels`.

    `alpha` is the share of `labels` in a mix with the manifest's weak labels; None leaves them out. Validation windows
    are those of `labels`, and training windows too, unless they have `random_starts` or are crops of `crop_ms` at
    random places of their clips; `online` labels them in place of `labels`. The clips `left_out` do not train.

    Raises PslError unless features and labels are of the same clips and the manifest knows them all, when no target of
    the training or of the validation clips is known, and for a crop that is longer than every clip.
    """
    check_same_clips(store, labels)
    rows = clips_of(manifest, labels.clip_ids)
    targets = _targets(labels, rows, alpha)
    validating_N = validation_clips(rows["source"].to_pylist(), params.validation_share)
    left_out_N = np.fromiter((clip_id in left_out for clip_id in labels.clip_ids), bool, len(rows))
    training_N = ~validating_N & ~left_out_N
    _require_known(targets, training_N, validating_N)
    window_ms = _window_ms(labels, crop_ms)
    batches = partial(
        WindowDataset,
        store,
        batch_windows=windows_in_batch(params, window_ms),
        shuffle_buffer_clips=params.shuffle_buffer_clips,
    )
    validation_weak_NC = chosen_weak_targets(rows, labels.vocabulary, validating_N)
    cut = replace(labels, duration_ms_W=np.full_like(labels.duration_ms_W, window_ms))
    sampler = random_crops() if random_starts or crop_ms is not None else all_windows()
    training = batches(replace(targets, labels=cut), training_N, sampler=sampler)
    validation = batches(targets, validating_N, sampler=all_windows())
    known_NC = known_targets(rows.filter(validating_N), labels.vocabulary)
    return TrainingData(training, validation, labels, validation_weak_NC, known_NC, online)


def _require_known(targets: Targets, training_N: npt.NDArray[np.bool_], validating_N: npt.NDArray[np.bool_]) -> None:
    for name, chosen_N in (("training", training_N), ("validation", validating_N)):
        if not targets.any_known(chosen_N):
            raise PslError(
                f"no target of the {int(chosen_N.sum())} {name} clips is known: look for more classes in them, or "
                "choose an annotator that has some of them"
            )


def _window_ms(labels: SoftLabels, crop_ms: int | None) -> int:
    """Length of the training windows: that of the longest of `labels`, or of the crops."""
    longest_ms = int(labels.duration_ms_W.max())
    if crop_ms is not None and crop_ms > longest_ms:
        raise PslError(
            f"crop_seconds {crop_ms / 1000:g} is longer than every clip (the longest has {longest_ms / 1000:g} s): "
            "choose less, or null to learn whole clips"
        )
    return longest_ms if crop_ms is None else crop_ms


def _targets(labels: SoftLabels, rows: pa.Table, alpha: float | None) -> Targets:
    """The targets of `labels`; those that stand for the weak ones, or are mixed with them, may be partly unknown."""
    known_NC = known_targets(rows, labels.vocabulary)
    if alpha is None and labels.unmatched("weak") is not None:
        alpha = 1.0  # of the classes that the annotator has
    if alpha is not None:
        return Targets(labels, weak_targets(rows, labels.vocabulary), alpha, known_NC)
    return Targets(labels, known_NC=known_NC if labels.provenance.get("kind") == "weak" else None)


def chosen_weak_targets(
    rows: pa.Table, vocabulary: Vocabulary, chosen_N: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The weak labels of the chosen ones of the manifest's rows; memory never holds those of all, a byte a class each.

    Raises PslError for a label of any row that is not in the vocabulary.
    """
    begins = range(0, len(rows), CLIPS_AT_ONCE)
    parts = [
        weak_targets(rows.slice(begin, CLIPS_AT_ONCE), vocabulary)[chosen_N[begin : begin + CLIPS_AT_ONCE]]
        for begin in begins
    ]
    return np.concatenate(parts)


def windows_in_batch(params: TrainingParams, window_ms: int) -> int:
    """Windows in a step: `batch_windows`, or as many as fit into `batch_seconds`, at least one."""
    if params.batch_windows is not None:
        return params.batch_windows
    assert params.batch_seconds is not None  # psl.config.TrainingParams has one of the two
    return max(to_units(params.batch_seconds, 1000) // window_ms, 1)


def crop_ms(params: Training) -> int | None:
    """Length of the crops of weakly labelled clips; None: they are learnt whole."""
    return None if params.crop_seconds is None else to_units(params.crop_seconds, 1000)
