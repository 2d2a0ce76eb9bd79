"""The stage detect@KEY: one student scores the clips whose events are known."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.scorer import Windowing
from psl.config import Detect, Params
from psl.evaluation.detection.class_map import ClassMap, map_classes
from psl.evaluation.detection.evaluate import evaluate_detector, write_detection
from psl.evaluation.detection.metrics.ground_truth import FrameScores
from psl.evaluation.detection.score_file import ScoreFile, read_score_files, write_score_file
from psl.io.features.excluded import kept_store, read_excluded
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.io.files import atomic_folder, write_json
from psl.io.metadata.subsets import Subsets
from tasks.stage import BOOTSTRAP, DETECTED, EXCLUDED, FEATURES, METADATA, REPORTS, TRAINED, run_key

if TYPE_CHECKING:
    from psl.annotators.inference.network.saved_model import SavedModel
    from psl.evaluation.detection.scoring import NumberedScores


def work(params: Params, key: str) -> None:
    """Write data/detect/KEY/seed<S>.parquet, data/bootstrap/detect/KEY.json, reports/detect/KEY.json and a CSV."""
    store = detection_clips(params.detect)
    write_detections(key, params.detect, model_files(key, store, params.detect))


def detection_clips(settings: Detect) -> FeatureStore:
    """The features of the clips whose events are known."""
    subsets = Subsets.read(METADATA / settings.corpus)
    subsets.require_evaluating(settings.subset, "detect.subset")
    return kept_store(FEATURES / settings.corpus, subsets.parts_of(settings.subset), EXCLUDED)


def write_detections(key: str, settings: Detect, files: Iterable[tuple[int, ScoreFile]]) -> None:
    """Write the scores of each seed of a model, and the reports."""
    with atomic_folder(DETECTED / key) as folder:
        for seed, file in files:
            write_score_file(folder / f"seed{seed}.parquet", file)
    found = evaluate_detector(key, read_score_files(DETECTED / key), METADATA / settings.corpus, settings)
    write_detection(REPORTS / "detect", key, found)
    write_json(BOOTSTRAP / "detect" / f"{key}.json", found.samples)


def model_files(key: str, store: FeatureStore, settings: Detect) -> Iterator[tuple[int, ScoreFile]]:
    """The scores of all clips by each seed of a student. Raises PslError for other front ends or classes."""
    from psl.annotators.inference.network.saved_model import WEIGHTS, load, seed_folders  # torch: see tasks/stage.py

    for seed, trained in seed_folders(TRAINED / key).items():
        model = load(trained, build_network, settings.device)
        require_same_front_end(model.name, model.input.front_end_hash, store.front_end_hash)
        about = {
            "model": key,
            "n_parameters": model.n_parameters,
            "n_bytes": (trained / WEIGHTS).stat().st_size,
            "n_networks": 1,
            "weights_hash": model.weights_hash,
        }
        mapped = map_classes(METADATA / settings.corpus, model.vocabulary, model.name)
        yield seed, score_file(mapped, store, model_scores(model, store, settings), about, corpus=settings.corpus)


def score_file(
    mapped: ClassMap, store: FeatureStore, found: "NumberedScores", about: dict[str, Any], *, corpus: str
) -> ScoreFile:
    """Scores of all clips, in the classes of the corpus."""
    scores = {store.clip_ids[number]: FrameScores(clip.edges_s, mapped(clip.score_TC)) for number, clip in found}
    more = {
        "classes_unknown": list(mapped.unknown),
        "clips_excluded": sorted(read_excluded(EXCLUDED, corpus)),
    }
    return ScoreFile(scores, mapped.classes, about | more)


def model_scores(model: "SavedModel", store: FeatureStore, settings: Detect) -> "NumberedScores":
    """Scores over time of one of psl's own networks."""
    from psl.evaluation.detection.scoring import step_scores, window_scores  # torch: see tasks/stage.py

    if settings.scores == "steps":
        return step_scores(model, store, settings.inference_batch_size)
    return window_scores(model, FeatureClips(store), windowing_of(settings), settings.inference_batch_size)


def windowing_of(settings: Detect) -> Windowing:
    """The sliding windows that are scored."""
    assert settings.window_seconds is not None and settings.hop_seconds is not None  # psl.config.Detect has both
    return Windowing.of_seconds(settings.window_seconds, settings.hop_seconds)


if __name__ == "__main__":
    run_key("detect", "model", work)
