"""The stage train_student@KEY: students of a window's soft labels, or of the weak ones, one for each seed."""

from models import MODELS
from psl.labels import read_labels
from psl.leaks.excluded import kept_store
from psl.manifest import read_manifest
from psl.params import Params, TrainStudent
from psl.schemas import nested
from psl.training.material import make_material
from psl.training.run import state_of_inputs, train_to_folders
from tasks import stage
from tasks.together import together


def work(params: Params, key: str) -> None:
    """Read data/labels/KEY.parquet, write data/models/KEY/seed<S>/ for each seed; all start from the same split of the clips."""
    options = ["--student", key]
    together("train_student", options, params.train_student, lambda: train(key, key, params.train_student, params.annotate.subset))


def train(key: str, labels_key: str, student: TrainStudent, subset: str) -> None:
    """The students `key` of the labels `labels_key` on the clips of `subset`."""
    metadata, features, labels = stage.METADATA / stage.CORPUS, stage.FEATURES / stage.CORPUS, stage.LABELS / f"{labels_key}.parquet"
    store = kept_store(features, nested(subset), stage.EXCLUDED)
    inputs = state_of_inputs(metadata / "manifest.parquet", features, labels, stage.EXCLUDED)
    material = make_material(store, read_labels(labels), read_manifest(metadata), student, None if labels_key == "weak" else student.alpha)
    train_to_folders(stage.TRAINED / key, store, material, student, student.seeds, MODELS, inputs, stage.SHARDS / "training")


if __name__ == "__main__":
    stage.run_key("train_student", "student", work)
