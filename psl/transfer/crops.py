"""Clips of any length for a network: a random crop of each clip in every epoch of training, windows over the clip elsewhere.

A clip that is shorter than the crop is repeated from its beginning (psl.windows.fit_frames), in training as in validation and
test, so that no silence is counted as sound.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.labels import SoftLabels
from psl.manifest import weak_targets
from psl.params import Transfer, TransferOf
from psl.progress import say
from psl.schemas import Q_ONE
from psl.splits import validation_clips
from psl.targets import Targets
from psl.training.material import Material, clips_of, windows_in_batch
from psl.vocabulary import Vocabulary
from psl.window_dataset import WindowDataset
from psl.windows import to_units, window_starts


class CropDataset(WindowDataset):
    """Labels of one window a clip, whose place in the clip is drawn anew in every epoch."""

    def __init__(self, store: FeatureStore, targets: Targets, chosen_N: npt.NDArray[np.bool_], batch_windows: int, pool_clips: int) -> None:
        super().__init__(store, targets, chosen_N, batch_windows, pool_clips)
        self._last_W = np.zeros(len(targets.labels), np.int64)
        self._last_W[self._label_clip_N] = np.maximum(store.frames_N - self.frames, 0)

    def starts(self, seed: int, epoch: int) -> npt.NDArray[np.integer]:
        """First frame of each clip's crop, a function of (seed, epoch)."""
        return np.random.default_rng([seed, epoch, 1]).integers(self._last_W, endpoint=True)


def transfer_material(store: FeatureStore, manifest: pa.Table, vocabulary: Vocabulary, of: TransferOf, params: Transfer) -> Material:
    """The training and validation clips of a set; `store` holds its training subset, and that of validation where it has one.

    Raises PslError when a part is empty, or the crop is longer than every clip.
    """
    clip_ids = tuple(sorted(store.clip_ids))
    rows, crop_ms = clips_of(manifest, clip_ids), to_units(params.crop_seconds, 1000)
    weak_NC = weak_targets(rows, vocabulary)
    duration_ms_N = store.duration_ms_N[np.argsort(store.clip_ids)]
    check_crop(duration_ms_N, crop_ms)
    about = {"kind": "weak", "corpus": of.corpus, "subset": of.train}
    crops = windowed_labels(vocabulary, clip_ids, [np.zeros(1, np.int64)] * len(clip_ids), crop_ms, weak_NC, about)
    starts = [window_starts(int(duration_ms), crop_ms, to_units(params.hop_seconds, 1000)) for duration_ms in duration_ms_N]
    windows = windowed_labels(vocabulary, clip_ids, starts, crop_ms, weak_NC, about)
    validating_N = _validating(rows, of, params.validation_share)
    batch = windows_in_batch(params, crop_ms)
    training = CropDataset(store, Targets(crops), ~validating_N, batch, params.pool_clips)
    validation = WindowDataset(store, Targets(windows), validating_N, batch, params.pool_clips)
    return Material(training, validation, windows, weak_NC)


def check_crop(duration_ms_N: npt.NDArray[np.integer], crop_ms: int) -> None:
    """Raise PslError for a crop that no clip fills; say how many do not."""
    longest, short = int(duration_ms_N.max()) / 1000, int((duration_ms_N < crop_ms).sum())
    if longest < crop_ms / 1000:
        raise PslError(f"transfer.crop_seconds {crop_ms / 1000:g} is longer than every clip (the longest has {longest:g} s): choose less")
    if short:
        say(f"{short} of {len(duration_ms_N)} clips are shorter than the crop of {crop_ms / 1000:g} s: they are filled by repetition")


def windowed_labels(
    vocabulary: Vocabulary,
    clip_ids: tuple[str, ...],
    starts: Sequence[npt.NDArray[np.integer]],
    length_ms: int,
    weak_NC: npt.NDArray[np.bool_],
    about: dict[str, Any],
) -> SoftLabels:
    """The weak labels of each clip for each of its windows; `starts` are the windows' starts in ms, `clip_ids` sorted."""
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
        tail_C=np.zeros(len(vocabulary), np.float32),
        provenance={"floor": 0.5, "vocabulary_hash": vocabulary.hash, **about},
    )


def _validating(rows: pa.Table, of: TransferOf, share: float) -> npt.NDArray[np.bool_]:
    """Which clips validate: those of the subset for it, or a seeded share of the training clips, by source."""
    if of.validation is None:
        return validation_clips(rows["source"].to_pylist(), share)
    validating_N = np.array([subset == of.validation for subset in rows["subset"].to_pylist()])
    if validating_N.all() or not validating_N.any():
        empty = of.train if validating_N.any() else of.validation
        raise PslError(f"the corpus {of.corpus} has no clip with features in {empty}: look at its lists, or name another subset")
    return validating_N
