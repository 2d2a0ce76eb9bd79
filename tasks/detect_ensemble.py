"""The stage detect_ensemble@KEY: the mean of several models' scores, held against the truth as one model's are. No model is needed."""

from psl.detection.judge import judge
from psl.detection.score_files import ensemble, read_seeds
from psl.detection.write import write_detection
from psl.params import Params
from tasks.stage import DETECTED, METADATA, REPORTS, pick, run_key


def work(params: Params, key: str) -> None:
    """Write reports/detect/KEY.json and KEY_classes.csv."""
    chosen = pick(params.ensembles, "ensembles", key)
    members = [file for model in chosen.models for file in read_seeds(DETECTED / model).values()]
    write_detection(REPORTS / "detect", key, judge(key, {0: ensemble(key, members)}, METADATA / params.detect.corpus, params.detect))


if __name__ == "__main__":
    run_key("detect_ensemble", "ensemble", work)
