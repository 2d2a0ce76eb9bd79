"""Scores in time on disk: one Parquet file for each seed of a model, so that ensembles and pictures need no model."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from psl.errors import PslError
from psl.files import write_whole
from psl.metrics.detection import ClipScores
from psl.parquet_tables import read_parquet
from psl.schemas import DETECTION
from psl.vocabulary import Vocabulary


@dataclass(frozen=True)
class ScoreFile:
    """Scores of each clip before any smoothing, over `classes`; `about` says of which model, and how large it is, as JSON."""

    scores: Mapping[str, ClipScores]
    classes: Vocabulary
    about: Mapping[str, Any]


def write_scores(path: Path, found: ScoreFile) -> None:
    """Write the clips sorted by id. Same scores, same bytes."""
    clip_ids = sorted(found.scores)
    about = {"about": dict(found.about), "mids": found.classes.mids, "names": found.classes.names}
    columns = [
        pa.array(clip_ids, pa.string()),
        pa.array([found.scores[clip_id].edges_s.tolist() for clip_id in clip_ids], pa.list_(pa.float64())),
        pa.array([np.ascontiguousarray(found.scores[clip_id].score_TC, "<f4").tobytes() for clip_id in clip_ids], pa.binary()),
    ]
    schema = DETECTION.with_metadata({"psl": json.dumps(about, sort_keys=True)})
    with write_whole(path) as temporary:
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), temporary, use_dictionary=False, write_statistics=False)


def read_scores(path: Path) -> ScoreFile:
    """Read what `write_scores` wrote. Raises PslError for a file that is absent or of another form."""
    table = read_parquet(path, DETECTION, "table of scores in time", f"detect@{path.parent.name}")
    try:
        about = json.loads((table.schema.metadata or {})[b"psl"])
    except (KeyError, ValueError):
        raise PslError(f"{path} does not say whose scores it holds: run the stage detect@{path.parent.name} again") from None
    classes = Vocabulary(tuple(about["mids"]), tuple(about["names"]))
    rows = zip(*(table[name].to_pylist() for name in DETECTION.names), strict=True)
    scores = {}
    for clip_id, edges_s, score_TC in rows:
        steps, size = len(edges_s or ()) - 1, len(score_TC or b"")
        if steps < 1 or size != 4 * steps * len(classes):  # bytes of float32
            raise PslError(
                f"{path} holds {size} bytes of scores of the clip {clip_id}, which has {steps} steps of {len(classes)} classes: "
                f"run the stage detect@{path.parent.name} again"
            )
        scores[clip_id] = ClipScores(np.array(edges_s), np.frombuffer(score_TC, "<f4").reshape(steps, len(classes)))
    return ScoreFile(scores, classes, about["about"])


def read_seeds(folder: Path) -> dict[int, ScoreFile]:
    """The scores of each seed of a model in data/detect/KEY, by rising seed."""
    found = sorted((int(path.stem.removeprefix("seed")), path) for path in folder.glob("seed*.parquet"))
    if not found:
        raise PslError(f"there are no scores in {folder}: run the stage detect that writes them (`dvc repro`)")
    return {seed: read_scores(path) for seed, path in found}


def ensemble(name: str, files: Sequence[ScoreFile]) -> ScoreFile:
    """Several networks as one: the mean of their scores. Raises PslError unless they are of the same classes, clips and steps."""
    first = files[0]
    for other in files[1:]:
        names = f"{first.about['model']} and {other.about['model']}"
        if other.classes.mids != first.classes.mids:
            raise PslError(f"the scores of {names} are of different classes: an ensemble needs models of the same")
        if other.scores.keys() != first.scores.keys():
            raise PslError(f"the scores of {names} are of different clips ({len(first.scores)} and {len(other.scores)}): run detect again")
        if any(not np.array_equal(clip.edges_s, other.scores[clip_id].edges_s) for clip_id, clip in first.scores.items()):
            raise PslError(f"the scores of {names} stand on different steps in time: set detect.scores to windows, or leave one out")
    scores = {clip_id: ClipScores(clip.edges_s, _mean([file.scores[clip_id] for file in files])) for clip_id, clip in first.scores.items()}
    about = {
        "model": name,
        "n_parameters": sum(file.about["n_parameters"] for file in files),
        "n_bytes": sum(file.about["n_bytes"] for file in files),
        "n_networks": sum(file.about["n_networks"] for file in files),
        "classes_unknown": first.about["classes_unknown"],
        "clips_excluded": first.about["clips_excluded"],
    }
    return ScoreFile(scores, first.classes, about)


def _mean(clips: Sequence[ClipScores]) -> npt.NDArray[np.float32]:
    mean_TC: npt.NDArray[np.float64] = np.mean([clip.score_TC for clip in clips], axis=0, dtype=np.float64)
    return mean_TC.astype(np.float32)
