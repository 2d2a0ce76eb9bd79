"""The stage evaluate: one model, all its seeds, on the eval list: numbers for `dvc metrics`, and a table of classes."""

from models import MODELS
from psl.evaluation import CLASS_COLUMNS, evaluate, rows_of
from psl.features.store import FeatureStore
from psl.files import write_json
from psl.front_end import require_same_front_end
from psl.leaks.excluded import kept_store
from psl.manifest import read_manifest, subset_rows, weak_targets
from psl.params import Params
from psl.progress import say
from psl.saved_models import SavedModel, load, seed_folders
from psl.tables import write_dicts
from psl.tagging import clip_scores
from psl.vocabulary import Vocabulary
from tasks.stage import CORPUS, EXCLUDED, FEATURES, METADATA, REPORTS, TRAINED, pick, run_key

SUBSET = "eval"


def work(params: Params, key: str) -> None:
    """Write reports/evaluate/KEY.json and KEY_classes.csv."""
    pick(dict(params.models), "models", key)
    settings = params.evaluate
    store = kept_store(FEATURES / CORPUS, [SUBSET], EXCLUDED)
    vocabulary = Vocabulary.read(METADATA / CORPUS / "classes.csv")
    asked = subset_rows(read_manifest(METADATA / CORPUS), [SUBSET])
    y_NC = weak_targets(asked, vocabulary)[rows_of(store.clip_ids, asked["clip_id"].to_pylist())]
    models = {seed: load(folder, MODELS, settings.device) for seed, folder in seed_folders(TRAINED / key).items()}
    for model in models.values():
        require_fit(model, vocabulary, store)
    scores = {seed: clip_scores(model, store, settings.batch_clips) for seed, model in models.items()}
    found = evaluate(y_NC, scores, vocabulary, draws=settings.draws, confidence=settings.confidence, seed=settings.seed)
    counts = {
        "n_clips_unread": len(asked) - len(store.clip_ids) - store.n_left_out,
        "n_clips_excluded": store.n_left_out,
        "n_train_clips": n_train_clips(list(models.values())),
    }
    if counts["n_clips_unread"]:
        say(f"{key}: {counts['n_clips_unread']} of {len(asked)} clips to evaluate on have no features (see clips.parquet beside them)")
    write_json(REPORTS / "evaluate" / f"{key}.json", found.summary | counts)
    write_dicts(REPORTS / "evaluate" / f"{key}_classes.csv", CLASS_COLUMNS, found.classes)
    say(f"{key}: mAP {found.summary['mAP']:.4f} ({found.summary['mAP_low']:.4f} to {found.summary['mAP_high']:.4f}), {len(y_NC)} clips")


def require_fit(model: SavedModel, vocabulary: Vocabulary, store: FeatureStore) -> None:
    """Raise PslError unless the model knows the corpus's classes and was trained on this front end."""
    vocabulary.require_same(model.vocabulary, f"the corpus {CORPUS}", model.name)
    require_same_front_end(model.name, model.front_end_hash, store.front_end_hash)


def n_train_clips(models: list[SavedModel]) -> int | None:
    """Clips that the model was trained on, those of validation apart; None for one whose maker did not say."""
    return models[0].about["trained_on"].get("n_training_clips")


if __name__ == "__main__":
    run_key("evaluate", "model", work)
