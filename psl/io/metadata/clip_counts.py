"""Clips of each subset and class, counted by status, and the lines that summarise them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary

MAX_NAMED_CLASSES = 5  # in a line

StatusCounts = tuple[str, str | None, str | None, list[int]]  # subset, mid and name (None: all clips), clips by status
SummaryRow = tuple[
    str, str | None, int, int, str
]  # subset, class (None: all clips), clips listed, clips present, remark


@dataclass(frozen=True)
class SubsetCount:
    """Clips of a subset with a class among their weak labels; `mid` and `name` are None for all clips of the subset."""

    subset: str
    mid: str | None
    name: str | None
    asked: int  # clips in the corpus's lists
    found: int  # of them with audio


def count_found(manifest: pa.Table, subsets: Subsets, classes: Vocabulary) -> list[SubsetCount]:
    """Clips listed and clips with audio: for each subset all clips, then each class in the order of `classes`."""
    found_N = pc.is_valid(manifest["path"]).to_numpy().astype(np.int64)
    return [
        SubsetCount(subset, mid, name, missing + found, found)
        for subset, mid, name, (missing, found) in count_by_status(manifest, subsets, found_N, 2, classes=classes)
    ]


def found_lines(counts: Sequence[SubsetCount]) -> list[str]:
    """A line for each subset: clips with audio of those listed, and the classes that were lost."""
    return summary_lines(((count.subset, count.name, count.asked, count.found, "") for count in counts), "found")


def count_by_status(
    manifest: pa.Table,
    subsets: Subsets,
    status_N: npt.NDArray[np.int64],
    n_status: int,
    *,
    classes: Vocabulary | None,
) -> Iterator[StatusCounts]:
    """For each subset in the order of `subsets` all clips, then each class in the order of `classes`.

    Row n of the manifest has the status status_N[n] < `n_status`. A subset also counts the clips of those it includes.
    Raises PslError for a subset of the manifest that is none of `subsets`.
    """
    for subset in subsets.in_order(manifest["subset"].unique().to_pylist()):
        member_N = pc.is_in(manifest["subset"], pa.array(subsets.parts_of(subset))).to_numpy()
        yield subset, None, None, np.bincount(status_N[member_N], minlength=n_status).tolist()
        if classes:
            labels = manifest["labels"].filter(pa.array(member_N)).combine_chunks()
            counts_CK = _by_class(labels, status_N[member_N], n_status, classes)
            yield from ((subset, *row) for row in zip(classes.mids, classes.names, counts_CK.tolist(), strict=True))


def summary_lines(rows: Iterable[SummaryRow], word: str) -> list[str]:
    """A line for each subset: how many of its clips are present, and the classes of which none is.

    >>> summary_lines([("eval", None, 2, 1, ", 1 lost"), ("eval", "Bark", 1, 0, "")], "found")
    ['eval: 1 of 2 clips found (50.0%), 1 lost; none of 1 classes: Bark']
    """
    shares: dict[str, str] = {}
    lost: dict[str, list[str]] = {}
    for subset, name, listed, present, remark in rows:
        if name is None:
            shares[subset] = f"{subset}: {present} of {listed} clips {word} ({present / listed:.1%}){remark}"
        elif listed and not present:
            lost.setdefault(subset, []).append(name)
    return [share + (_lost_classes(lost[subset]) if subset in lost else "") for subset, share in shares.items()]


def _by_class(
    labels: pa.ListArray, status_N: npt.NDArray[np.int64], n_status: int, classes: Vocabulary
) -> npt.NDArray[np.int64]:
    """Clips with each class (row) and status (column)."""
    class_L = pc.index_in(labels.flatten(), pa.array(classes.mids)).to_numpy(zero_copy_only=False)
    status_L = status_N[labels.value_parent_indices().to_numpy()]
    return np.bincount(class_L * n_status + status_L, minlength=len(classes) * n_status).reshape(-1, n_status)


def _lost_classes(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMED_CLASSES} more" if len(names) > MAX_NAMED_CLASSES else ""
    return f"; none of {len(names)} classes: {', '.join(names[:MAX_NAMED_CLASSES])}{more}"
