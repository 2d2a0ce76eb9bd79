"""The stage train_annotator: the machine annotator, trained on weak labels, or imported from a published checkpoint."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from psl.annotators.inference.network.build import build_network
from psl.config import ANNOTATOR, Params
from psl.config.cross_fitting import part_folder
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.targets import weak_soft_labels
from psl.io.metadata.manifest import clips_of, read_manifest, require_subset, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.progress import log
from psl.training.engine.data import crop_ms, make_training_data
from tasks import stage
from tasks.cross_fitting import part_of_clips
from tasks.seeds import train_by_params

FOLDER = stage.TRAINED / "annotator"


class Network(NamedTuple):
    """A network to train: its seed, and the part of the clips that it leaves out; None: it learns all."""

    seed: int
    part: int | None

    def __str__(self) -> str:
        return str(self.seed) if self.part is None else f"{self.seed} without part {self.part}"


def work(params: Params) -> None:
    """Write data/models/annotator/seed<S>/, or an empty folder where no annotator is trained.

    Where it is cross-fitted, the networks that left out part P are in data/models/annotator/part<P>/seed<S>/.
    """
    annotator = params.train_annotator
    if not annotator.enabled:
        FOLDER.mkdir(parents=True, exist_ok=True)
        log("train_annotator.enabled is false: no annotator is trained")
    elif annotator.checkpoint is None:
        parts = [None, *range(1, (annotator.cross_fit_parts or 0) + 1)]
        networks = [Network(seed, part) for part in parts for seed in annotator.seeds]
        train_by_params(params, "train_annotator", [], [partial(_train, params)], training=annotator, seeds=networks)
    else:
        _import(params, Path(annotator.checkpoint))


def _import(params: Params, checkpoint: Path) -> None:
    from psl.annotators.published import import_published  # torch: see tasks/stage.py

    annotator = params.train_annotator
    vocabulary, _, store = _corpus(params)
    import_published(
        FOLDER / f"seed{annotator.seeds[0]}",
        checkpoint,
        annotator.architecture,
        store,
        vocabulary=vocabulary,
        build=build_network,
    )


def _train(params: Params, which: Network) -> Path | None:
    from psl.training.engine.run import fresh_network, state_of_inputs, train_network  # torch: see tasks/stage.py

    annotator, part = params.train_annotator, which.part
    vocabulary, manifest, store = _corpus(params)
    labels = _weak_labels(vocabulary, manifest, store)
    left_out = _left_out(params, part, labels)
    data = make_training_data(
        store, labels, manifest, annotator, alpha=None, crop_ms=crop_ms(annotator), left_out=left_out
    )
    metadata, features = stage.METADATA / params.corpus, stage.FEATURES / params.corpus
    files = [metadata / "manifest.parquet", features, stage.EXCLUDED, stage.NETWORKS / f"{ANNOTATOR}.json"]
    about = {} if part is None else {"left_out_part": part, "cross_fit_parts": annotator.cross_fit_parts}
    return train_network(
        FOLDER if part is None else Path(part_folder(part)),
        store,
        data,
        annotator,
        seed=which.seed,
        network=replace(fresh_network(data, annotator, build_network), about=about),
        relative_rates={},
        inputs=state_of_inputs("tasks.train_annotator", *files),
        checkpoints=stage.SHARDS / "training",
    )


def _left_out(params: Params, part: int | None, weak: SoftLabels) -> frozenset[str]:
    """The clips of the part; a line names the classes that they alone have, which its network then never hears."""
    if part is None:
        return frozenset()
    part_of = part_of_clips(params)
    classes: dict[bool, set[int]] = {True: set(), False: set()}  # of the clips that are left out, and of the others
    for clip_id, begin, end in zip(weak.clip_ids, weak.offsets, weak.offsets[1:], strict=False):
        if clip_id in part_of:
            classes[part_of[clip_id] == part].update(weak.class_K[begin:end].tolist())
    if unheard := sorted(classes[True] - classes[False]):
        names = ", ".join(weak.vocabulary.names[number] for number in unheard)
        log(
            f"the network without part {part} never hears {names}, and labels the clips that have it: choose more parts"
        )
    return frozenset(clip_id for clip_id, number in part_of.items() if number == part)


def _corpus(params: Params) -> tuple[Vocabulary, pa.Table, FeatureStore]:
    """Classes, manifest, and the features of the subset that trains."""
    metadata, subset = stage.METADATA / params.corpus, params.train_annotator.subset
    subsets = Subsets.read(metadata)
    subsets.require_training(subset, "train_annotator.subset")
    manifest = read_manifest(metadata)
    require_subset(manifest, subsets, subset, "train_annotator.subset")
    store = kept_store(stage.FEATURES / params.corpus, subsets.parts_of(subset), stage.EXCLUDED)
    return Vocabulary.read(metadata / "classes.csv"), manifest, store


def _weak_labels(vocabulary: Vocabulary, manifest: pa.Table, store: FeatureStore) -> SoftLabels:
    clip_ids = tuple(sorted(store.clip_ids))
    duration_ms_N = store.duration_ms_N[np.argsort(store.clip_ids)]
    weak_NC = weak_targets(clips_of(manifest, clip_ids), vocabulary)
    return weak_soft_labels(vocabulary, clip_ids, duration_ms_N, weak_NC)


if __name__ == "__main__":
    stage.run("train_annotator", work)
