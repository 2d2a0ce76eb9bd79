"""The manifest of a corpus: every clip of its lists, with its audio file and its weak labels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import read_parquet, write_parquet
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError

MANIFEST_FILE = "manifest.parquet"


def write_manifest(folder: Path, table: pa.Table) -> None:
    """Write rows of the schema MANIFEST, sorted by clip_id. Same rows, same bytes. Raises PslError on repeated ids."""
    table = table.cast(MANIFEST).sort_by("clip_id")
    ids = table["clip_id"].combine_chunks()
    repeated = ids[1:].filter(pc.equal(ids[1:], ids[:-1])) if len(ids) > 1 else ids[:0]
    if len(repeated):
        raise PslError(
            f"the lists name the clip {repeated[0]} more than once ({len(repeated)} such rows): "
            "keep one row for each clip"
        )
    write_parquet(folder / MANIFEST_FILE, table)


def read_manifest(folder: Path) -> pa.Table:
    """The manifest in `folder`, sorted by clip_id. Raises PslError when it is missing or has other columns."""
    return read_parquet(folder / MANIFEST_FILE, MANIFEST, "manifest", "metadata")


def subset_rows(manifest: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows of these subsets, in the manifest's order; see Subsets.parts_of for those that a subset includes."""
    return manifest.filter(pc.is_in(manifest["subset"], pa.array(names, pa.string())))


def require_subset(manifest: pa.Table, subsets: Subsets, name: str, key: str) -> None:
    """Raise PslError when the parameter `key` names a subset that adds no clip to the smallest that it includes."""
    smallest, *others = subsets.parts_of(name)
    larger = {subset for subset in subsets.names if smallest in subsets.parts_of(subset)} - {smallest}
    if others and not larger & set(manifest["subset"].unique().to_pylist()):
        raise PslError(
            f"{key} is {name}, and the corpus has no training clip beyond {smallest}: "
            f"add the list of the others to its folder of lists, or set {key} to {smallest}"
        )


def weak_targets(table: pa.Table, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """The weak labels y_NC, N rows of the manifest by C classes. Raises PslError for one not in the vocabulary."""
    labels = table["labels"].combine_chunks()
    clip_L = np.repeat(np.arange(len(labels)), pc.list_value_length(labels).to_numpy(zero_copy_only=False))
    mid_L = labels.flatten()
    class_L = pc.index_in(mid_L, pa.array(vocabulary.mids)).to_numpy(zero_copy_only=False)
    outside = np.flatnonzero(np.isnan(class_L.astype(np.float64)))
    if len(outside):
        clip = table["clip_id"][int(clip_L[outside[0]])]
        raise PslError(
            f"the clip {clip} has the label {mid_L[int(outside[0])]}, which is none of the vocabulary's "
            f"{len(vocabulary)} classes ({len(outside)} such labels): use the vocabulary of this corpus"
        )
    y_NC = np.zeros((len(labels), len(vocabulary)), dtype=bool)
    y_NC[clip_L, class_L.astype(np.int64)] = True
    return y_NC
