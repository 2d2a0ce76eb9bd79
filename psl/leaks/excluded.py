"""The clips that leaks leave out: one list, which every stage that trains, labels or evaluates opens its features with."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.parquet_tables import read_parquet, write_parquet
from psl.progress import say
from psl.schemas import EXCLUDED


def write_excluded(path: Path, clips: Sequence[tuple[str, str]]) -> None:
    """Write the list of (corpus, clip id). Same clips, same bytes."""
    corpora, clip_ids = zip(*sorted(set(clips)), strict=True) if clips else ((), ())
    write_parquet(path, pa.table([pa.array(corpora, pa.string()), pa.array(clip_ids, pa.string())], schema=EXCLUDED))


def read_excluded(path: Path, corpus: str) -> frozenset[str]:
    """Ids of the corpus's clips in the list. Raises PslError when there is none, or it is of another form."""
    table = read_parquet(path, EXCLUDED, "list of excluded clips", "leaks")
    return frozenset(table.filter(pc.equal(table["corpus"], corpus))["clip_id"].to_pylist())


def kept_store(features: Path, subsets: Sequence[str], excluded: Path) -> FeatureStore:
    """The features of some subsets of the corpus in the folder `features`, without the clips of the list `excluded`.

    How many are left out is said aloud. Raises PslError when no clip is left.
    """
    store = FeatureStore(features, subsets, read_excluded(excluded, features.name))
    clips = f"{store.n_left_out} of {len(store) + store.n_left_out} clips in {', '.join(subsets)} of {features.name}"
    if store.n_left_out and not len(store):
        raise PslError(f"{clips} are left out for leaks, and none is left: see reports/leaks.md, and change leaks.exclude or leaks.kinds")
    if store.n_left_out:
        say(f"{clips} are left out for leaks, see reports/leaks.md")
    return store
