"""Writes tests/psds_cases.json: random cases with their PSDS by sed_scores_eval, for machines without it.

`PYTHONPATH=. python tests/make_psds_cases.py` in the repository's root, with `pip install -e '.[reference]'`.
"""

import json
from pathlib import Path

from by_sed_scores_eval import psds_call
from detection_cases import CRITERIA, random_case, usable

from psl.evaluation.detection.metrics.events import within_clips
from psl.evaluation.detection.metrics.ground_truth import FrameScores

FILE = Path(__file__).with_name("psds_cases.json")
SEEDS = range(1000, 1040)


def case(seed: int) -> dict:
    """Scores, truth and a value for each of the criteria, as lists."""
    scores, truth = random_case(seed, clips=2 + seed % 4, classes=1 + seed % 4, steps=12)
    scores = {
        clip_id: FrameScores(clip.edges_s, clip.score_TC.astype("float64").round(3)) for clip_id, clip in scores.items()
    }
    clips = {clip_id: [clip.edges_s.tolist(), clip.score_TC.tolist()] for clip_id, clip in scores.items()}
    values = {
        name: float(psds_call(scores, within_clips(truth), criteria)())
        for name, criteria in CRITERIA.items()
        if usable(truth, criteria)
    }
    return {
        "scores": clips,
        "events": truth.events,
        "duration_s": truth.duration_s,
        "classes": truth.classes,
        "psds": values,
    }


if __name__ == "__main__":
    FILE.write_text("[\n" + ",\n".join(json.dumps(case(seed), separators=(",", ":")) for seed in SEEDS) + "\n]\n")
