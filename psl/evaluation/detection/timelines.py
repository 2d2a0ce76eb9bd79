"""Scores of a few clips over time beside the true events, for a picture."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from psl.evaluation.detection.metrics.ground_truth import DetectorScores, GroundTruth

OTHERS = 2  # classes without an event that are shown as well: those with the highest score


@dataclass(frozen=True)
class Timeline:
    """One clip, times in seconds.

    `rows` are names of classes, `scores` have class, from, to and score, `events` have class, from and to.
    """

    clip_id: str
    duration_s: float
    rows: tuple[str, ...]
    scores: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]


def busiest(ground_truth: GroundTruth, count: int) -> list[str]:
    """The clips with the most events, by id where as many."""
    events = Counter(event.clip_id for event in ground_truth.events)
    return sorted(ground_truth.duration_s, key=lambda clip_id: (-events[clip_id], clip_id))[:count]


def timeline(clip_id: str, scores: DetectorScores, ground_truth: GroundTruth, names: Sequence[str]) -> Timeline:
    """The classes with events by their first onset, then those with the highest scores among the others."""
    events = sorted(
        (event for event in ground_truth.events if event.clip_id == clip_id),
        key=lambda event: (event.onset_s, event.class_id),
    )
    true = list(dict.fromkeys(event.class_id for event in events))
    clip = scores[clip_id]
    others = [int(c) for c in np.argsort(-clip.score_TC.max(axis=0), kind="stable") if c not in true][:OTHERS]
    edges = [round(float(edge), 3) for edge in clip.edges_s]
    return Timeline(
        clip_id,
        ground_truth.duration_s[clip_id],
        tuple(names[c] for c in (*true, *others)),
        tuple(
            {"class": names[c], "from": edges[t], "to": edges[t + 1], "score": round(float(clip.score_TC[t, c]), 3)}
            for c in (*true, *others)
            for t in range(len(clip.score_TC))
        ),
        tuple({"class": names[event.class_id], "from": event.onset_s, "to": event.offset_s} for event in events),
    )
