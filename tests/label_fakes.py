"""Small soft labels for tests, written by the real writer."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from psl.io.clip_scores import ModelScores, SeedScores, write_clip_scores
from psl.io.labels.reader import read_labels
from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import write_parquet
from psl.io.schemas import MANIFEST, Q_ONE, STRONG

VOCABULARY = Vocabulary(("/m/a", "/m/b", "/m/c"), ("Speech", "Dog, bark", "Music"))
CLIPS = {"it's": [[0.9, 0.04, 0.31], [0.2, 0.6, 0.0]], "y": [[0.3, 0.0, 0.30002], [0.0, 0.01, 0.0]]}
WEAK = {"it's": ["/m/a"], "y": ["/m/b", "/m/c"]}


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


def write_corpus(
    folder: Path,
    weak: dict[str, list[str]],
    events: Iterable[tuple[str, float, float, str]] = (),
    looked_for: dict[str, list[str]] | None = None,
    lost: Sequence[str] = (),
) -> Path:
    """Write the manifest of clips by their weak labels, and events if any.

    A clip is ten seconds from 30 s on in a file of its own; of those lost no file is known.
    """
    rows = [
        {
            "path": None if clip in lost else f"audio/{clip}.wav",
            **{"clip_id": clip, "labels": labels, "start_s": 30.0, "end_s": 40.0},
            **{"subset": "balanced", "source": f"of {clip}", "looked_for": (looked_for or {}).get(clip)},
        }
        for clip, labels in weak.items()
    ]
    write_manifest(folder, pa.Table.from_pylist(rows, MANIFEST))
    if events:
        columns = zip(*events, strict=True)
        write_parquet(folder / "strong.parquet", pa.table([*map(pa.array, columns)], schema=STRONG))
    return folder


def model_scores(clips: dict[str, list[float]], numbers: tuple[int, ...] = (0, 1, 2)) -> ModelScores:
    """A model of one seed: the probabilities of whole clips; a window from 1 s on has half of what is left, more."""
    p_NC = np.array([*clips.values()], np.float32)
    seeds = {1: SeedScores(p_NC, (1 + p_NC) / 2, np.full(p_NC.shape, 1000, np.int32))}
    return ModelScores([*clips], VOCABULARY.only(numbers), seeds)


def score_files(folder: Path, models: dict[str, ModelScores]) -> dict[str, Path]:
    """Their files, as build_score_store takes them."""
    paths = {key: folder / f"scores/{key}.parquet" for key in models}
    for key, scores in models.items():
        write_clip_scores(paths[key], scores)
    return paths


def label_files(folder: Path) -> tuple[dict[str, Path], Path, Path]:
    """CLIPS in files of two window sizes, a file of weak labels, and the corpus, as build_store takes them."""
    two, ten, weak = (folder / f"{key}.parquet" for key in ("2", "10", "weak"))
    write(two, CLIPS, min_probability=0.02)
    write(ten, {clip: p[:1] for clip, p in CLIPS.items()}, seconds=10)
    write(weak, {"it's": [[1, 0, 0]], "y": [[0, 1, 1]]}, seconds=10, min_probability=1 / Q_ONE)
    return {"10": ten, "2": two}, weak, write_corpus(folder / "corpus", WEAK)


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
