"""The validation clips of a trained network, and what it scores on them: what thresholds are chosen on."""

from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.clip_scores import clip_scores, highest_of_windows
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.scorer import Windowing
from psl.evaluation.tagging.summary import rows_of
from psl.export.trained_window import trained_window
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.metadata.manifest import clips_of, known_targets, read_manifest, weak_targets
from psl.io.metadata.splits import validation_clips
from psl.io.metadata.subsets import Subsets
from tasks import stage

if TYPE_CHECKING:
    from psl.annotators.inference.network.saved_model import SavedModel


class Validated(NamedTuple):
    """N validation clips and C classes: weak labels, which of them are known (None: all), and scores."""

    y_NC: npt.NDArray[np.bool_]
    known_NC: npt.NDArray[np.bool_] | None
    p_NC: npt.NDArray[np.float32]


def score_validation_clips(
    model: "SavedModel", corpus: str, weak_subset: str, inference_batch_size: int
) -> Validated | None:
    """Scores by the highest of the windows that the network was trained on, or of whole clips where it was those.

    `weak_subset` is what networks of weak labels learn. None where the clips are not known any more: of an imported
    network, or of one that was trained on other clips than there are.
    """
    trained_on, metadata = model.about["trained_on"], stage.METADATA / corpus
    subset, subsets = _subset(trained_on) or weak_subset, Subsets.read(metadata)
    share = trained_on.get("parameters", {}).get("validation_share")
    if share is None or subset not in subsets.names:
        return None
    features, parts = stage.FEATURES / corpus, subsets.parts_of(subset)
    rows = clips_of(read_manifest(metadata), tuple(sorted(kept_store(features, parts, stage.EXCLUDED).clip_ids)))
    validating_N = validation_clips(rows["source"].to_pylist(), share)
    if int(validating_N.sum()) != trained_on.get("n_validation_clips"):
        return None
    trained = rows.filter(~validating_N)["clip_id"].to_pylist()
    store = kept_store(features, parts, stage.EXCLUDED, without=trained)
    rows = rows.take(rows_of(store.clip_ids, rows["clip_id"].to_pylist()))
    p_NC = _scores(model, store, inference_batch_size)
    return Validated(weak_targets(rows, model.vocabulary), known_targets(rows, model.vocabulary), p_NC)


def _subset(trained_on: Mapping[str, Any]) -> str | None:
    """The subset that a network learnt; None of weak labels, of which model.json does not say it."""
    of_labels: str | None = trained_on.get("labels", {}).get("parameters", {}).get("subset")
    return of_labels or trained_on.get("parameters", {}).get("subset")


def _scores(model: "SavedModel", store: FeatureStore, inference_batch_size: int) -> npt.NDArray[np.float32]:
    clips, window = FeatureClips(store), trained_window(model.about["trained_on"])
    if window is None:
        return clip_scores(model, clips, inference_batch_size)
    windowing = Windowing.of_seconds(window.seconds, window.hop)
    return highest_of_windows([(model, clips)], itemgetter(0), windowing, inference_batch_size).score_NC
