"""The stage train_student@KEY: the networks of one student, one for each seed."""

from functools import partial
from pathlib import Path
from typing import Any

from psl.annotators.inference.network.build import build_network
from psl.config import Params, Plugin, Student, TrainStudent
from psl.io.features.excluded import kept_store
from psl.io.labels.reader import read_labels
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.training.engine.data import make_training_data
from tasks import stage
from tasks.seeds import train_by_params


def work(params: Params, key: str) -> None:
    """Read data/labels/KEY.parquet, write data/models/KEY/seed<S>/ for each seed; all validate on the same clips."""
    training = training_of(params.train_student, stage.pick(params.students, "students", key))
    options, train_seed = ["--student", key], partial(train, params, key)
    train_by_params(params, "train_student", options, train_seed, training=training, seeds=training.seeds)


def training_of(common: TrainStudent, student: Student) -> TrainStudent:
    """The students' training parameters, with what this student has of its own."""
    own = {"max_epochs": student.max_epochs, "seeds": student.seeds}
    update: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
    if student.width is not None:
        update["architecture"] = Plugin(**common.architecture.model_dump() | {"width": student.width})
    return common.model_copy(update=update)


def train(params: Params, key: str, seed: int) -> Path | None:
    """Train one seed of the student `key`; returns its checkpoint."""
    from psl.training.engine.run import fresh_network, state_of_inputs, train_network  # torch: see tasks/stage.py

    student = params.students[key]
    training = training_of(params.train_student, student)
    metadata, features = stage.METADATA / params.corpus, stage.FEATURES / params.corpus
    labels = stage.LABELS / f"{key}.parquet"
    store = kept_store(features, Subsets.read(metadata).parts_of(params.annotate.subset), stage.EXCLUDED)
    data = make_training_data(store, read_labels(labels), read_manifest(metadata), training, alpha=student.alpha)
    return train_network(
        stage.TRAINED / key,
        store,
        data,
        training,
        seed=seed,
        network=fresh_network(data, training, build_network),
        relative_rates={},
        inputs=state_of_inputs("tasks.train_student", metadata / "manifest.parquet", features, labels, stage.EXCLUDED),
        checkpoints=stage.SHARDS / "training",
    )


if __name__ == "__main__":
    stage.run_key("train_student", "student", work)
