"""The stages detect@KEY and detect_annotator: one model scores the clips whose events are known."""

from pathlib import Path
from typing import TYPE_CHECKING

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.scorer import Windowing
from psl.config import Detect, Params
from psl.evaluation.detection.class_map import map_classes
from psl.evaluation.detection.evaluate import evaluate_detector, write_detection
from psl.evaluation.detection.metrics.ground_truth import FrameScores
from psl.evaluation.detection.score_file import ScoreFile, read_score_files, write_score_file
from psl.io.features.excluded import kept_store, read_excluded
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.io.files import atomic_folder
from psl.io.metadata.subsets import Subsets
from psl.io.windows import to_units
from tasks.stage import DETECTED, EXCLUDED, FEATURES, METADATA, REPORTS, TRAINED, run_key

if TYPE_CHECKING:
    from psl.annotators.inference.network.saved_model import SavedModel
    from psl.evaluation.detection.scoring import NumberedScores


def work(params: Params, key: str) -> None:
    """Write data/detect/KEY/seed<S>.parquet, reports/detect/KEY.json and KEY_classes.csv."""
    from psl.annotators.inference.network.saved_model import seed_folders  # torch: see tasks/stage.py

    settings = params.detect
    metadata = METADATA / settings.corpus
    subsets = Subsets.read(metadata)
    subsets.require_evaluating(settings.subset, "detect.subset")
    store = kept_store(FEATURES / settings.corpus, subsets.parts_of(settings.subset), EXCLUDED)
    with atomic_folder(DETECTED / key) as folder:
        for seed, trained in seed_folders(TRAINED / key).items():
            write_score_file(folder / f"seed{seed}.parquet", score(key, trained, store, settings))
    write_detection(
        REPORTS / "detect",
        key,
        evaluate_detector(key, read_score_files(DETECTED / key), metadata, settings),
    )


def score(key: str, trained: Path, store: FeatureStore, settings: Detect) -> ScoreFile:
    """Scores of all clips by the model in `trained`. Raises PslError for other front ends or classes."""
    from psl.annotators.inference.network.saved_model import WEIGHTS, load  # torch: see tasks/stage.py

    model = load(trained, build_network, settings.device)
    require_same_front_end(model.name, model.front_end_hash, store.front_end_hash)
    mapped = map_classes(METADATA / settings.corpus, model.vocabulary, model.name)
    found = _scored(model, store, settings)
    scores = {store.clip_ids[number]: FrameScores(clip.edges_s, mapped(clip.score_TC)) for number, clip in found}
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


def _scored(model: "SavedModel", store: FeatureStore, settings: Detect) -> "NumberedScores":
    from psl.evaluation.detection.scoring import step_scores, window_scores  # torch: see tasks/stage.py

    if settings.scores == "steps":
        return step_scores(model, store, settings.inference_batch_size)
    assert settings.window_seconds is not None and settings.hop_seconds is not None  # psl.config.Detect has both
    windowing = Windowing(to_units(settings.window_seconds, 1000), to_units(settings.hop_seconds, 1000), "shift")
    return window_scores(model, store, windowing, settings.inference_batch_size)


if __name__ == "__main__":
    run_key("detect", "model", work)
