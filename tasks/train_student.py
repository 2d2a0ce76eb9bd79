"""The stage train_student@KEY: the networks of one student, one for each seed."""

from typing import Any

from psl.annotators.inference.network.build import build_network
from psl.config import Params, Plugin, Student, TrainStudent
from psl.io.features.excluded import kept_store
from psl.io.labels.reader import read_labels
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.training.engine.data import make_training_data
from tasks import stage
from tasks.distributed import distributed


def work(params: Params, key: str) -> None:
    """Read data/labels/KEY.parquet, write data/models/KEY/seed<S>/ for each seed; all validate on the same clips."""
    student = stage.pick(params.students, "students", key)
    training = training_of(params.train_student, student)
    distributed("train_student", ["--student", key], training, lambda: train(params, key, training, student.alpha))


def training_of(common: TrainStudent, student: Student) -> TrainStudent:
    """The students' training parameters, with what this student has of its own."""
    own = {"max_epochs": student.max_epochs, "seeds": student.seeds}
    update: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
    if student.width is not None:
        update["architecture"] = Plugin(**common.architecture.model_dump() | {"width": student.width})
    return common.model_copy(update=update)


def train(params: Params, key: str, training: TrainStudent, alpha: float | None) -> None:
    """Train on the labels of `key`; `alpha` mixes in the weak labels."""
    from psl.training.engine.run import state_of_inputs, train_to_folders  # torch: see tasks/stage.py

    metadata, features, labels = (
        stage.METADATA / params.corpus,
        stage.FEATURES / params.corpus,
        stage.LABELS / f"{key}.parquet",
    )
    store = kept_store(features, Subsets.read(metadata).parts_of(params.annotate.subset), stage.EXCLUDED)
    training_data = make_training_data(store, read_labels(labels), read_manifest(metadata), training, alpha=alpha)
    train_to_folders(
        stage.TRAINED / key,
        store,
        training_data,
        training,
        seeds=training.seeds,
        build=build_network,
        inputs=state_of_inputs("tasks.train_student", metadata / "manifest.parquet", features, labels, stage.EXCLUDED),
        checkpoints=stage.SHARDS / "training",
    )


if __name__ == "__main__":
    stage.run_key("train_student", "student", work)
