"""The label store: all soft labels, weak labels, clips, true events and provenance in one DuckDB file for queries.

Training does not read it; it reads the Parquet files of psl.io.labels.writer. The layout uses only what DuckDB
writes reproducibly to the byte (docs/label_store.md): storage v1.0.0, one thread, fixed chunks, ENUM and integer
columns, no primary keys; views give names and floats.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.io.clip_scores import ModelScores
from psl.io.files import atomic_write
from psl.io.labels.reader import LabelFile
from psl.labels.store_corpus import CorpusClips
from psl.labels.store_file import QUIET, refuse_stale_wal, wal_path
from psl.labels.store_highest import HighestLabels
from psl.labels.store_rows import (
    Part,
    all_clips,
    annotator_key,
    class_rows,
    clip_rows,
    label_rows,
    numbers,
    parts,
    set_row,
    table_of,
    tail_rows,
    weak_rows,
    window_rows,
)
from psl.labels.store_scores import score_rows
from psl.labels.store_tables import CREATE_TABLES, CREATE_VIEWS, PERCENTS
from psl.runtime.errors import PslError


def build_store(
    path: Path,
    labels: Mapping[str, Path],
    weak: Path,
    metadata: Path,
    *,
    calibrations: Mapping[str, Mapping[str, Any]] | None = None,
    scores: Mapping[str, ModelScores] | None = None,
) -> None:
    """Write the soft labels of each window key, models' scores, and what the corpus knows of the clips of both.

    Same inputs, same bytes.

    `labels` and `weak` are files that LabelWriter wrote, of one annotator or of several; `metadata` is the folder of
    the corpus's manifest, whose weak labels are those of all clips. `calibrations` holds what the calibration of some
    keys found, for the provenance alone: labels are stored as the annotator gave them. `scores` are each model's, of
    the evaluation clips. Memory holds one transaction, some parts of one file, `scores`, and the rows of the manifest.

    Raises PslError for a vocabulary that differs from the weak labels', for labels whose minimum probability is above
    the lowest of PERCENTS, for a clip that is not in the manifest, and when there is a write-ahead log beside `path`.
    """
    with ExitStack() as stack:
        files = {key: stack.enter_context(LabelFile(source)) for key, source in labels.items()}
        weak_file = stack.enter_context(LabelFile(weak))
        scores = scores or {}
        _check(files, weak_file, scores)
        refuse_stale_wal(path)
        clips_of = {file: file.clip_ids() for file in (*files.values(), weak_file)}
        scored = [pa.array(model.clip_ids, pa.string()) for model in scores.values()]
        clips = all_clips([*clips_of.values(), *scored])
        corpus = CorpusClips.read(metadata, weak_file.empty.vocabulary, clips.to_pylist())
        record = {key: dict(file.empty.provenance) for key, file in {**files, "weak": weak_file}.items()}
        for key, calibration in (calibrations or {}).items():
            record[key]["calibration"] = calibration
        number_N = {key: numbers(clips_of[file], clips) for key, file in files.items()}
        with atomic_write(path) as temporary:
            try:
                _write(temporary, files, number_N, corpus, scores=scores, record=record)
            finally:
                wal_path(temporary).unlink(missing_ok=True)


def _check(files: Mapping[str, LabelFile], weak: LabelFile, scores: Mapping[str, ModelScores]) -> None:
    for key, model in scores.items():
        if foreign := [*{*model.vocabulary.mids} - {*weak.empty.vocabulary.mids}]:
            raise PslError(
                f"the scores of {key} are of {len(foreign)} classes that the weak labels do not have, such as "
                f"{min(foreign)}: run the stage evaluate@{key} again"
            )
    for key, file in files.items():
        soft = file.empty
        weak.empty.vocabulary.require_same(soft.vocabulary, "the weak labels", f"the labels of window {key}")
        if soft.min_probability * 100 > min(PERCENTS):
            raise PslError(
                f"the labels of window {key} have the minimum probability {soft.provenance['floor']}, so the number "
                f"above {min(PERCENTS)} % is not known: set annotate.min_probability to {min(PERCENTS) / 100} or less"
            )


def _write(
    path: Path,
    files: Mapping[str, LabelFile],
    number_N: Mapping[str, npt.NDArray[np.uint32]],
    corpus: CorpusClips,
    *,
    scores: Mapping[str, ModelScores],
    record: Mapping[str, Any],
) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(config={"threads": 1}) as connection:
        quoted = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS store (STORAGE_VERSION 'v1.0.0'); USE store; {QUIET}")
        _create(connection, corpus, files, models=[*scores])
        first = 0
        for key, file in files.items():
            _insert_windows(connection, key, parts(file, number_N[key], first), HighestLabels(key, file, corpus))
            _insert(connection, "tails", [tail_rows(file.empty, key)])
            first += len(file)
        _insert(connection, "scores", (score_rows(key, model, corpus) for key, model in scores.items()))
        _insert(connection, "window_sets", [set_row(key, file) for key, file in files.items()])
        _insert(connection, "weak_labels", weak_rows(corpus))
        _insert(connection, "events", [corpus.events])
        _insert(connection, "provenance", [table_of([json.dumps(record, sort_keys=True, ensure_ascii=False)])])
        connection.execute(f"{CREATE_VIEWS} CHECKPOINT store; USE memory; DETACH store")


def _insert_windows(
    connection: duckdb.DuckDBPyConnection, key: str, transactions: Iterable[list[Part]], highest: HighestLabels
) -> None:
    """Insert the windows of a key, their labels, and the highest ones of clips."""
    for some in transactions:
        _insert(connection, "labels", map(label_rows, some))
        _insert(connection, "windows", (window_rows(part, key) for part in some))
        _insert(connection, "highest_labels", highest.rows(some))
    _insert(connection, "highest_labels", highest.last())


def _create(
    connection: duckdb.DuckDBPyConnection,
    corpus: CorpusClips,
    files: Mapping[str, LabelFile],
    *,
    models: Sequence[str],
) -> None:
    """Create the types and the tables, and insert the clips and classes."""
    enums: dict[str, Sequence[str] | pa.ChunkedArray] = {
        "clip_name": corpus.manifest["clip_id"],
        "subset_name": sorted(set(corpus.manifest["subset"].to_pylist())),
        "class_mid": corpus.vocabulary.mids,
        "class_name": sorted(set(corpus.vocabulary.names)),
        "window_key": list(files),
        "model_key": models,
        "annotator_key": sorted({annotator_key(file.empty) for file in files.values()}),
    }
    for enum, values in enums.items():
        connection.register("new_values", table_of(values).rename_columns(["value"]))
        connection.execute(f"CREATE TYPE {enum} AS ENUM (SELECT value FROM new_values)")
        connection.unregister("new_values")
    connection.execute(CREATE_TABLES)
    _insert(connection, "clips", [clip_rows(corpus)])
    _insert(connection, "classes", [class_rows(corpus.vocabulary)])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[pa.Table]) -> None:
    """Append rows, in the order of the table's columns, in one transaction.

    One transaction is stored as one. It has rows of one table alone, because DuckDB stores several in any order.
    """
    connection.execute("BEGIN")
    for some in rows:
        connection.register("new_rows", some)
        connection.execute(f"INSERT INTO {table} SELECT * FROM new_rows")
        connection.unregister("new_rows")
    connection.execute("COMMIT")
