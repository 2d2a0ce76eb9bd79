"""The stage annotate@KEY: soft labels of every window of the clips that students train on."""

import shutil
from pathlib import Path

from models import MODELS
from psl.annotation import annotate, check_windows
from psl.annotation_shards import Windowing
from psl.annotators.saved import Reopen
from psl.devices import Device, pick_device
from psl.errors import PslError
from psl.files import hash_code
from psl.labels import LabelWriter, read_labels
from psl.leaks.excluded import kept_store
from psl.params import Params
from psl.saved_models import load
from psl.schemas import nested
from psl.vocabulary import Vocabulary
from psl.windows import to_units
from tasks import stage
from tasks.shard_runs import shard_runner


def work(params: Params, key: str) -> None:
    """Write data/labels/KEY.parquet."""
    how, window = params.annotate, stage.pick(params.windows, "windows", key)
    store = kept_store(stage.FEATURES / stage.CORPUS, nested(how.subset), stage.EXCLUDED)
    folder = _annotator_folder()
    annotator = load(folder, MODELS, how.device)
    corpus_vocabulary = Vocabulary.read(stage.METADATA / stage.CORPUS / "classes.csv")
    corpus_vocabulary.require_same(annotator.vocabulary, f"the corpus {stage.CORPUS}", f"the annotator {annotator.name}")
    windowing = Windowing(to_units(window.seconds, 1000), to_units(window.hop, 1000), how.tail)
    path, cache = (
        stage.LABELS / f"{key}.parquet",
        stage.SHARDS / "annotate" / key / hash_code("models", "psl.annotation", "psl.annotation_shards", "psl.saved_models", "psl.windows"),
    )
    about = {
        "kind": "annotator",
        "annotator": annotator.name,
        "weights_hash": annotator.weights_hash,
        "front_end_hash": annotator.front_end_hash,
        "window": window.model_dump(),
        "parameters": {"subset": how.subset, "tail": how.tail},
    }
    device: Device = "cuda" if pick_device(how.device).type == "cuda" else "cpu"  # workers compute where this process would
    with (
        LabelWriter(path, annotator.vocabulary, how.floor, about) as writer,
        shard_runner(params, f"annotate@{key}", own_threads=True, one_device=device == "cuda") as runner,
    ):
        annotate(store, windowing, annotator, how.batch_windows, writer, cache, runner, Reopen(folder, "models", device))
    check_windows(read_labels(path), store, windowing)
    shutil.rmtree(cache.parent)


def _annotator_folder() -> Path:
    folders = sorted((stage.TRAINED / "annotator").glob("seed*"))
    if len(folders) != 1:
        raise PslError(f"{stage.TRAINED / 'annotator'} holds {len(folders)} annotators and not one: run `dvc repro train_annotator`")
    return folders[0]


if __name__ == "__main__":
    stage.run_key("annotate", "window", work)
