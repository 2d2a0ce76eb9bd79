"""One detector evaluated against the ground truth of its corpus, from its scores alone."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from psl.config import Detect
from psl.evaluation.detection.corpus_truth import CorpusTruth, has_strong_labels, read_corpus_truth
from psl.evaluation.detection.median_filter import ineffective_lengths, median_lengths
from psl.evaluation.detection.score_file import ScoreFile
from psl.evaluation.detection.summary import DetectionEvaluation, class_columns, evaluate_detection
from psl.io.csv_tables import write_dicts
from psl.io.files import write_json
from psl.runtime.progress import log

SIZES = ("n_parameters", "n_bytes", "n_networks", "classes_unknown")  # of a score file's `about`


def truth_of_scores(files: Mapping[int, ScoreFile], metadata: Path, settings: Detect) -> CorpusTruth:
    """The ground truth of the clips that have scores, for the classes of the scores."""
    first = next(iter(files.values()))
    return read_corpus_truth(
        metadata,
        settings.subset,
        {clip_id: float(clip.edges_s[-1]) for clip_id, clip in first.scores.items()},
        first.classes.mids,
        excluded=frozenset(first.about["clips_excluded"]),
        max_unread_share=settings.max_unread_share,
    )


def evaluate_detector(
    name: str, files: Mapping[int, ScoreFile], metadata: Path, settings: Detect
) -> DetectionEvaluation:
    """The evaluation of the detector `name`; of a corpus without strong labels only that no clip was evaluated."""
    about = next(iter(files.values())).about
    sizes = {field: about[field] for field in SIZES}
    if not has_strong_labels(metadata):
        log(
            f"{name}: {metadata} has no strong.parquet, so no clip is evaluated: choose another detect.corpus to "
            "change that"
        )
        return DetectionEvaluation({"n_clips": 0} | sizes, [])
    corpus = truth_of_scores(files, metadata, settings)
    evaluation = evaluate_detection(files, corpus, settings)
    for clip in corpus.left_out[:3]:
        log(f"{name}: {clip.clip_id} is left out ({clip.reason}), one of {len(corpus.left_out)}")
    for sentence in ineffective_lengths(median_lengths(settings), evaluation.summary["step_s"]):
        log(f"{name}: {sentence}")
    _log_psds(name, evaluation)
    return replace(evaluation, summary=evaluation.summary | sizes)


def write_detection(folder: Path, key: str, evaluation: DetectionEvaluation) -> None:
    """Write KEY.json for `dvc metrics` and KEY_classes.csv, an empty cell where a value is not defined."""
    write_json(folder / f"{key}.json", evaluation.summary)
    write_dicts(folder / f"{key}_classes.csv", class_columns(), evaluation.classes)


def _log_psds(name: str, evaluation: DetectionEvaluation) -> None:
    numbers: dict[str, Any] = evaluation.summary
    psds2 = "" if numbers["psds2"] is None else f" PSDS-2 {numbers['psds2']:.4f},"
    if not psds2:
        only = next(row["name"] for row in evaluation.classes if row["events"])
        log(
            f"{name}: PSDS-2 and the DCASE score need events of two classes, and only {only} has any: both are left "
            "empty"
        )
    log(f"{name}: PSDS-1 {numbers['psds1']:.4f},{psds2} {numbers['n_clips']} clips")
