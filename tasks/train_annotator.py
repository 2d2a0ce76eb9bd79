"""The stage train_annotator: the machine annotator, trained on weak labels, or imported from a published checkpoint."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from models import MODELS
from psl.features.store import FeatureStore
from psl.leaks.excluded import kept_store
from psl.manifest import read_manifest, require_subset, weak_targets
from psl.params import Params, TrainAnnotator
from psl.published import import_published
from psl.schemas import nested
from psl.targets import weak_soft_labels
from psl.training.material import clips_of, make_material
from psl.training.run import state_of_inputs, train_to_folders
from psl.vocabulary import Vocabulary
from tasks import stage
from tasks.together import together


def work(params: Params) -> None:
    """Write data/models/annotator/seed<S>/."""
    together("train_annotator", [], params.train_annotator, lambda: _make(params))


def _make(params: Params) -> None:
    annotator = params.train_annotator
    metadata, features = stage.METADATA / stage.CORPUS, stage.FEATURES / stage.CORPUS
    manifest = read_manifest(metadata)
    require_subset(manifest, annotator.subset, "train_annotator.subset")
    store = kept_store(features, nested(annotator.subset), stage.EXCLUDED)
    vocabulary = Vocabulary.read(metadata / "classes.csv")
    folder = stage.TRAINED / "annotator"
    if annotator.checkpoint is None:
        _train(folder, annotator, store, vocabulary, manifest, state_of_inputs(metadata / "manifest.parquet", features, stage.EXCLUDED))
    else:
        import_published(folder / f"seed{annotator.seed}", Path(annotator.checkpoint), annotator.architecture, store, vocabulary, MODELS)


def _train(folder: Path, annotator: TrainAnnotator, store: FeatureStore, vocabulary: Vocabulary, manifest: pa.Table, inputs: str) -> None:
    clip_ids = tuple(sorted(store.clip_ids))
    duration_ms_N = store.duration_ms_N[np.argsort(store.clip_ids)]
    labels = weak_soft_labels(vocabulary, clip_ids, duration_ms_N, weak_targets(clips_of(manifest, clip_ids), vocabulary))
    material = make_material(store, labels, manifest, annotator, alpha=None)
    train_to_folders(folder, store, material, annotator, [annotator.seed], MODELS, inputs, stage.SHARDS / "training")


if __name__ == "__main__":
    stage.run("train_annotator", work)
