"""The stage train_student@KEY: students of a window's soft labels, or of the weak ones, one for each seed."""

from models import MODELS
from psl.features.store import FeatureStore, nested
from psl.labels import read_labels
from psl.manifest import read_manifest
from psl.params import Params
from psl.training.material import make_material
from psl.training.run import state_of_inputs, train_to_folders
from tasks import stage
from tasks.together import together


def work(params: Params, key: str) -> None:
    """Read data/labels/KEY.parquet, write data/models/KEY/seed<S>/ for each seed; all start from the same split of the clips."""
    together("train_student", ["--student", key], params.train_student, lambda: _train(params, key))


def _train(params: Params, key: str) -> None:
    student = params.train_student
    metadata, features, labels = stage.METADATA / stage.CORPUS, stage.FEATURES / stage.CORPUS, stage.LABELS / f"{key}.parquet"
    store = FeatureStore(features, nested(params.annotate.subset))
    inputs = state_of_inputs(metadata / "manifest.parquet", features, labels)
    material = make_material(store, read_labels(labels), read_manifest(metadata), student, None if key == "weak" else student.alpha)
    train_to_folders(stage.TRAINED / key, store, material, student, student.seeds, MODELS, inputs, stage.SHARDS / "training")


if __name__ == "__main__":
    stage.run_key("train_student", "student", work)
