"""Scores over time on disk: one Parquet file for each seed of a model, so that ensembles and pictures need no model."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from psl.evaluation.detection.metrics.ground_truth import DetectorScores, FrameScores
from psl.io.files import atomic_write
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import read_parquet
from psl.io.schemas import DETECTION
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class ScoreFile:
    """Scores of each clip before any smoothing, over `classes`; `about` describes the model and its size, as JSON."""

    scores: DetectorScores
    classes: Vocabulary
    about: Mapping[str, Any]


def write_score_file(path: Path, file: ScoreFile) -> None:
    """Write the clips sorted by id. Same scores, same bytes."""
    clip_ids = sorted(file.scores)
    about = {"about": dict(file.about), "mids": file.classes.mids, "names": file.classes.names}
    columns = [
        pa.array(clip_ids, pa.string()),
        pa.array([file.scores[clip_id].edges_s.tolist() for clip_id in clip_ids], pa.list_(pa.float64())),
        pa.array(
            [np.ascontiguousarray(file.scores[clip_id].score_TC, "<f4").tobytes() for clip_id in clip_ids], pa.binary()
        ),
    ]
    schema = DETECTION.with_metadata({"psl": json.dumps(about, sort_keys=True)})
    with atomic_write(path) as temporary:
        pq.write_table(
            pa.Table.from_arrays(columns, schema=schema), temporary, use_dictionary=False, write_statistics=False
        )


def read_score_file(path: Path) -> ScoreFile:
    """Read what `write_score_file` wrote. Raises PslError for a file that is absent or of another form."""
    table = read_parquet(path, DETECTION, "table of scores over time", f"detect@{path.parent.name}")
    try:
        about = json.loads((table.schema.metadata or {})[b"psl"])
    except (KeyError, ValueError):
        raise PslError(
            f"{path} does not say whose scores it holds: run the stage detect@{path.parent.name} again"
        ) from None
    classes = Vocabulary(tuple(about["mids"]), tuple(about["names"]))
    rows = zip(*(table[name].to_pylist() for name in DETECTION.names), strict=True)
    scores = {}
    for clip_id, edges_s, score_TC in rows:
        steps, size = len(edges_s or ()) - 1, len(score_TC or b"")
        if steps < 1 or size != 4 * steps * len(classes):  # bytes of float32
            raise PslError(
                f"{path} holds {size} bytes of scores of the clip {clip_id}, which has {steps} steps of {len(classes)} "
                f"classes: run the stage detect@{path.parent.name} again"
            )
        scores[clip_id] = FrameScores(np.array(edges_s), np.frombuffer(score_TC, "<f4").reshape(steps, len(classes)))
    return ScoreFile(scores, classes, about["about"])


def read_score_files(folder: Path) -> dict[int, ScoreFile]:
    """The scores of each seed of a model in data/detect/KEY, by rising seed."""
    paths = sorted((int(path.stem.removeprefix("seed")), path) for path in folder.glob("seed*.parquet"))
    if not paths:
        raise PslError(f"{folder} holds no scores: run the stage detect that writes them (`dvc repro`)")
    return {seed: read_score_file(path) for seed, path in paths}


def ensemble(name: str, files: Sequence[ScoreFile]) -> ScoreFile:
    """Several networks as one: the mean of their scores.

    Raises PslError unless they are of the same classes, clips and steps.
    """
    first = files[0]
    for other in files[1:]:
        names = f"{first.about['model']} and {other.about['model']}"
        if other.classes.mids != first.classes.mids:
            raise PslError(f"the scores of {names} are of different classes: an ensemble needs models of the same")
        if other.scores.keys() != first.scores.keys():
            raise PslError(
                f"the scores of {names} are of different clips ({len(first.scores)} and {len(other.scores)}): run "
                "detect again"
            )
        if any(
            not np.array_equal(clip.edges_s, other.scores[clip_id].edges_s) for clip_id, clip in first.scores.items()
        ):
            raise PslError(
                f"the scores of {names} have different steps in time: set detect.scores to windows, or leave one out"
            )
    scores = {
        clip_id: FrameScores(clip.edges_s, _mean([file.scores[clip_id] for file in files]))
        for clip_id, clip in first.scores.items()
    }
    about = {
        "model": name,
        "n_parameters": _sum_if_known([file.about["n_parameters"] for file in files]),
        "n_bytes": sum(file.about["n_bytes"] for file in files),
        "n_networks": sum(file.about["n_networks"] for file in files),
        "classes_unknown": first.about["classes_unknown"],
        "clips_excluded": first.about["clips_excluded"],
    }
    return ScoreFile(scores, first.classes, about)


def _mean(clips: Sequence[FrameScores]) -> npt.NDArray[np.float32]:
    mean_TC: npt.NDArray[np.float64] = np.mean([clip.score_TC for clip in clips], axis=0, dtype=np.float64)
    return mean_TC.astype(np.float32)


def _sum_if_known(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
