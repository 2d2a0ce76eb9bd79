"""The label store: all soft labels, weak labels, clips, true events and provenance in one DuckDB file for queries.

Training does not read it; it reads the Parquet files of psl.io.labels.writer.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.io.labels.reader import LabelFile
from psl.labels.store_corpus import CorpusClips, corpus_types
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
from psl.labels.store_tables import CREATE_TABLES, CREATE_VIEWS, PERCENTS
from psl.labels.store_writer import StoreWriter, writing
from psl.runtime.errors import PslError


def build_store(
    path: Path,
    labels: Mapping[str, Path],
    weak: Path,
    metadata: Path,
    *,
    calibrations: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write the soft labels of each window key, and what the corpus knows of their clips. Same inputs, same bytes.

    `labels` and `weak` are files that LabelWriter wrote, of one annotator or of several; `metadata` is the folder of
    the corpus's manifest, whose weak labels are those of all clips. `calibrations` holds what the calibration of some
    keys found, for the provenance alone: labels are stored as the annotator gave them. Memory holds one transaction,
    some parts of one file, and the rows of the manifest.

    Raises PslError for a vocabulary that differs from the weak labels', for labels whose minimum probability is above
    the lowest of PERCENTS, for a clip that is not in the manifest, and when there is a write-ahead log beside `path`.
    """
    with ExitStack() as stack:
        files = {key: stack.enter_context(LabelFile(source)) for key, source in labels.items()}
        weak_file = stack.enter_context(LabelFile(weak))
        _check(files, weak_file)
        clips_of = {file: file.clip_ids() for file in (*files.values(), weak_file)}
        clips = all_clips([*clips_of.values()])
        corpus = CorpusClips.read(metadata, weak_file.empty.vocabulary, clips.to_pylist())
        record = {key: dict(file.empty.provenance) for key, file in {**files, "weak": weak_file}.items()}
        for key, calibration in (calibrations or {}).items():
            record[key]["calibration"] = calibration
        number_N = {key: numbers(clips_of[file], clips) for key, file in files.items()}
        with writing(path, CREATE_VIEWS) as store:
            _write(store, files, number_N, corpus, record=record)


def _check(files: Mapping[str, LabelFile], weak: LabelFile) -> None:
    for key, file in files.items():
        soft = file.empty
        weak.empty.vocabulary.require_same(soft.vocabulary, "the weak labels", f"the labels of window {key}")
        if soft.min_probability * 100 > min(PERCENTS):
            raise PslError(
                f"the labels of window {key} have the minimum probability {soft.provenance['floor']}, so the number "
                f"above {min(PERCENTS)} % is not known: set annotate.min_probability to {min(PERCENTS) / 100} or less"
            )


def _write(
    store: StoreWriter,
    files: Mapping[str, LabelFile],
    number_N: Mapping[str, npt.NDArray[np.uint32]],
    corpus: CorpusClips,
    *,
    record: Mapping[str, Any],
) -> None:
    keys = {"window_key": list(files), "annotator_key": sorted({annotator_key(file.empty) for file in files.values()})}
    store.create(corpus_types(corpus) | keys, CREATE_TABLES)
    store.insert("clips", [clip_rows(corpus)])
    store.insert("classes", [class_rows(corpus.vocabulary)])
    first = 0
    for key, file in files.items():
        _insert_windows(store, key, parts(file, number_N[key], first), HighestLabels(key, file, corpus))
        store.insert("tails", [tail_rows(file.empty, key)])
        first += len(file)
    store.insert("window_sets", [set_row(key, file) for key, file in files.items()])
    store.insert("weak_labels", weak_rows(corpus))
    store.insert("events", [corpus.events])
    store.insert("provenance", [table_of([json.dumps(record, sort_keys=True, ensure_ascii=False)])])


def _insert_windows(store: StoreWriter, key: str, transactions: Iterable[list[Part]], highest: HighestLabels) -> None:
    """Insert the windows of a key, their labels, and the highest ones of clips."""
    for some in transactions:
        store.insert("labels", map(label_rows, some))
        store.insert("windows", (window_rows(part, key) for part in some))
        store.insert("highest_labels", highest.rows(some))
    store.insert("highest_labels", highest.last())
