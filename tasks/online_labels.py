"""Who labels training batches as they come, for labels: online: the annotator, or students of the generation before."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.network.build import build_network
from psl.config import Params, Plugin
from psl.config.base import Device
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.io.labels.calibration import Calibration
from psl.io.labels.soft_labels import SoftLabels
from psl.runtime.errors import PslError
from tasks import stage

if TYPE_CHECKING:
    from psl.training.engine.online import OnlineLabels


def online_labels(
    params: Params, labels: SoftLabels, store: FeatureStore, calibration: Calibration | None, *, afterwards: Plugin
) -> "OnlineLabels":
    """The annotator that made `labels`, and labels batches likewise; calibrated where `calibration` is given.

    `afterwards` is the augmentation of what the student hears of a labelled batch.

    data/annotators is no dependency of the stage: `labels` say who made them, so that another annotator makes the
    stage stale, and one more in params.yaml does not.

    Raises PslError for an annotator that changed since, or that does not take the features of `store`.
    """
    from psl.annotators.open_saved import open_saved_members  # torch: see tasks/stage.py
    from psl.training.engine.augment import build_augmentation
    from psl.training.engine.online import OnlineLabels

    key = labels.provenance["annotator_key"]
    members = open_saved_members(key, params.annotator_ensembles, stage.ANNOTATORS, params.train_student.device)
    if members.weights_hash != labels.provenance["weights_hash"]:
        raise PslError(f"the annotator {key} changed since it made the labels: run the stages annotate again")
    for member in members.members:
        require_same_front_end(member.annotator.name, member.record.front_end_hash, store.front_end_hash)

    def annotate(mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        p_BC = members.mean([member.annotator(mel_BTF) for member in members.members])
        return p_BC if calibration is None else calibration(p_BC)

    return OnlineLabels(annotate, members.unmatched, build_augmentation(afterwards))


def labels_of_students(online: "OnlineLabels", folders: Sequence[Path], device: Device) -> "OnlineLabels":
    """`online` with the mean of the trained networks in `folders` in place of the annotator.

    Born-again networks (Furlanello et al., ICML 2018) are taught so. Where labels are calibrated, these networks have
    learnt calibrated ones.
    """
    from psl.annotators.inference.network.saved_model import load  # torch: see tasks/stage.py

    networks = [load(folder, build_network, device) for folder in folders]

    def annotate(mel_BTF: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.mean([network(mel_BTF) for network in networks], axis=0, dtype=np.float32)

    about = {"labelled_by": [{"name": each.name, "weights_hash": each.weights_hash} for each in networks]}
    return replace(online, annotate=annotate, about=about)
