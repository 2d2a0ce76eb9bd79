"""The stage train_student@KEY: the networks of one student, one for each seed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from psl.annotators.inference.network.build import build_network
from psl.config import Params, subset_of, training_of
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.labels.calibration import Calibration, calibrated_labels, read_calibration
from psl.io.labels.reader import read_labels
from psl.io.labels.soft_labels import SoftLabels
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.training.engine.data import TrainingData, crop_ms, make_training_data
from tasks import stage
from tasks.online_labels import labels_of_students, online_labels
from tasks.seeds import train_by_params

if TYPE_CHECKING:
    from psl.training.engine.online import OnlineLabels


def work(params: Params, key: str) -> None:
    """Read data/labels/KEY.parquet, write data/models/KEY/seed<S>/ for each seed; all validate on the same clips.

    Of several generations these are the last; those before them are in data/models/KEY/generation<G>/seed<S>/.
    """
    student = stage.pick(params.students, "students", key)
    training = training_of(params.train_student, student)
    generations = (StudentTraining(params, key, number) for number in range(1, (student.generations or 1) + 1))
    options = ["--student", key]
    train_by_params(params, "train_student", options, generations, training=training, seeds=training.seeds)


@dataclass(frozen=True)
class StudentTraining:
    """Trains a seed of the student `key` when it is called, and returns its checkpoint; the data are read once."""

    params: Params
    key: str
    generation: int  # from 1

    def __call__(self, seed: int) -> Path | None:
        from psl.training.engine.run import fresh_network, train_network  # torch: see tasks/stage.py

        store, data, inputs = self._inputs
        training = training_of(self.params.train_student, self.params.students[self.key])
        return train_network(
            self._folder(self.generation),
            store,
            data,
            training,
            seed=seed,
            network=fresh_network(data, training, build_network),
            relative_rates={},
            inputs=inputs,
            checkpoints=stage.SHARDS / "training",
        )

    @cached_property
    def _inputs(self) -> tuple[FeatureStore, TrainingData, str]:
        """Features, what is trained on, and a hash of the files and the code."""
        from psl.training.engine.run import state_of_inputs  # torch: see tasks/stage.py

        params, student = self.params, self.params.students[self.key]
        metadata, features = stage.METADATA / params.corpus, stage.FEATURES / params.corpus
        path, calibration = stage.LABELS / f"{self.key}.parquet", stage.CALIBRATION / f"{self.key}.json"
        store = kept_store(
            features, Subsets.read(metadata).parts_of(subset_of(student, params.annotate.subset)), stage.EXCLUDED
        )
        labels, training = read_labels(path, store.clip_ids), training_of(params.train_student, student)
        calibrated = read_calibration(calibration) if training.calibrated and student.targets != "weak" else None
        if calibrated is not None:
            labels = calibrated_labels(labels, calibrated)
        data = make_training_data(
            store,
            labels,
            read_manifest(metadata),
            training,
            alpha=student.alpha,
            crop_ms=crop_ms(training) if student.targets == "weak" else None,
            random_starts=training.labels == "online" and training.window_starts == "random",
            online=self._online(labels, store, calibrated) if training.labels == "online" else None,
        )
        network = stage.NETWORKS / f"{self.key}.json"
        files = [metadata / "manifest.parquet", features, path, stage.EXCLUDED, network]
        files += [calibration] if calibrated is not None else []
        return store, data, state_of_inputs("tasks.train_student", *files)

    def _online(self, labels: SoftLabels, store: FeatureStore, calibrated: Calibration | None) -> "OnlineLabels":
        """Who labels batches: the annotator or, from the second generation on, the networks of the one before."""
        training = training_of(self.params.train_student, self.params.students[self.key])
        online = online_labels(self.params, labels, store, calibrated, afterwards=training.augmentation_after_labels)
        if self.generation == 1:
            return online
        before = self._folder(self.generation - 1)
        return labels_of_students(online, [before / f"seed{seed}" for seed in training.seeds], training.device)

    def _folder(self, generation: int) -> Path:
        last = self.params.students[self.key].generations or 1
        folder = stage.TRAINED / self.key
        return folder if generation == last else folder / f"generation{generation}"


if __name__ == "__main__":
    stage.run_key("train_student", "student", work)
