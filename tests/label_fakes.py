"""Small soft labels for tests, written by the real writer."""

from pathlib import Path
from typing import Any

import numpy as np

from psl.io.labels.reader import read_labels
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("/m/a", "/m/b", "/m/c"), ("Speech", "Dog, bark", "Music"))


def write(
    path: Path,
    clips: dict[str, list[list[float]]],
    *,
    seconds: int = 2,
    min_probability: float = 0.0,
    vocabulary: Vocabulary = VOCABULARY,
    **provenance: Any,
) -> SoftLabels:
    """Write and read labels: for each clip the probabilities of its consecutive windows."""
    about = {"kind": "annotator", "annotator": "fake", **provenance}
    with LabelWriter(path, vocabulary, min_probability, about) as writer:
        for clip_id, p in clips.items():
            writer.add(clip_id, np.arange(len(p)) * seconds * 1000, seconds * 1000, np.array(p, np.float32))
    return read_labels(path)


def random_labels(path: Path, seed: int, min_probability: float = 0.0) -> SoftLabels:
    """Labels of 0 to 6 clips with 1 to 4 windows each; many probabilities are exact tenths."""
    rng = np.random.default_rng(seed)
    return write(
        path,
        {f"clip{n}": (rng.integers(0, 11, (rng.integers(1, 5), 3)) / 10).tolist() for n in range(rng.integers(0, 7))},
        min_probability=min_probability,
    )


def reference_labels(labels: SoftLabels) -> dict[str, list[dict[int, int]]]:
    """For each clip the {class: q} of its windows, read one number at a time."""
    clips: dict[str, list[dict[int, int]]] = {clip: [] for clip in labels.clip_ids}
    for w in range(len(labels)):
        kept = range(labels.offsets[w], labels.offsets[w + 1])
        clips[labels.clip_ids[labels.clip_W[w]]].append({int(labels.class_K[k]): int(labels.q_K[k]) for k in kept})
    return clips
