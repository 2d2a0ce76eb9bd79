"""The scores of a fine-tuned model on the test clips, with their labels, in one Parquet file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.io.metadata.manifest import weak_targets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import read_parquet, write_parquet
from psl.io.schemas import DETAILS, TRANSFER_SCORES
from psl.runtime.errors import PslError

SCORES = "scores.parquet"
KEY = b"vocabulary"


@dataclass(frozen=True)
class TransferScores:
    """N test clips, sorted by id, with their labels and the scores of each seed's model."""

    vocabulary: Vocabulary
    clip_ids: tuple[str, ...]
    y_NC: npt.NDArray[np.bool_]
    usage_N: tuple[str | None, ...]  # Public, Private or nothing
    score_SNC: Mapping[int, npt.NDArray[np.float32]]  # by seed

    @property
    def classes_left_out(self) -> list[str]:
        """Classes of which there is no clip."""
        return [name for name, clips in zip(self.vocabulary.names, self.y_NC.sum(axis=0), strict=True) if not clips]


def usage_of(metadata: Path, clip_ids: list[str]) -> list[str | None]:
    """Public or Private of each clip, if the corpus's details say it."""
    path = metadata / "details.parquet"
    if not path.is_file():
        return [None] * len(clip_ids)
    details = read_parquet(path, DETAILS, "table of details", "metadata")
    place = pc.index_in(pa.array(clip_ids, pa.string()), details["clip_id"].combine_chunks())
    usage: list[str | None] = details["usage"].take(place).to_pylist()
    return usage


def write_score_table(
    path: Path,
    rows: pa.Table,
    usage_N: list[str | None],
    scores: Mapping[int, npt.NDArray[np.float32]],
    *,
    vocabulary: Vocabulary,
) -> None:
    """Write `scores` (N, C) of each seed of the clips `rows` of a manifest, sorted by clip id.

    Same rows, same bytes.
    """
    tables = [
        pa.table(
            {
                "seed": pa.array([seed] * len(rows), pa.int32()),
                "clip_id": rows["clip_id"],
                "labels": rows["labels"],
                "usage": pa.array(usage_N, pa.string()),
                "scores": pa.array(list(score_NC), pa.list_(pa.float32())),
            },
            schema=TRANSFER_SCORES,
        )
        for seed, score_NC in scores.items()
    ]
    classes = {KEY: json.dumps({"mids": vocabulary.mids, "names": vocabulary.names})}
    write_parquet(path, pa.concat_tables(tables).replace_schema_metadata(classes))


def read_score_table(path: Path) -> TransferScores:
    """Read what `write_score_table` wrote. Raises PslError when it is absent, foreign, or seeds scored other clips."""
    table = read_parquet(path, TRANSFER_SCORES, "table of scores", f"transfer@{path.parent.name}")
    if KEY not in (table.schema.metadata or {}):
        raise PslError(
            f"the table of scores {path} does not name its classes: run the stage transfer@{path.parent.name} again"
        )
    classes = json.loads(table.schema.metadata[KEY])
    vocabulary = Vocabulary(tuple(classes["mids"]), tuple(classes["names"]))
    _require_whole(path, table, len(vocabulary))
    parts = {seed: table.filter(pc.equal(table["seed"], seed)) for seed in pc.unique(table["seed"]).to_pylist()}
    first = next(iter(parts.values()))
    clip_ids = tuple(first["clip_id"].to_pylist())
    for seed, part in parts.items():
        require_same_clips(clip_ids, tuple(part["clip_id"].to_pylist()), "the first seed", f"seed {seed} in {path}")
    scores = {seed: np.stack(part["scores"].to_numpy()) for seed, part in parts.items()}
    return TransferScores(
        vocabulary, clip_ids, weak_targets(first, vocabulary), tuple(first["usage"].to_pylist()), scores
    )


def _require_whole(path: Path, table: pa.Table, classes: int) -> None:
    """Raise PslError for a table without rows, and for a row without a score for each class."""
    again = f"run the stage transfer@{path.parent.name} again"
    if not len(table):
        raise PslError(f"the table of scores {path} holds no clip: {again}")
    scores = table["scores"].combine_chunks()
    count_N = pc.fill_null(pc.list_value_length(scores), 0).to_numpy()
    wrong = np.flatnonzero(count_N != classes)
    if len(wrong):
        clip = table["clip_id"][int(wrong[0])]
        raise PslError(
            f"the table of scores {path} has {count_N[wrong[0]]} scores of the clip {clip} for {classes} classes: "
            f"{again}"
        )


def require_same_clips(ours: tuple[str, ...], theirs: tuple[str, ...], our_name: str, their_name: str) -> None:
    """Raise PslError, with counts and an example, unless both are the same clips in the same order."""
    if ours == theirs:
        return
    missing, extra = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
    example = f", such as {(missing or extra)[0]}" if missing or extra else ": their order differs"
    raise PslError(
        f"{our_name} and {their_name} are not of the same clips: {len(missing)} of {len(ours)} are missing and "
        f"{len(extra)} of {len(theirs)} are foreign{example}; run the stages that write both again"
    )
