"""The stage transfer@SET_MODEL: a trained model's weights are fine-tuned on another set and scored on its test clips.

One protocol and budget for all models and sets: a new head for the set's classes; all weights are trained, or the head
alone on the frozen body (with its batch-norm statistics); binary cross entropy of the mean over time steps, as in the
model's own training. That holds for the single labels of FSDKaggle2018, too: the networks average sigmoids, and mAP@3
depends on the order of the classes only, so softmax would need another kind of head and gain nothing that the metric
sees. Clips of any length train by one random crop in an epoch and are scored by the mean over windows of the same
length; shorter ones are repeated. The weights with the lowest loss on validation clips are kept; the test clips choose
nothing.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.scorer import Windowing
from psl.config import Params, Transfer, TransferTask
from psl.evaluation.transfer.evaluate import transfer_summary
from psl.evaluation.transfer.metric import clip_metric
from psl.evaluation.transfer.score_table import SCORES, TransferScores, read_score_table, usage_of, write_score_table
from psl.evaluation.transfer.scoring import windowed_scores
from psl.io.features.excluded import kept_store, read_excluded
from psl.io.features.store import FeatureStore
from psl.io.files import write_json
from psl.io.hashes import hash_file
from psl.io.metadata.manifest import (
    clips_of,
    read_manifest,
    require_all_looked_for,
    subset_rows,
    weak_targets,
)
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.code_hash import code_hash
from psl.runtime.progress import log
from psl.training.fine_tuning.data import fine_tuning_data
from tasks import stage
from tasks.seeds import train_seeds


def work(params: Params, key: str) -> None:
    """Write data/transfer/KEY (a model a seed, and scores.parquet) and reports/transfer/KEY.json."""
    of, how, folder = stage.pick(params.transfers, "transfers", key), params.transfer, stage.TRANSFERRED / key
    require_roles(key, of)
    manifest = read_manifest(stage.METADATA / of.corpus)
    require_all_looked_for(manifest, f"transfers.{key}")
    excluded = pa.array(sorted(read_excluded(stage.EXCLUDED, of.corpus)), pa.string())
    parts = Subsets.read(stage.METADATA / of.corpus).parts_of(of.test)
    requested = subset_rows(manifest, parts)
    leaked = pc.is_in(requested["clip_id"], excluded)
    requested = requested.filter(pc.invert(leaked))
    tested = kept_store(stage.FEATURES / of.corpus, parts, stage.EXCLUDED)
    rows = clips_of(requested, tuple(sorted(tested.clip_ids)))
    usage_N = usage_of(stage.METADATA / of.corpus, rows["clip_id"].to_pylist())
    require_metric(of, rows, usage_N)
    train_seeds(params, partial(fine_tune, params, key), how.seeds, how.device)
    trained_on = score(folder, how, tested, rows=rows, usage_N=usage_N)
    scored = read_score_table(folder / SCORES)
    about = {
        "scores_hash": hash_file(folder / SCORES),
        "metric_hash": code_hash(f"psl.evaluation.tagging.metrics.{of.metric}"),
        "n_clips_unread": len(requested) - len(scored.clip_ids),
        "n_clips_excluded": pc.sum(leaked).as_py(),
        "n_training_clips": trained_on[0]["n_training_clips"],
        "n_validation_clips": trained_on[0]["n_validation_clips"],
        "best_steps": [facts["best_step"] for facts in trained_on],
    }
    summary = transfer_summary(of.metric, scored) | about
    write_json(stage.REPORTS / "transfer" / f"{key}.json", summary)
    name = clip_metric(of.metric).name
    log(f"{key}: {name} {summary[name]:.4f}, {summary['n_clips']} test clips")


def require_roles(key: str, of: TransferTask) -> None:
    """Raise PslError unless the subsets train and evaluate in their corpus as the transfer uses them."""
    subsets = Subsets.read(stage.METADATA / of.corpus)
    subsets.require_training(of.train, f"transfers.{key}.train")
    if of.validation is not None:
        subsets.require_training(of.validation, f"transfers.{key}.validation")
    subsets.require_evaluating(of.test, f"transfers.{key}.test")


def require_metric(of: TransferTask, rows: pa.Table, usage_N: list[str | None]) -> None:
    """Raise PslError, before anything is trained, for test clips whose labels do not fit the metric."""
    vocabulary = Vocabulary.read(stage.METADATA / of.corpus / "classes.csv")
    y_NC = weak_targets(rows, vocabulary)
    zeros = {0: np.zeros(y_NC.shape, np.float32)}
    clip_ids = tuple(rows["clip_id"].to_pylist())
    transfer_summary(of.metric, TransferScores(vocabulary, clip_ids, y_NC, tuple(usage_N), zeros))


def fine_tune(params: Params, key: str, seed: int) -> Path | None:
    """Write data/transfer/KEY/seed<S>, from the trained model's own seeds in turn; returns its checkpoint."""
    from psl.annotators.inference.network.saved_model import seed_folders  # torch: see tasks/stage.py
    from psl.training.engine.run import state_of_inputs, train_network
    from psl.training.fine_tuning.network import network_from
    from psl.training.fine_tuning.rates import fine_tuning_rates

    of, how = params.transfers[key], params.transfer
    metadata, features, trained = stage.METADATA / of.corpus, stage.FEATURES / of.corpus, stage.TRAINED / of.model
    subsets, vocabulary = Subsets.read(metadata), Vocabulary.read(metadata / "classes.csv")
    validation = () if of.validation is None else subsets.parts_of(of.validation)
    store = kept_store(features, list(dict.fromkeys([*subsets.parts_of(of.train), *validation])), stage.EXCLUDED)
    data = fine_tuning_data(store, read_manifest(metadata), vocabulary, of, params=how, validation=validation)
    start, classes = list(seed_folders(trained).values()), len(data.labels.vocabulary)
    started_from = start[how.seeds.index(seed) % len(start)]
    network = stage.NETWORKS / f"{of.model}.json"
    files = [metadata / "manifest.parquet", features, trained, stage.EXCLUDED, network]
    return train_network(
        stage.TRANSFERRED / key,
        store,
        data,
        how,
        seed=seed,
        network=network_from(started_from, classes, store.front_end_hash, build_network),
        relative_rates=fine_tuning_rates(how),
        inputs=state_of_inputs("tasks.transfer", *files),
        checkpoints=stage.SHARDS / "training",
    )


def score(
    folder: Path, how: Transfer, store: FeatureStore, *, rows: pa.Table, usage_N: list[str | None]
) -> list[dict[str, int]]:
    """Write `folder`/scores.parquet of the clips of `store`; returns what each seed's model was trained on."""
    from psl.annotators.inference.network.saved_model import load, seed_folders  # torch: see tasks/stage.py

    order = np.argsort(store.clip_ids)
    windowing = Windowing.of_seconds(how.crop_seconds, how.hop_seconds)
    models = {seed: load(path, build_network, how.device) for seed, path in seed_folders(folder).items()}
    scores = {
        seed: windowed_scores(model, store, windowing, how.inference_batch_size)[order]
        for seed, model in models.items()
    }
    write_score_table(folder / SCORES, rows, usage_N, scores, vocabulary=next(iter(models.values())).vocabulary)
    return [model.about["trained_on"] for model in models.values()]


if __name__ == "__main__":
    stage.run_key("transfer", "transfer", work)
