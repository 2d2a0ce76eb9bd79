"""Data for fine-tuning: a random crop of each clip in every epoch of training, windows over the clip in validation.

A clip that is shorter than the crop is repeated from its beginning (psl.io.windows.fit_frames), in training as in
validation and test, so that no silence is counted as sound.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.config import Transfer, TransferTask
from psl.io.features.store import FeatureStore
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.targets import Targets
from psl.io.metadata.manifest import clips_of, weak_targets
from psl.io.metadata.splits import validation_clips
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.io.windows import to_units, window_starts
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from psl.training.engine.data import TrainingData, windows_in_batch
from psl.training.engine.dataset import WindowDataset
from psl.training.engine.samplers.all import build as all_windows
from psl.training.engine.samplers.random_crop import build as random_crops


def fine_tuning_data(
    store: FeatureStore,
    manifest: pa.Table,
    vocabulary: Vocabulary,
    of: TransferTask,
    *,
    params: Transfer,
    validation: Sequence[str],
) -> TrainingData:
    """The training and validation clips of a set, by their weak labels.

    `store` holds the set's training subset and the subsets `validation`, of which its validation subset consists.

    Raises PslError when a part is empty, or the crop is longer than every clip.
    """
    clip_ids = tuple(sorted(store.clip_ids))
    rows, crop_ms = clips_of(manifest, clip_ids), to_units(params.crop_seconds, 1000)
    weak_NC = weak_targets(rows, vocabulary)
    duration_ms_N = store.duration_ms_N[np.argsort(store.clip_ids)]
    check_crop(duration_ms_N, crop_ms)
    about = {"kind": "weak", "corpus": of.corpus, "subset": of.train}
    hop_ms = to_units(params.hop_seconds, 1000)
    starts = [window_starts(int(duration_ms), crop_ms, hop_ms) for duration_ms in duration_ms_N]
    labels = partial(windowed_labels, vocabulary, clip_ids, length_ms=crop_ms, weak_NC=weak_NC, about=about)
    crops, windows = labels([np.zeros(1, np.int64)] * len(clip_ids)), labels(starts)
    validating_N = _validating(rows, of, validation, params.validation_share)
    batches = partial(
        WindowDataset,
        store,
        batch_windows=windows_in_batch(params, crop_ms),
        shuffle_buffer_clips=params.shuffle_buffer_clips,
    )
    training = batches(Targets(crops), ~validating_N, sampler=random_crops())
    validating = batches(Targets(windows), validating_N, sampler=all_windows())
    return TrainingData(training, validating, windows, weak_NC[validating_N])


def check_crop(duration_ms_N: npt.NDArray[np.integer], crop_ms: int) -> None:
    """Raise PslError for a crop that no clip fills; log how many clips are shorter."""
    longest_s, n_short = int(duration_ms_N.max()) / 1000, int((duration_ms_N < crop_ms).sum())
    if longest_s < crop_ms / 1000:
        raise PslError(
            f"transfer.crop_seconds {crop_ms / 1000:g} is longer than every clip "
            f"(the longest has {longest_s:g} s): choose less"
        )
    if n_short:
        log(
            f"{n_short} of {len(duration_ms_N)} clips are shorter than the crop of {crop_ms / 1000:g} s: "
            f"they are filled by repetition"
        )


def windowed_labels(
    vocabulary: Vocabulary,
    clip_ids: tuple[str, ...],
    starts: Sequence[npt.NDArray[np.integer]],
    *,
    length_ms: int,
    weak_NC: npt.NDArray[np.bool_],
    about: dict[str, Any],
) -> SoftLabels:
    """The weak labels of each clip for each of its windows.

    `starts` are the starts of each clip's windows in ms, `clip_ids` are sorted, `about` joins the provenance.
    """
    clip_W = np.repeat(np.arange(len(clip_ids)), [len(start_ms) for start_ms in starts])
    window_K, class_K = np.nonzero(weak_NC[clip_W])
    return SoftLabels(
        vocabulary=vocabulary,
        clip_ids=clip_ids,
        clip_W=clip_W.astype(np.int32),
        start_ms_W=np.concatenate(starts).astype(np.int32),
        duration_ms_W=np.full(len(clip_W), length_ms, np.int32),
        offsets=np.searchsorted(window_K, np.arange(len(clip_W) + 1)).astype(np.int64),
        class_K=class_K.astype(np.int16),
        q_K=np.full(len(class_K), Q_ONE, np.uint16),
        below_min_mean_C=np.zeros(len(vocabulary), np.float32),
        provenance={"floor": 0.5, "vocabulary_hash": vocabulary.hash, **about},
    )


def _validating(rows: pa.Table, of: TransferTask, validation: Sequence[str], share: float) -> npt.NDArray[np.bool_]:
    """Which clips validate: those of the validation subset, or a seeded share of the training clips, by source.

    Raises PslError where a part has no clip.
    """
    if not validation:
        return validation_clips(rows["source"].to_pylist(), share)
    validating_N = np.array([subset in validation for subset in rows["subset"].to_pylist()])
    if validating_N.all() or not validating_N.any():
        empty = of.train if validating_N.any() else of.validation
        raise PslError(
            f"the corpus {of.corpus} has no clip with features in {empty}: check its lists, or name another subset"
        )
    return validating_N
