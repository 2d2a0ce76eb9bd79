"""The clips that leaks leave out: one list, which every stage that trains, labels or evaluates opens its features with."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.files import write_whole
from psl.progress import say
from psl.schemas import EXCLUDED


def write_excluded(path: Path, clips: Sequence[tuple[str, str]]) -> None:
    """Write the list of (corpus, clip id). Same clips, same bytes."""
    corpora, clip_ids = zip(*sorted(set(clips)), strict=True) if clips else ((), ())
    with write_whole(path) as temporary:
        pq.write_table(pa.table([pa.array(corpora, pa.string()), pa.array(clip_ids, pa.string())], schema=EXCLUDED), temporary)


def read_excluded(path: Path, corpus: str) -> frozenset[str]:
    """Ids of the corpus's clips in the list. Raises PslError when there is none, or it is of another form."""
    if not path.is_file():
        raise PslError(f"there is no list of excluded clips at {path}: run the stage leaks first")
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise PslError(f"the list {path} cannot be read ({error}): run the stage leaks again") from None
    if not table.schema.equals(EXCLUDED):
        raise PslError(f"the list {path} has other columns ({', '.join(table.schema.names)}): run the stage leaks again")
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
