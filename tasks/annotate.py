"""The stage annotate@KEY: the labels that a student learns, of every window, or the weak labels in the same form."""

import numpy as np

from psl.annotators.inference.annotate import check_windows
from psl.config import Params, subset_of
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.labels.reader import read_labels
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.manifest import read_manifest, subset_rows, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.runtime.errors import PslError
from tasks import stage
from tasks.cross_fitting import part_of_clips
from tasks.labelling import label_clips, windowing_of

CLIPS_AT_ONCE = 4096


def work(params: Params, key: str) -> None:
    """Write data/labels/KEY.parquet."""
    student = stage.pick(params.students, "students", key)
    metadata, subset = stage.METADATA / params.corpus, subset_of(student, params.annotate.subset)
    name = "annotate.subset" if student.subset is None else f"students.{key}.subset"
    subsets = Subsets.read(metadata)
    subsets.require_training(subset, name)
    if params.train_annotator.enabled and subset not in subsets.parts_of(params.train_annotator.subset):
        raise PslError(
            f"{name} {subset} is no part of train_annotator.subset {params.train_annotator.subset}: choose a part of "
            "it, or train the annotator on more"
        )
    store = kept_store(stage.FEATURES / params.corpus, subsets.parts_of(subset), stage.EXCLUDED)
    if student.targets == "weak":
        write_weak_labels(params, key, store, subsets.parts_of(subset))
    else:
        write_soft_labels(params, key, store)


def write_soft_labels(params: Params, key: str, store: FeatureStore) -> None:
    """The annotators' labels of every window; 0 for classes that they do not have, which training knows."""
    from psl.annotators.open_members import open_members  # torch: see tasks/stage.py

    settings, path, student = params.annotate, stage.LABELS / f"{key}.parquet", params.students[key]
    members = open_members(
        student.annotator or settings.annotator, params.annotator_ensembles, stage.ANNOTATORS, settings.device
    )
    windowing = windowing_of(params, student)
    about = members.provenance() | {
        "window": {"seconds": student.window_seconds, "hop": student.hop_seconds},
        "parameters": {"subset": subset_of(student, settings.subset), "last_window": settings.last_window},
    }
    with LabelWriter(path, members.vocabulary, settings.min_probability, about) as writer:
        parts = part_of_clips(params) if members.cross_fitted else {}
        label_clips(params, f"annotate@{key}", store, windowing, members=members, writer=writer, parts=parts)
    check_windows(read_labels(path), store, windowing)


def write_weak_labels(params: Params, key: str, store: FeatureStore, subsets: tuple[str, ...]) -> None:
    """The manifest's weak labels: one window over each whole clip, probability 1 for each label and 0 for the rest."""
    metadata = stage.METADATA / params.corpus
    duration_ms = dict(zip(store.clip_ids, store.duration_ms_N.tolist(), strict=True))
    clips = subset_rows(read_manifest(metadata), subsets).sort_by("clip_id")
    vocabulary = Vocabulary.read(metadata / "classes.csv")
    with LabelWriter(stage.LABELS / f"{key}.parquet", vocabulary, 1 / Q_ONE, {"kind": "weak"}) as writer:
        for begin in range(0, len(clips), CLIPS_AT_ONCE):
            part = clips.slice(begin, CLIPS_AT_ONCE)
            for clip_id, y_C in zip(part["clip_id"].to_pylist(), weak_targets(part, vocabulary), strict=True):
                if clip_id in duration_ms:
                    writer.add(clip_id, np.zeros(1, np.int32), duration_ms[clip_id], y_C[None].astype(np.float32))


if __name__ == "__main__":
    stage.run_key("annotate", "student", work)
