"""The stage calibrate@KEY: how well the annotator hears in a student's windows, and the calibration of its labels.

The clips are the validation part of train_annotator.subset: an annotator that was trained here did not learn from them,
and every other is judged on the same ones.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.scorer import Windowing
from psl.config import Params, Student
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.files import write_json
from psl.io.labels.targets import weak_soft_labels
from psl.io.metadata.manifest import clips_of, known_targets, read_manifest, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.labels.calibration.heard import Heard
from psl.labels.calibration.judge import Judgement, Truth, judge
from psl.labels.recovery import read_events
from psl.runtime.progress import log
from tasks import stage
from tasks.cross_fitting import annotator_clips
from tasks.labelling import clip_labels, label_clips, windowing_of

if TYPE_CHECKING:
    from psl.annotators.members import Members


def work(params: Params, key: str) -> None:
    """Write data/calibration/KEY.json, which training reads, and reports/calibrate/KEY.json, which people read.

    Weak labels are neither judged nor calibrated, and their files say so.
    """
    student = stage.pick(params.students, "students", key)
    if student.targets == "weak":
        found = Judgement({"labels": {"kind": "weak"}, "classes": []}, {"n_clips": 0})
    else:
        found = judge_windows(params, key, student)
        log(found.report["verdict"]["text"])
    write_json(stage.CALIBRATION / f"{key}.json", found.calibration)
    write_json(stage.REPORTS / "calibrate" / f"{key}.json", found.report)


def judge_windows(params: Params, key: str, student: Student) -> Judgement:
    """The judgement on the annotators of the student at its window length."""
    from psl.annotators.open_members import open_members  # torch: see tasks/stage.py

    settings = params.annotate
    members = open_members(
        student.annotator or settings.annotator, params.annotator_ensembles, stage.ANNOTATORS, settings.device
    )
    store = validation_store(params)
    windowing = windowing_of(params, student)
    window = {"seconds": student.window_seconds, "hop": student.hop_seconds}
    return judge(
        listen(params, key, store, windowing, members=members),
        score_whole(params, store, members),
        truth_of(params, store, members),
        seconds=windowing.length_ms / 1000,
        params=params.calibrate,
        provenance=members.provenance() | {"window": window},
    )


def validation_store(params: Params) -> FeatureStore:
    """The features of the validation clips."""
    clips = annotator_clips(params)
    training = {
        clip_id for clip_id, validating in zip(clips.clip_ids, clips.validating_N, strict=True) if not validating
    }
    subsets = Subsets.read(stage.METADATA / params.corpus).parts_of(params.train_annotator.subset)
    return kept_store(stage.FEATURES / params.corpus, subsets, stage.EXCLUDED, without=training)


def listen(params: Params, key: str, store: FeatureStore, windowing: Windowing, *, members: "Members") -> Heard:
    """What the annotators hear in the clips' windows."""
    heard = Heard(sorted(store.clip_ids), len(members.vocabulary), keep_windows=knows_events(params))
    label_clips(params, f"calibrate@{key}", store, windowing, members=members, writer=heard, parts={})
    return heard


def score_whole(params: Params, store: FeatureStore, members: "Members") -> npt.NDArray[np.float32]:
    """What the annotators hear in the whole clips, shape (N, C) in the order of the clip ids."""
    scores = clip_labels(members, store, stage.METADATA / params.corpus, params.annotate.inference_batch_size)
    return scores[np.argsort(store.clip_ids, kind="stable")]


def knows_events(params: Params) -> bool:
    """Whether the corpus says when its training clips' events are."""
    return (stage.METADATA / params.corpus / "strong.parquet").exists()


def truth_of(params: Params, store: FeatureStore, members: "Members") -> Truth:
    """The clips' weak labels, sources and events, in the order of the clip ids."""
    metadata, vocabulary = stage.METADATA / params.corpus, members.vocabulary
    clip_ids = tuple(sorted(store.clip_ids))
    rows = clips_of(read_manifest(metadata), clip_ids)
    weak_NC, known_NC = weak_targets(rows, vocabulary), known_targets(rows, vocabulary)
    weak = weak_soft_labels(vocabulary, clip_ids, store.duration_ms_N[np.argsort(store.clip_ids)], weak_NC)
    annotated_C = np.ones(len(vocabulary), bool)
    annotated_C[list(members.unmatched)] = False
    return Truth(
        vocabulary,
        weak_NC,
        np.ones_like(weak_NC) if known_NC is None else known_NC,
        rows["source"].to_pylist(),
        annotated_C,
        read_events(metadata / "strong.parquet", weak) if knows_events(params) else None,
    )


if __name__ == "__main__":
    stage.run_key("calibrate", "student", work)
