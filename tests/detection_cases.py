"""Small random cases of sound event detection, with everything that makes them hard."""

from dataclasses import replace

import numpy as np

from psl.evaluation.detection.metrics.ground_truth import Event, FrameScores, GroundTruth
from psl.evaluation.detection.metrics.psds import PSDS1, PSDS2, Criteria


def random_case(
    seed: int, clips: int = 5, classes: int = 3, steps: int = 12
) -> tuple[dict[str, FrameScores], GroundTruth]:
    """Scores and truth of a few clips; all times are tenths of a second, so that lengths meet the tolerances exactly.

    By the seed: steps of equal or varying length, few distinct scores (ties) or many, scores with and without a
    relation to the truth, clips without events, events past the clip's end, scores that begin late or end early,
    sometimes a class without events.
    """
    rng = np.random.default_rng(seed)
    names = [f"clip{n}" for n in range(clips)]
    edges = {name: _edges(rng, steps) for name in names}
    duration_s = {name: _tenths(edges_s[-1] + rng.choice([-0.1, 0.0, 0.0, 0.1])) for name, edges_s in edges.items()}
    classes_with = range(classes) if rng.random() < 0.8 or classes == 1 else range(classes - 1)
    events = [
        event
        for name in names
        for c in classes_with
        if rng.random() < 0.6
        for event in _events(rng, name, c, duration_s[name])
    ]
    truth = GroundTruth(tuple(events), duration_s, tuple(f"class{c}" for c in range(classes)))
    return {name: FrameScores(edges_s, _scores(rng, edges_s, name, truth)) for name, edges_s in edges.items()}, truth


def _tenths(seconds: float) -> float:
    return round(float(seconds), 1)


def _edges(rng, steps: int) -> np.ndarray:
    count = int(rng.integers(1, steps + 1))
    lengths = np.full(count, rng.integers(2, 11)) if rng.random() < 0.5 else rng.integers(2, 11, count)
    return np.round((np.append(0, np.cumsum(lengths)) + rng.integers(0, 2)) / 10, 1)


def _events(rng, name: str, c: int, duration_s: float) -> list[Event]:
    """Events apart from each other; the last may pass the end by up to .2 s."""
    at, found = _tenths(rng.integers(0, 10) / 10), []
    while at < duration_s and len(found) < 4:
        end = _tenths(min(at + rng.integers(1, 30) / 10, duration_s + rng.choice([0.0, 0.1, 0.2])))
        found.append(Event(name, at, end, c))
        at = _tenths(end + rng.integers(1, 20) / 10)
    return found


def _scores(rng, edges_s: np.ndarray, name: str, truth: GroundTruth) -> np.ndarray:
    score_TC = rng.random((len(edges_s) - 1, len(truth.classes)))
    for event in truth.events:
        if event.clip_id == name and rng.random() < 0.8:
            inside = (edges_s[:-1] < event.offset_s) & (edges_s[1:] > event.onset_s)
            score_TC[inside, event.class_id] += rng.random()
    levels = rng.choice([2, 5, 1000])
    return (np.round(score_TC * levels) / levels).astype(rng.choice([np.float32, np.float64]))


def written_out(scores, truth, draw) -> tuple[dict[str, FrameScores], GroundTruth]:
    """The drawn clips under names of their own."""
    names = {f"{n}": sorted(scores)[clip] for n, clip in enumerate(draw.tolist())}
    events = [
        event._replace(clip_id=new) for new, old in names.items() for event in truth.events if event.clip_id == old
    ]
    drawn = GroundTruth(tuple(events), {new: truth.duration_s[old] for new, old in names.items()}, truth.classes)
    return {new: scores[old] for new, old in names.items()}, drawn


CRITERIA = {
    "PSDS-1": PSDS1,
    "PSDS-2": PSDS2,
    "wide": replace(PSDS1, max_efpr=5000.0, alpha_st=0.0),
    "wide with cross triggers": replace(PSDS2, max_efpr=5000.0, alpha_st=0.5),
    "per minute": replace(PSDS2, dtc=0.5, gtc=0.5, cttc=0.2, unit_s=60.0, max_efpr=20.0),
}


def usable(truth: GroundTruth, criteria: Criteria) -> bool:
    """Whether enough classes have events for these criteria."""
    return len({event.class_id for event in truth.events}) > bool(criteria.alpha_ct)
