"""The stage transfer@SET_MODEL: a trained model's weights are fine-tuned on another set and scored on its test clips.

The protocol is one for all models and sets, and its budget too: a new head for the set's classes; all weights are trained, or the
head alone on the frozen body (with its batch-norm statistics); binary cross entropy of the mean over time steps, as in the model's
own training, also for the single labels of FSDKaggle2018: the networks average sigmoids, and mAP@3 asks for the order of the
classes only, so softmax would need another kind of head and gain nothing that the metric sees. Clips of any length train by one
random crop in an epoch and are scored by the mean over windows of the same length; those that are shorter are repeated. The
epoch with the lowest loss on validation clips is kept; the test clips choose nothing.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models import MODELS
from psl.annotation_shards import Windowing
from psl.features.store import FeatureStore
from psl.files import hash_code, hash_json, write_json
from psl.leaks.excluded import kept_store, read_excluded
from psl.manifest import read_manifest, subset_rows, weak_targets
from psl.model_names import display_name
from psl.params import Params, Transfer, TransferOf
from psl.progress import say
from psl.saved_models import load, seed_folders
from psl.training.material import clips_of
from psl.training.run import state_of_inputs, train_networks
from psl.transfer.crops import transfer_material
from psl.transfer.measures import summary
from psl.transfer.network import network_from
from psl.transfer.scores import SCORES, Scored, read_scores, usage_of, write_scores
from psl.transfer.scoring import windowed_scores
from psl.vocabulary import Vocabulary
from psl.windows import to_units
from tasks import stage


def work(params: Params, key: str) -> None:
    """Write data/transfer/KEY (a model a seed, and scores.parquet) and reports/transfer/KEY.json."""
    of, how, folder = stage.pick(params.transfers, "transfers", key), params.transfer, stage.TRANSFERRED / key
    manifest = read_manifest(stage.METADATA / of.corpus)
    excluded = pa.array(sorted(read_excluded(stage.EXCLUDED, of.corpus)), pa.string())
    asked = subset_rows(manifest, [of.test])
    leaked = pc.is_in(asked["clip_id"], excluded)
    asked = asked.filter(pc.invert(leaked))
    tested = kept_store(stage.FEATURES / of.corpus, [of.test], stage.EXCLUDED)
    rows = clips_of(asked, tuple(sorted(tested.clip_ids)))
    usage_N = usage_of(stage.METADATA / of.corpus, rows["clip_id"].to_pylist())
    require_metric(of, rows, usage_N)
    fine_tune(folder, of, how, manifest)
    trained_on = score(folder, of, how, tested, rows, usage_N)
    scored = read_scores(folder / SCORES)
    about = {
        "model": display_name(params.models[of.model]),
        "n_clips_unread": len(asked) - len(scored.clip_ids),
        "n_clips_excluded": pc.sum(leaked).as_py(),
        "n_training_clips": trained_on[0]["n_training_clips"],
        "n_validation_clips": trained_on[0]["n_validation_clips"],
        "best_epochs": [one["best_epoch"] for one in trained_on],
    }
    found = summary(of.metric, scored) | about
    write_json(stage.REPORTS / "transfer" / f"{key}.json", found)
    say(f"{key}: {of.metric} {found[of.metric]:.4f}, {found['n_clips']} test clips")


def require_metric(of: TransferOf, rows: pa.Table, usage_N: list[str | None]) -> None:
    """Raise PslError, before anything is trained, for test clips whose labels do not fit the metric."""
    vocabulary = Vocabulary.read(stage.METADATA / of.corpus / "classes.csv")
    y_NC = weak_targets(rows, vocabulary)
    nothing_heard = {0: np.zeros(y_NC.shape, np.float32)}
    summary(of.metric, Scored(vocabulary, tuple(rows["clip_id"].to_pylist()), y_NC, tuple(usage_N), nothing_heard))


def fine_tune(folder: Path, of: TransferOf, how: Transfer, manifest: pa.Table) -> None:
    """Write `folder`/seed<S> for each seed; the trained model's own seeds are started from in turn."""
    metadata, features, trained = stage.METADATA / of.corpus, stage.FEATURES / of.corpus, stage.TRAINED / of.model
    store = kept_store(features, [of.train] if of.validation is None else [of.train, of.validation], stage.EXCLUDED)
    material = transfer_material(store, manifest, Vocabulary.read(metadata / "classes.csv"), of, how)
    start, classes = list(seed_folders(trained).values()), len(material.labels.vocabulary)
    networks = {
        seed: network_from(start[number % len(start)], classes, store.front_end_hash, MODELS) for number, seed in enumerate(how.seeds)
    }
    inputs = hash_json([state_of_inputs(metadata / "manifest.parquet", features, trained, stage.EXCLUDED), hash_code("psl.transfer")])
    train_networks(folder, store, material, how, networks, inputs, stage.SHARDS / "training")


def score(
    folder: Path, of: TransferOf, how: Transfer, store: FeatureStore, rows: pa.Table, usage_N: list[str | None]
) -> list[dict[str, int]]:
    """Write `folder`/scores.parquet of the clips of `store`, `rows` of the manifest by id; what each seed's model was trained on."""
    order = np.argsort(store.clip_ids)
    windowing = Windowing(to_units(how.crop_seconds, 1000), to_units(how.hop_seconds, 1000), "shift")
    models = {seed: load(path, MODELS, how.device) for seed, path in seed_folders(folder).items()}
    scores = {seed: windowed_scores(model, store, windowing, how.score_windows)[order] for seed, model in models.items()}
    write_scores(folder / SCORES, rows, usage_N, scores, next(iter(models.values())).vocabulary)
    return [model.about["trained_on"] for model in models.values()]


if __name__ == "__main__":
    stage.run_key("transfer", "transfer", work)
