"""The stage detect_annotator: who labels the windows scores the clips whose events are known."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from psl.config import ANNOTATOR, Detect, Params
from psl.evaluation.detection.class_map import map_classes
from psl.evaluation.detection.metrics.ground_truth import FrameScores
from psl.evaluation.detection.score_file import ScoreFile
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from tasks.detect import detection_clips, model_scores, score_file, windowing_of, write_detections
from tasks.stage import ANNOTATORS, METADATA, run

if TYPE_CHECKING:
    from psl.annotators.members import Members
    from psl.evaluation.detection.scoring import NumberedScores


def work(params: Params) -> None:
    """Write what detect@KEY writes, for the annotator."""
    store = detection_clips(params.detect)
    write_detections(ANNOTATOR, params.detect, annotator_files(params, store))


def annotator_files(params: Params, store: FeatureStore) -> Iterator[tuple[int, ScoreFile]]:
    """The scores of all clips by the annotator, or by an ensemble, in the classes that it has."""
    from psl.annotators.open_members import open_members  # torch: see tasks/stage.py

    settings = params.detect
    members = open_members(params.annotate.annotator, params.annotator_ensembles, ANNOTATORS, settings.device)
    about = {
        "model": ANNOTATOR,
        "n_parameters": members.n_parameters,
        "n_bytes": members.n_bytes,
        "n_networks": len(members.members),
        "weights_hash": members.weights_hash,
    }
    kept = [number for number in range(len(members.vocabulary)) if number not in members.unmatched]
    mapped = map_classes(METADATA / settings.corpus, members.vocabulary.only(kept), members.name)
    found = (
        (number, FrameScores(clip.edges_s, clip.score_TC[:, kept]))
        for number, clip in annotator_scores(members, store, settings)
    )
    yield members.seed, score_file(mapped, store, found, about, corpus=settings.corpus)


def annotator_scores(members: "Members", store: FeatureStore, settings: Detect) -> "NumberedScores":
    """Scores over time of the annotator. Raises PslError for steps of one that has none."""
    from psl.annotators.inference.clips.choose import clips_for
    from psl.annotators.inference.network.saved_model import SavedModel  # torch: see tasks/stage.py
    from psl.evaluation.detection.scoring import mean_scores, window_scores

    annotators = [member.annotator for member in members.members]
    if len(annotators) == 1 and isinstance(annotators[0], SavedModel):
        return model_scores(annotators[0], store, settings)
    if settings.scores == "steps":
        raise PslError(f"detect.scores is steps, and the annotator {members.name} has none: set it to windows")
    metadata, windowing = METADATA / settings.corpus, windowing_of(settings)
    scores = [
        window_scores(annotator, clips_for(annotator, store, metadata), windowing, settings.inference_batch_size)
        for annotator in annotators
    ]
    return mean_scores(scores, members.mean)


if __name__ == "__main__":
    run("detect_annotator", work)
