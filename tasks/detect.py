"""The stage detect@KEY: one model, all its seeds, scores the clips whose truth in time is known; its scores are kept for ensembles."""

from pathlib import Path

from models import MODELS
from psl.detection.classes import map_classes
from psl.detection.judge import judge
from psl.detection.score_files import ScoreFile, read_seeds, write_scores
from psl.detection.scoring import Scored, step_scores, window_scores
from psl.detection.write import write_detection
from psl.features.store import FeatureStore
from psl.files import write_whole_folder
from psl.front_end import require_same_front_end
from psl.leaks.excluded import kept_store, read_excluded
from psl.metrics.detection import ClipScores
from psl.params import Detect, Params
from psl.saved_models import WEIGHTS, SavedModel, load, seed_folders
from psl.schemas import nested
from psl.windows import to_units
from tasks.stage import DETECTED, EXCLUDED, FEATURES, METADATA, REPORTS, TRAINED, pick, run_key


def work(params: Params, key: str) -> None:
    """Write data/detect/KEY/seed<S>.parquet, reports/detect/KEY.json and KEY_classes.csv."""
    pick(dict(params.detectors), "detectors", key)
    settings = params.detect
    store = kept_store(FEATURES / settings.corpus, nested(settings.subset), EXCLUDED)
    with write_whole_folder(DETECTED / key) as folder:
        for seed, trained in seed_folders(TRAINED / key).items():
            write_scores(folder / f"seed{seed}.parquet", score(key, trained, store, METADATA / settings.corpus, settings))
    write_detection(REPORTS / "detect", key, judge(key, read_seeds(DETECTED / key), METADATA / settings.corpus, settings))


def score(key: str, trained: Path, store: FeatureStore, metadata: Path, settings: Detect) -> ScoreFile:
    """Scores of all clips of the store by the model in `trained`. Raises PslError for one of another front end or of other classes."""
    model = load(trained, MODELS, settings.device)
    require_same_front_end(model.name, model.front_end_hash, store.front_end_hash)
    mapped = map_classes(metadata, model.vocabulary, model.name)
    found = _scored(model, store, settings)
    scores = {store.clip_ids[number]: ClipScores(clip.edges_s, mapped(clip.score_TC)) for number, clip in found}
    about = {
        "model": key,
        "n_parameters": model.about["n_parameters"],
        "n_bytes": (trained / WEIGHTS).stat().st_size,
        "n_networks": 1,
        "classes_unknown": list(mapped.unknown),
        "clips_excluded": sorted(read_excluded(EXCLUDED, settings.corpus)),
        "weights_hash": model.weights_hash,
    }
    return ScoreFile(scores, mapped.classes, about)


def _scored(model: SavedModel, store: FeatureStore, settings: Detect) -> Scored:
    if settings.scores == "steps":
        return step_scores(model, store, settings.batch)
    assert settings.window_seconds is not None and settings.hop_seconds is not None  # params.Detect has both
    return window_scores(model, store, to_units(settings.window_seconds, 1000), to_units(settings.hop_seconds, 1000), settings.batch)


if __name__ == "__main__":
    run_key("detect", "detector", work)
