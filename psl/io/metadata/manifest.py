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
    """Write rows of the schema MANIFEST, sorted by clip_id. Same rows, same bytes.

    Raises PslError on repeated ids, and for a clip with a label that nobody looked for.
    """
    table = table.cast(MANIFEST).sort_by("clip_id")
    ids = table["clip_id"].combine_chunks()
    repeated = ids[1:].filter(pc.equal(ids[1:], ids[:-1])) if len(ids) > 1 else ids[:0]
    if len(repeated):
        raise PslError(
            f"the lists name the clip {repeated[0]} more than once ({len(repeated)} such rows): "
            "keep one row for each clip"
        )
    _require_looked_for(table)
    write_parquet(folder / MANIFEST_FILE, table)


def read_manifest(folder: Path) -> pa.Table:
    """The manifest in `folder`, sorted by clip_id. Raises PslError when it is missing or has other columns."""
    return read_parquet(folder / MANIFEST_FILE, MANIFEST, "manifest", "metadata")


def subset_rows(manifest: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows of these subsets, in the manifest's order; see Subsets.parts_of for those that a subset includes."""
    return manifest.filter(pc.is_in(manifest["subset"], pa.array(names, pa.string())))


def clips_of(manifest: pa.Table, clip_ids: tuple[str, ...]) -> pa.Table:
    """The manifest's rows of `clip_ids`, which are sorted as the manifest is. Raises PslError for one it lacks."""
    rows = manifest.filter(pc.is_in(manifest["clip_id"], pa.array(clip_ids, pa.string())))
    if len(rows) != len(clip_ids):
        unknown = sorted(set(clip_ids) - set(rows["clip_id"].to_pylist()))
        raise PslError(
            f"{len(unknown)} clips with features are not in the manifest, such as {unknown[0]}: "
            f"run the features stage again"
        )
    return rows


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
    return _class_matrix(table, "labels", vocabulary)


def known_targets(table: pa.Table, vocabulary: Vocabulary) -> npt.NDArray[np.bool_] | None:
    """Which weak labels are known, known_NC: those of the classes that were looked for in a clip.

    None when all are known, as nothing else is stated of any of these rows of the manifest: a missing label is a
    negative. Raises PslError for a class that is not in the vocabulary.
    """
    stated = pc.is_valid(table["looked_for"])
    if not pc.any(stated).as_py():
        return None
    return _class_matrix(table, "looked_for", vocabulary) | ~stated.to_numpy()[:, None]


def require_all_looked_for(table: pa.Table, user: str) -> None:
    """Raise PslError when weak labels of these rows are unknown, which `user` would take for negatives."""
    partial = table.filter(pc.is_valid(table["looked_for"]))
    if len(partial):
        raise PslError(
            f"{user} takes a missing label for a negative, and in {len(partial)} of {len(table)} clips, such as "
            f"{partial['clip_id'][0]}, only some classes were looked for: use a corpus of complete labels"
        )


def _require_looked_for(table: pa.Table) -> None:
    """Raise PslError that names clip and class for a label that is none of those that were looked for."""
    partial = table.filter(pc.is_valid(table["looked_for"])).select(["clip_id", "labels", "looked_for"])
    for clip in partial.to_pylist():
        unexpected = set(clip["labels"] or []) - set(clip["looked_for"])
        if unexpected:
            raise PslError(
                f"the clip {clip['clip_id']} has the label {min(unexpected)}, which is none of the "
                f"{len(clip['looked_for'])} classes that were looked for in it: add it to them, or remove the label"
            )


def _class_matrix(table: pa.Table, column: str, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    """Which classes a column of lists names, N rows by C classes; a null names none."""
    labels = table[column].combine_chunks()
    clip_L = np.repeat(np.arange(len(labels)), pc.list_value_length(labels).fill_null(0).to_numpy(zero_copy_only=False))
    mid_L = labels.flatten()
    class_L = pc.index_in(mid_L, pa.array(vocabulary.mids)).to_numpy(zero_copy_only=False)
    outside = np.flatnonzero(np.isnan(class_L.astype(np.float64)))
    if len(outside):
        clip = table["clip_id"][int(clip_L[outside[0]])]
        word = {"labels": "label", "looked_for": "looked-for class"}[column]
        raise PslError(
            f"the clip {clip} has the {word} {mid_L[int(outside[0])]}, which is none of the vocabulary's "
            f"{len(vocabulary)} classes ({len(outside)} such labels): use the vocabulary of this corpus"
        )
    y_NC = np.zeros((len(labels), len(vocabulary)), dtype=bool)
    y_NC[clip_L, class_L.astype(np.int64)] = True
    return y_NC
