"""The stage train_student@KEY: students of a window's soft labels, or of the weak ones, one for each seed."""

from models import MODELS
from psl.features.store import nested
from psl.labels import read_labels
from psl.leaks.excluded import kept_store
from psl.manifest import read_manifest
from psl.params import Params
from psl.training.material import make_material
from psl.training.run import state_of_inputs, train_to_folders
from tasks import stage


def work(params: Params, key: str) -> None:
    """Read data/labels/KEY.parquet, write data/models/KEY/seed<S>/ for each seed; all start from the same split of the clips."""
    student = params.train_student
    metadata, features, labels = stage.METADATA / stage.CORPUS, stage.FEATURES / stage.CORPUS, stage.LABELS / f"{key}.parquet"
    store = kept_store(features, nested(params.annotate.subset), stage.EXCLUDED)
    inputs = state_of_inputs(metadata / "manifest.parquet", features, labels, stage.EXCLUDED)
    material = make_material(store, read_labels(labels), read_manifest(metadata), student, None if key == "weak" else student.alpha)
    train_to_folders(stage.TRAINED / key, store, material, student, student.seeds, MODELS, inputs, stage.SHARDS / "training")


if __name__ == "__main__":
    stage.run_key("train_student", "student", work)
