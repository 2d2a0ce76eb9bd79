"""What a network is trained and validated on, put together from features, labels and the manifest."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.labels import SoftLabels
from psl.manifest import weak_targets
from psl.params import Course
from psl.splits import validation_clips
from psl.targets import Targets
from psl.window_dataset import WindowDataset, check_same_clips
from psl.windows import to_units


@dataclass(frozen=True)
class Material:
    """Windows of different clips of the same labels: N clips, W windows."""

    training: WindowDataset
    validation: WindowDataset
    labels: SoftLabels
    weak_NC: npt.NDArray[np.bool_]  # weak labels of `labels.clip_ids`


def make_material(store: FeatureStore, labels: SoftLabels, manifest: pa.Table, params: Course, alpha: float | None) -> Material:
    """Split the clips of `store` and cut them into the windows of `labels`; `alpha` mixes in the manifest's weak labels.

    Raises PslError unless features and labels are of the same clips and the manifest knows them all.
    """
    check_same_clips(store, labels)
    rows = clips_of(manifest, labels.clip_ids)
    weak_NC = weak_targets(rows, labels.vocabulary)
    targets = Targets(labels) if alpha is None else Targets(labels, weak_NC, alpha)
    validating_N = validation_clips(rows["source"].to_pylist(), params.validation_share)
    batch_windows = windows_in_batch(params, int(labels.duration_ms_W.max()))
    training = WindowDataset(store, targets, ~validating_N, batch_windows, params.pool_clips)
    validation = WindowDataset(store, targets, validating_N, batch_windows, params.pool_clips)
    return Material(training, validation, labels, weak_NC)


def clips_of(manifest: pa.Table, clip_ids: tuple[str, ...]) -> pa.Table:
    """The manifest's rows of `clip_ids`, which are sorted as the manifest is. Raises PslError for a clip it does not know."""
    rows = manifest.filter(pc.is_in(manifest["clip_id"], pa.array(clip_ids, pa.string())))
    if len(rows) != len(clip_ids):
        unknown = sorted(set(clip_ids) - set(rows["clip_id"].to_pylist()))
        raise PslError(f"{len(unknown)} clips with features are not in the manifest, such as {unknown[0]}: run the features stage again")
    return rows


def windows_in_batch(params: Course, window_ms: int) -> int:
    """Windows in a step: as many as are asked for, or as fit into the seconds that are asked for, at least one."""
    if params.batch_windows is not None:
        return params.batch_windows
    assert params.batch_seconds is not None  # params.Training has one of the two
    return max(to_units(params.batch_seconds, 1000) // window_ms, 1)
