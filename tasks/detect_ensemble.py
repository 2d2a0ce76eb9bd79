"""The stage detect_ensemble@KEY: the mean of several models' scores, evaluated as one model's are."""

from psl.config import Params
from psl.evaluation.detection.evaluate import evaluate_detector, write_detection
from psl.evaluation.detection.score_file import ensemble, read_score_files
from tasks.stage import DETECTED, METADATA, REPORTS, pick, run_key


def work(params: Params, key: str) -> None:
    """Write reports/detect/KEY.json and KEY_classes.csv."""
    chosen = pick(params.ensembles, "ensembles", key)
    members = [file for model in chosen.models for file in read_score_files(DETECTED / model).values()]
    write_detection(
        REPORTS / "detect",
        key,
        evaluate_detector(key, {0: ensemble(key, members)}, METADATA / params.detect.corpus, params.detect),
    )


if __name__ == "__main__":
    run_key("detect_ensemble", "ensemble", work)
