"""Clips that are excluded because of leaks: one list, applied by every stage that trains, labels or evaluates."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.io.features.store import FeatureStore
from psl.io.parquet import read_parquet, write_parquet
from psl.io.schemas import EXCLUDED
from psl.runtime.errors import PslError
from psl.runtime.progress import log


def write_excluded(path: Path, clips: Sequence[tuple[str, str]]) -> None:
    """Write the list of (corpus, clip id). Same clips, same bytes."""
    corpora, clip_ids = zip(*sorted(set(clips)), strict=True) if clips else ((), ())
    write_parquet(path, pa.table([pa.array(corpora, pa.string()), pa.array(clip_ids, pa.string())], schema=EXCLUDED))


def read_excluded(path: Path, corpus: str) -> frozenset[str]:
    """Ids of the corpus's clips in the list. Raises PslError when the list is missing or damaged."""
    table = read_parquet(path, EXCLUDED, "list of excluded clips", "leaks")
    return frozenset(table.filter(pc.equal(table["corpus"], corpus))["clip_id"].to_pylist())


def kept_store(
    features: Path, subsets: Sequence[str], excluded: Path, *, without: Collection[str] = ()
) -> FeatureStore:
    """The features of some subsets of the corpus in the folder `features`, without the clips in the list `excluded`.

    Also without the clips `without`, which have features. The number of those that leak is logged. Raises PslError
    when all leak.
    """
    leaking = read_excluded(excluded, features.name)
    store = FeatureStore(features, subsets, leaking.union(without))
    n_clips, n_leaking = len(store) + store.n_excluded, store.n_excluded - len(set(without) - leaking)
    counts = f"{n_leaking} of {n_clips} clips in {', '.join(subsets)} of {features.name}"
    if n_leaking and n_leaking == n_clips:
        raise PslError(
            f"{counts} are excluded because of leaks, and none is left: see reports/leaks.md, and change leaks.exclude "
            "or leaks.kinds"
        )
    if n_leaking:
        log(f"{counts} are excluded because of leaks, see reports/leaks.md")
    return store
