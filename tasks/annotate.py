"""The stage annotate@KEY: the labels that a student learns, of every window, or the weak labels in the same form."""

import shutil
from importlib import import_module
from pathlib import Path

import numpy as np

from psl.annotators.inference.annotate import annotate, check_windows
from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.scorer import Windowing
from psl.config import Params, Student
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.hashes import hash_json
from psl.io.labels.reader import read_labels
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.manifest import read_manifest, subset_rows, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.io.windows import to_units
from psl.runtime.code_hash import code_hash
from psl.runtime.errors import PslError
from tasks import stage
from tasks.shard_runs import shard_runner

CLIPS_AT_ONCE = 4096


def work(params: Params, key: str) -> None:
    """Write data/labels/KEY.parquet."""
    student = stage.pick(params.students, "students", key)
    metadata, subset = stage.METADATA / params.corpus, params.annotate.subset
    subsets = Subsets.read(metadata)
    subsets.require_training(subset, "annotate.subset")
    if subset not in subsets.parts_of(params.train_annotator.subset):
        raise PslError(f"annotate.subset {subset} is no part of train_annotator.subset {params.train_annotator.subset}")
    store = kept_store(stage.FEATURES / params.corpus, subsets.parts_of(subset), stage.EXCLUDED)
    if student.targets == "weak":
        write_weak_labels(params, key, store, subsets.parts_of(subset))
    else:
        write_soft_labels(params, key, store, student)


def write_soft_labels(params: Params, key: str, store: FeatureStore, student: Student) -> None:
    """The annotator's labels of every window."""
    settings, path = params.annotate, stage.LABELS / f"{key}.parquet"
    assert student.window_seconds is not None and student.hop_seconds is not None  # psl.config.Student has both
    windowing = Windowing(
        to_units(student.window_seconds, 1000), to_units(student.hop_seconds, 1000), settings.last_window
    )
    open_annotator = import_module(f"psl.annotators.kinds.{settings.annotator}").opener(params, stage.DATA)
    annotator = open_annotator()
    vocabulary = Vocabulary.read(stage.METADATA / params.corpus / "classes.csv")
    vocabulary.require_same(annotator.vocabulary, f"the corpus {params.corpus}", f"the annotator {annotator.name}")
    about = {
        "kind": "annotator",
        "annotator": annotator.name,
        "weights_hash": annotator.weights_hash,
        "front_end_hash": annotator.front_end_hash,
        "window": {"seconds": student.window_seconds, "hop": student.hop_seconds},
        "parameters": {"subset": settings.subset, "last_window": settings.last_window},
    }
    with (
        LabelWriter(path, vocabulary, settings.min_probability, about) as writer,
        shard_runner(params, f"annotate@{key}", in_threads=True, one_device=annotator.device == "cuda") as runner,
    ):
        annotate(
            store,
            windowing,
            annotator,
            writer,
            inference_batch_size=settings.inference_batch_size,
            cache=cache_folder(annotator, settings.annotator),
            runner=runner,
            opener=open_annotator,
        )
    check_windows(read_labels(path), store, windowing)


def cache_folder(annotator: Annotator, kind: str) -> Path:
    """Where this annotator's labels are cached, for all students; those of other annotators or code are removed."""
    code = code_hash("psl.annotators.inference.annotate", f"psl.annotators.kinds.{kind}")
    folder = stage.SHARDS / "annotate" / hash_json([annotator.weights_hash, code, annotator.device])[:16]
    for other in {*folder.parent.glob("*")} - {folder}:
        shutil.rmtree(other, ignore_errors=True)
    return folder


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
