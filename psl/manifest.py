"""The manifest of a corpus: every clip that its lists ask for, where it lies, and what it is weakly labelled with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.errors import PslError
from psl.parquet_tables import read_parquet, write_parquet
from psl.schemas import MANIFEST, NESTED_SUBSETS, SUBSETS
from psl.vocabulary import Vocabulary

MANIFEST_FILE = "manifest.parquet"


def write_manifest(folder: Path, table: pa.Table) -> None:
    """Write rows of the schema MANIFEST, sorted by clip_id. Same rows, same bytes. Raises PslError for a clip that comes twice."""
    table = table.cast(MANIFEST).sort_by("clip_id")
    ids = table["clip_id"].combine_chunks()
    twice = ids[1:].filter(pc.equal(ids[1:], ids[:-1])) if len(ids) > 1 else ids[:0]
    if len(twice):
        raise PslError(f"the lists name the clip {twice[0]} more than once ({len(twice)} such rows): keep one row for each clip")
    write_parquet(folder / MANIFEST_FILE, table)


def read_manifest(folder: Path) -> pa.Table:
    """The manifest in `folder`, sorted by clip_id. Raises PslError when there is none or it is of another form."""
    return read_parquet(folder / MANIFEST_FILE, MANIFEST, "manifest", "metadata")


def subset_rows(table: pa.Table, subsets: Sequence[str]) -> pa.Table:
    """The rows whose `subset` is one of `subsets`, in their order. Raises PslError for one that neither AudioSet nor the table has."""
    there = dict.fromkeys([*SUBSETS, *table["subset"].unique().to_pylist()])
    unknown = sorted(set(subsets) - set(there))
    if unknown:
        raise PslError(f"{', '.join(unknown)} is no subset: there are {', '.join(there)}")
    return table.filter(pc.is_in(table["subset"], pa.array(subsets, pa.string())))


def require_subset(table: pa.Table, subset: str, asked_by: str) -> None:
    """Raise PslError when a subset larger than balanced is asked for, and the unbalanced list is not there."""
    smallest, *larger = NESTED_SUBSETS
    if subset in larger and not set(larger) & set(table["subset"].unique().to_pylist()):
        raise PslError(
            f"{asked_by} is {subset}, and the corpus has no training clip beyond {smallest}: put unbalanced_train_segments.csv beside its "
            f"lists, or set {asked_by} to {smallest}"
        )


def weak_targets(table: pa.Table, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """The weak labels as y_NC, N rows of the manifest by C classes. Raises PslError for a label outside the vocabulary."""
    labels = table["labels"].combine_chunks()
    clip_L = np.repeat(np.arange(len(labels)), pc.list_value_length(labels).to_numpy(zero_copy_only=False))
    mid_L = labels.flatten()
    class_L = pc.index_in(mid_L, pa.array(vocabulary.mids)).to_numpy(zero_copy_only=False)
    outside = np.flatnonzero(np.isnan(class_L.astype(np.float64)))
    if len(outside):
        clip = table["clip_id"][int(clip_L[outside[0]])]
        raise PslError(
            f"the clip {clip} has the label {mid_L[int(outside[0])]}, which is none of the vocabulary's {len(vocabulary)} classes "
            f"({len(outside)} such labels): use the vocabulary of this corpus"
        )
    y_NC = np.zeros((len(labels), len(vocabulary)), dtype=bool)
    y_NC[clip_L, class_L.astype(np.int64)] = True
    return y_NC
