"""Clips of each subset and class, counted by what became of them; and the lines that tell of it."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.schemas import NESTED_SUBSETS, nested
from psl.vocabulary import Vocabulary

SHOWN = 5  # classes in a line

Tally = tuple[str, str | None, str | None, list[int]]  # subset, mid and name (None: all clips), clips with each code
Told = tuple[
    str, str | None, int, int, str
]  # subset, class (None: all clips), clips asked for, those that are there, and what there is to say of the others


def tally(manifest: pa.Table, code_N: npt.NDArray[np.int64], codes: int, classes: Vocabulary | None) -> Iterator[Tally]:
    """For each subset all clips, then each class in the order of `classes`; row n of the manifest has code code_N[n] < `codes`.

    A subset of AudioSet counts those that it holds, too.
    """
    there = set(manifest["subset"].unique().to_pylist())
    for subset in [*(name for name in NESTED_SUBSETS if name in there), *sorted(there - set(NESTED_SUBSETS))]:
        in_N = pc.is_in(manifest["subset"], pa.array(nested(subset))).to_numpy()
        yield subset, None, None, np.bincount(code_N[in_N], minlength=codes).tolist()
        if classes:
            counts_CK = _by_class(manifest["labels"].filter(pa.array(in_N)).combine_chunks(), code_N[in_N], codes, classes)
            yield from ((subset, *row) for row in zip(classes.mids, classes.names, counts_CK.tolist(), strict=True))


def told(counts: Iterable[Told], word: str) -> list[str]:
    """A line for each subset: how many of the clips asked for are there, and which classes were lost.

    >>> told([("eval", None, 2, 1, ", 1 lost"), ("eval", "Bark", 1, 0, ""), ("eval", "Bell", 1, 1, "")], "found")
    ['eval: 1 of 2 clips found (50.0%), 1 lost; none of 1 classes: Bark']
    """
    shares: dict[str, str] = {}
    lost: dict[str, list[str]] = {}
    for subset, name, asked, there, rest in counts:
        if name is None:
            shares[subset] = f"{subset}: {there} of {asked} clips {word} ({there / asked:.1%}){rest}"
        elif asked and not there:
            lost.setdefault(subset, []).append(name)
    return [share + (_lost(lost[subset]) if subset in lost else "") for subset, share in shares.items()]


def _by_class(labels: pa.ListArray, code_N: npt.NDArray[np.int64], codes: int, classes: Vocabulary) -> npt.NDArray[np.int64]:
    """Clips with each class (row) and code (column)."""
    class_L = pc.index_in(labels.flatten(), pa.array(classes.mids)).to_numpy(zero_copy_only=False)
    code_L = code_N[labels.value_parent_indices().to_numpy()]
    return np.bincount(class_L * codes + code_L, minlength=len(classes) * codes).reshape(-1, codes)


def _lost(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"; none of {len(names)} classes: {', '.join(names[:SHOWN])}{more}"
