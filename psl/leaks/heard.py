"""Near-same clips among the features of all corpora: the evaluation sets are indexed, then every set is streamed past the index."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from psl.errors import PslError
from psl.features.store import FeatureStore
from psl.leaks.clips import Clips, Ints
from psl.leaks.fingerprint import Prints, fingerprints, join
from psl.leaks.near import Near, NearIndex
from psl.leaks.same import comparable
from psl.progress import say, track

GROUPS_AT_ONCE = 16  # row groups, 256 clips


def near_pairs(features: Path, clips: Clips, most: float) -> tuple[Near, dict[str, int]]:
    """Pairs at most `most` apart among the features in `features`/<corpus>, and how many clips of each set have none to compare.

    A set without features is said aloud. Raises PslError for corpora of different front ends.
    """
    stores = {number: store for number in range(len(clips.sets)) if (store := _store(features, *clips.sets[number]))}
    _require_one_front_end({clips.sets[number][0]: store for number, store in stores.items()})
    clip_of = {number: _numbers(clips, number, store) for number, store in stores.items()}
    held = {number: list(_prints(stores[number], clip_of[number])) for number in stores if not clips.trains_S[number]}
    index = NearIndex(join([group for groups in held.values() for group in groups]))
    total = sum(len(store) for store in stores.values())
    compared_S = np.zeros(len(clips.sets), np.int64)
    found = []
    asked = ((number, group) for number in stores for group in held.get(number) or _prints(stores[number], clip_of[number]))
    for number, group in track(asked, "leaks: clips", total, size=lambda item: len(item[1].number_N)):
        compared_S[number] += np.count_nonzero(np.diff(group.first_N))
        found.append(index.search(group, most, lambda a_P, b_P: comparable(clips, a_P, b_P)))
    columns = [np.concatenate([np.empty(0, np.int64 if place < 2 else np.float64), *(part[place] for part in found)]) for place in range(3)]
    clips_S = np.bincount(clips.set_N, minlength=len(clips.sets))
    return Near(*columns), {f"{corpus}/{subset}": int(clips_S[n] - compared_S[n]) for n, (corpus, subset) in enumerate(clips.sets)}


def _store(features: Path, corpus: str, subset: str) -> FeatureStore | None:
    if not any((features / corpus).glob(f"{subset}-*.parquet")):
        say(f"the subset {subset} of {corpus} has no features: near-same clips are not looked for in it")
        return None
    return FeatureStore(features / corpus, [subset])


def _require_one_front_end(stores: dict[str, FeatureStore]) -> None:
    first = next(iter(stores), None)
    other = next((name for name, store in stores.items() if first and store.front_end_hash != stores[first].front_end_hash), None)
    if other:
        raise PslError(f"the features of {first} and {other} come from different front ends: run the features stage of both again")


def _numbers(clips: Clips, number: int, store: FeatureStore) -> Ints:
    """The number of each clip of the store. Raises PslError for one that the manifest does not have."""
    members = np.flatnonzero(clips.set_N == number)
    place = pc.index_in(pa.array(store.clip_ids, pa.string()), clips.clip_ids.take(members))
    if place.null_count:
        corpus, subset = clips.sets[number]
        raise PslError(
            f"{place.null_count} clips of {corpus} have features and are not in {subset} of its manifest: make the features anew"
        )
    numbers: Ints = members[place.to_numpy()]
    return numbers


def _prints(store: FeatureStore, clip_N: Ints) -> Iterator[Prints]:
    """Some clips at a time."""
    each = (
        fingerprints(clip_N[numbers.start : numbers.stop], store.read_group(group), store.front_end)
        for group, numbers in enumerate(store.groups)
    )
    while some := list(islice(each, GROUPS_AT_ONCE)):
        yield join(some)
