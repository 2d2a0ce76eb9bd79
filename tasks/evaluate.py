"""The stages evaluate@KEY and evaluate_annotator: one model, all its seeds, on the evaluation clips of its corpus."""

from typing import TYPE_CHECKING

from psl.annotators.inference.clip_scores import clip_scores
from psl.annotators.inference.network.build import build_network
from psl.config import Params
from psl.evaluation.tagging.summary import class_columns, evaluate, rows_of
from psl.io.csv_tables import write_dicts
from psl.io.features.excluded import kept_store
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.io.files import write_json
from psl.io.metadata.manifest import read_manifest, subset_rows, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.progress import log
from tasks.stage import EXCLUDED, FEATURES, METADATA, REPORTS, TRAINED, run_key

if TYPE_CHECKING:
    from psl.annotators.inference.network.saved_model import SavedModel


def work(params: Params, key: str) -> None:
    """Write reports/evaluate/KEY.json and KEY_classes.csv."""
    from psl.annotators.inference.network.saved_model import load, seed_folders  # torch: see tasks/stage.py

    settings, metadata = params.evaluate, METADATA / params.corpus
    subsets = Subsets.read(metadata).evaluating()
    store = kept_store(FEATURES / params.corpus, subsets, EXCLUDED)
    vocabulary = Vocabulary.read(metadata / "classes.csv")
    requested = subset_rows(read_manifest(metadata), subsets)
    y_NC = weak_targets(requested, vocabulary)[rows_of(store.clip_ids, requested["clip_id"].to_pylist())]
    models = {
        seed: load(folder, build_network, settings.device) for seed, folder in seed_folders(TRAINED / key).items()
    }
    for model in models.values():
        require_fit(model, vocabulary, store, params.corpus)
    scores = {seed: clip_scores(model, store, settings.inference_batch_size) for seed, model in models.items()}
    found = evaluate(
        y_NC,
        scores,
        vocabulary,
        bootstrap_samples=settings.bootstrap_samples,
        confidence=settings.confidence,
        seed=settings.seed,
    )
    counts = {
        "n_clips_unread": len(requested) - len(store.clip_ids) - store.n_excluded,
        "n_clips_excluded": store.n_excluded,
        "n_train_clips": n_train_clips(list(models.values())),
    }
    if counts["n_clips_unread"]:
        log(
            f"{key}: {counts['n_clips_unread']} of {len(requested)} clips to evaluate on have no features "
            "(see clips.parquet beside them)"
        )
    write_json(REPORTS / "evaluate" / f"{key}.json", found.summary | counts)
    write_dicts(REPORTS / "evaluate" / f"{key}_classes.csv", class_columns(), found.classes)
    log(
        f"{key}: mAP {found.summary['mAP']:.4f} "
        f"({found.summary['mAP_low']:.4f} to {found.summary['mAP_high']:.4f}), {len(y_NC)} clips"
    )


def require_fit(model: "SavedModel", vocabulary: Vocabulary, store: FeatureStore, corpus: str) -> None:
    """Raise PslError unless the model knows the corpus's classes and was trained on this front end."""
    vocabulary.require_same(model.vocabulary, f"the corpus {corpus}", model.name)
    require_same_front_end(model.name, model.front_end_hash, store.front_end_hash)


def n_train_clips(models: "list[SavedModel]") -> int | None:
    """Clips that the model was trained on, those of validation apart; None for one whose maker did not say."""
    return models[0].about["trained_on"].get("n_training_clips")


if __name__ == "__main__":
    run_key("evaluate", "model", work)
