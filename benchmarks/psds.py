"""PSDS-1 and PSDS-2 of 1,168 clips of 10 s: CPU seconds beside sed_scores_eval's, and of bootstrap draws.

`python -m benchmarks.psds --truth FOLDER` takes the events of DESED's validation lists (validation.tsv,
validation_durations.tsv); without them, events are made. sed_scores_eval is in the extra `reference`; where it is not
installed, only our seconds are printed.
"""

import argparse
import csv
import importlib.util
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from psl.evaluation.detection.metrics.events import ends_cut, merge_overlaps, within_clips
from psl.evaluation.detection.metrics.ground_truth import Event, FrameScores, GroundTruth
from psl.evaluation.detection.metrics.psds import PSDS1, PSDS2, Criteria, psds
from psl.evaluation.detection.metrics.psds_bootstrap import bootstrap_psds

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # by_sed_scores_eval, which the tests use


def main() -> None:
    """Print both times, their ratio and how far the two results lie apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--truth", type=Path, default=Path("../shared/metadata/desed"))
    parser.add_argument("--clips", type=int, default=1168)
    parser.add_argument("--step-ms", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--draws", type=int, default=200)
    size = parser.parse_args()
    listed = (size.truth / "validation.tsv").is_file()
    truth = _listed(size.truth) if listed else _made(size.clips)
    scores = _scores(truth, size.step_ms / 1000)
    print(
        f"{len(scores)} clips, {len(truth.events)} events {'of DESED' if listed else 'made'}, "
        f"{len(truth.classes)} classes, {size.step_ms} ms"
    )
    for name, criteria in {"PSDS-1": PSDS1, "PSDS-2": PSDS2}.items():
        _compare(name, scores, truth, criteria, size.runs)
        draws_s, values = _timed(lambda criteria=criteria: bootstrap_psds(scores, truth, criteria, size.draws, seed=1))
        print(f"{name}, {size.draws} bootstrap draws: {draws_s:.1f} s, standard deviation {np.std(values):.4f}")


def _compare(name: str, scores: dict[str, FrameScores], truth: GroundTruth, criteria: Criteria, runs: int) -> None:
    ours_s, ours = min(_timed(lambda: psds(scores, truth, criteria).value) for _ in range(runs))
    if importlib.util.find_spec("sed_scores_eval") is None:
        print(f"{name} {ours:.4f} in {ours_s:.2f} s (sed_scores_eval is not installed: pip install -e '.[reference]')")
        return
    theirs = _sed_scores_eval(scores, within_clips(truth), criteria)
    theirs_s, value = _timed(theirs)
    print(
        f"{name} {ours:.4f}: {ours_s:.2f} s, sed_scores_eval {theirs_s:.2f} s: {theirs_s / ours_s:.1f} x; "
        f"difference {abs(ours - value):.1e}"
    )
    if past := ends_cut(truth):
        listed = _sed_scores_eval(scores, truth, criteria)()
        print(
            f"{name} {listed:.6f} by sed_scores_eval and {ours:.6f} here, with {past} events as listed, "
            "which end after their clip"
        )


def _sed_scores_eval(scores: dict[str, FrameScores], truth: GroundTruth, criteria: Criteria) -> Callable[[], float]:
    """Its PSDS as a call whose input is made beforehand."""
    warnings.simplefilter("ignore")  # of the packages that it imports
    from by_sed_scores_eval import psds_call

    return psds_call(scores, truth, criteria)


def _listed(folder: Path) -> GroundTruth:
    with (folder / "validation_durations.tsv").open() as file:
        duration_s = {row["filename"]: float(row["duration"]) for row in csv.DictReader(file, delimiter="\t")}
    with (folder / "validation.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["onset"]]
    classes = tuple(sorted({row["event_label"] for row in rows}))
    events = (
        Event(row["filename"], float(row["onset"]), float(row["offset"]), classes.index(row["event_label"]))
        for row in rows
    )
    return merge_overlaps(GroundTruth(tuple(events), duration_s, classes))


def _made(clips: int) -> GroundTruth:
    """3.6 events a clip of ten classes, a quarter of a second to the whole clip long."""
    rng = np.random.default_rng(1)
    names = [f"clip{n:04}" for n in range(clips)]
    events = []
    for name in names:
        for c in rng.integers(10, size=rng.poisson(3.6)).tolist():
            onset_s = round(rng.uniform(0, 9.5), 3)
            events.append(Event(name, onset_s, round(min(10.0, onset_s + max(0.25, rng.exponential(2.0))), 3), c))
    return merge_overlaps(GroundTruth(tuple(events), dict.fromkeys(names, 10.0), tuple(f"class{c}" for c in range(10))))


def _scores(truth: GroundTruth, step_s: float) -> dict[str, FrameScores]:
    """Smooth random scores, higher where an event is."""
    rng = np.random.default_rng(2)
    scores = {}
    for clip_id, duration_s in truth.duration_s.items():
        edges_s = np.append(np.arange(0, duration_s - 1e-9, step_s), duration_s)
        noise_TC = rng.normal(size=(len(edges_s) + 3, len(truth.classes)))
        scores[clip_id] = FrameScores(
            edges_s, np.stack([noise_TC[k : k + len(edges_s) - 1] for k in range(5)]).sum(axis=0) / 2 - 2
        )
    for event in within_clips(truth).events:
        clip = scores[event.clip_id]
        inside = (clip.edges_s[:-1] < event.offset_s) & (clip.edges_s[1:] > event.onset_s)
        clip.score_TC[inside, event.class_id] += 2.5 * rng.random() + 1
    return {
        clip_id: FrameScores(clip.edges_s, (1 / (1 + np.exp(-clip.score_TC))).astype(np.float32))
        for clip_id, clip in scores.items()
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


if __name__ == "__main__":
    main()
