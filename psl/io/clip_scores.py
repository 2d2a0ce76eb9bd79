"""A model's scores of the evaluation clips on disk, all its seeds in one Parquet file: psl.io.schemas.CLIP_SCORES."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import read_parquet, write_parquet
from psl.io.schemas import CLIP_SCORES
from psl.runtime.errors import PslError

COLUMNS = {"p": np.float32, "highest_p": np.float32, "start_ms": np.int32}


class SeedScores(NamedTuple):
    """One network's scores, each of shape (N, C): N clips, C classes."""

    p_NC: npt.NDArray[np.float32]  # of whole clips
    highest_p_NC: npt.NDArray[np.float32]  # of their windows
    start_ms_NC: npt.NDArray[np.int32]  # where the window of highest_p_NC begins in the clip


class ModelScores(NamedTuple):
    """The scores of each seed of a model of the same clips."""

    clip_ids: Sequence[str]
    vocabulary: Vocabulary
    seeds: Mapping[int, SeedScores]

    def mean(self) -> SeedScores:
        """The mean over seeds; windows begin where the first seed scores highest."""
        first, *_ = every = [*self.seeds.values()]
        p_NC, highest_p_NC = _mean([seed.p_NC for seed in every]), _mean([seed.highest_p_NC for seed in every])
        return SeedScores(p_NC, highest_p_NC, first.start_ms_NC)


def write_clip_scores(path: Path, scores: ModelScores) -> None:
    """Write the scores. Same scores, same bytes."""
    n_clips, seeds = len(scores.clip_ids), scores.seeds.values()
    columns = [
        pa.array(np.repeat(np.array([*scores.seeds], np.int32), n_clips)),
        pa.array([*scores.clip_ids] * len(scores.seeds), pa.string()),
        *(_lists(np.concatenate([seed[number] for seed in seeds])) for number in range(len(COLUMNS))),
    ]
    about = {"mids": scores.vocabulary.mids, "names": scores.vocabulary.names}
    schema = CLIP_SCORES.with_metadata({"psl": json.dumps(about, sort_keys=True)})
    write_parquet(path, pa.Table.from_arrays(columns, schema=schema))


def read_clip_scores(path: Path, key: str) -> ModelScores:
    """Read the scores of the model `key`. Raises PslError for a file that is absent or of another form."""
    stage = f"evaluate@{key}"
    table = read_parquet(path, CLIP_SCORES, "table of scores", stage)
    about = json.loads((table.schema.metadata or {}).get(b"psl", b"{}"))
    if not about:
        raise PslError(f"{path} does not say which classes it scores: run the stage {stage} again")
    vocabulary = Vocabulary(tuple(about["mids"]), tuple(about["names"]))
    seed_R, clip_ids = table["seed"].to_numpy(), table["clip_id"].to_pylist()
    values = [_matrix(table[name], len(vocabulary)) for name in COLUMNS]
    seeds = [int(seed) for seed in np.unique(seed_R)]
    return ModelScores(
        clip_ids[: len(clip_ids) // max(len(seeds), 1)],
        vocabulary,
        {seed: SeedScores(*(value_RC[seed_R == seed] for value_RC in values)) for seed in seeds},
    )


def _mean(p_SNC: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    mean_NC: npt.NDArray[np.float64] = np.mean(p_SNC, axis=0, dtype=np.float64)
    return mean_NC.astype(np.float32)


def _lists(value_RC: npt.NDArray[np.generic]) -> pa.ListArray:
    rows, classes = value_RC.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * classes
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.ascontiguousarray(value_RC).reshape(-1)))


def _matrix(column: pa.ChunkedArray, classes: int) -> npt.NDArray[np.generic]:
    return column.combine_chunks().flatten().to_numpy().reshape(len(column), classes)
