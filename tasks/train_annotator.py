"""The stage train_annotator: the machine annotator, trained on weak labels, or imported from a published checkpoint."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from psl.annotators.inference.network.build import build_network
from psl.config import Params, TrainAnnotator
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.labels.targets import weak_soft_labels
from psl.io.metadata.manifest import read_manifest, require_subset, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.training.engine.data import clips_of, make_training_data
from tasks import stage
from tasks.distributed import distributed


def work(params: Params) -> None:
    """Write data/models/annotator/seed<S>/."""
    distributed("train_annotator", [], params.train_annotator, lambda: _make(params))


def _make(params: Params) -> None:
    from psl.annotators.published import import_published  # torch: see tasks/stage.py
    from psl.training.engine.run import state_of_inputs

    annotator = params.train_annotator
    metadata, features = stage.METADATA / params.corpus, stage.FEATURES / params.corpus
    subsets = Subsets.read(metadata)
    subsets.require_training(annotator.subset, "train_annotator.subset")
    manifest = read_manifest(metadata)
    require_subset(manifest, subsets, annotator.subset, "train_annotator.subset")
    store = kept_store(features, subsets.parts_of(annotator.subset), stage.EXCLUDED)
    vocabulary = Vocabulary.read(metadata / "classes.csv")
    folder = stage.TRAINED / "annotator"
    if annotator.checkpoint is None:
        _train(
            folder,
            annotator,
            store,
            vocabulary,
            manifest=manifest,
            inputs=state_of_inputs("tasks.train_annotator", metadata / "manifest.parquet", features, stage.EXCLUDED),
        )
    else:
        import_published(
            folder / f"seed{annotator.seed}",
            Path(annotator.checkpoint),
            annotator.architecture,
            store,
            vocabulary=vocabulary,
            build=build_network,
        )


def _train(
    folder: Path,
    annotator: TrainAnnotator,
    store: FeatureStore,
    vocabulary: Vocabulary,
    *,
    manifest: pa.Table,
    inputs: str,
) -> None:
    from psl.training.engine.run import train_to_folders  # torch: see tasks/stage.py

    clip_ids = tuple(sorted(store.clip_ids))
    duration_ms_N = store.duration_ms_N[np.argsort(store.clip_ids)]
    labels = weak_soft_labels(
        vocabulary, clip_ids, duration_ms_N, weak_targets(clips_of(manifest, clip_ids), vocabulary)
    )
    training_data = make_training_data(store, labels, manifest, annotator, alpha=None)
    train_to_folders(
        folder,
        store,
        training_data,
        annotator,
        seeds=[annotator.seed],
        build=build_network,
        inputs=inputs,
        checkpoints=stage.SHARDS / "training",
    )


if __name__ == "__main__":
    stage.run("train_annotator", work)
