"""Scores of a few clips over time beside the true events, for a picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from psl.metrics.detection import ClipScores, Truth

OTHERS = 2  # classes without an event that are shown, too: those with the highest score


@dataclass(frozen=True)
class Timeline:
    """One clip: names of the classes in `rows`, `scores` of {class, from, to, score} and `events` of {class, from, to}, in seconds."""

    clip_id: str
    duration_s: float
    rows: tuple[str, ...]
    scores: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]


def busiest(truth: Truth, count: int) -> list[str]:
    """The clips with the most events, by id where as many."""
    events = Counter(event.clip_id for event in truth.events)
    return sorted(truth.duration_s, key=lambda clip_id: (-events[clip_id], clip_id))[:count]


def timeline(clip_id: str, scores: Mapping[str, ClipScores], truth: Truth, names: Sequence[str]) -> Timeline:
    """The classes with events by their first onset, then those with the highest scores among the others."""
    events = sorted((event for event in truth.events if event.clip_id == clip_id), key=lambda event: (event.onset_s, event.class_id))
    true = list(dict.fromkeys(event.class_id for event in events))
    clip = scores[clip_id]
    others = [int(c) for c in np.argsort(-clip.score_TC.max(axis=0), kind="stable") if c not in true][:OTHERS]
    edges = [round(float(edge), 3) for edge in clip.edges_s]
    return Timeline(
        clip_id,
        truth.duration_s[clip_id],
        tuple(names[c] for c in (*true, *others)),
        tuple(
            {"class": names[c], "from": edges[t], "to": edges[t + 1], "score": round(float(clip.score_TC[t, c]), 3)}
            for c in (*true, *others)
            for t in range(len(clip.score_TC))
        ),
        tuple({"class": names[event.class_id], "from": event.onset_s, "to": event.offset_s} for event in events),
    )
