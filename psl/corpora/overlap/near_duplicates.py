"""Near duplicates among the features of all corpora: evaluation sets are indexed, then all sets are queries."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from psl.corpora.overlap.clips import ClipCatalog, Ints
from psl.corpora.overlap.fingerprint import Fingerprints, compute_fingerprints, concatenate
from psl.corpora.overlap.fingerprint_index import FingerprintIndex, NearDuplicates
from psl.corpora.overlap.shared_names import is_comparable
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track

GROUPS_PER_BATCH = 16  # row groups of features, 256 clips


def find_near_duplicates(
    features: Path, clips: ClipCatalog, max_distance: float
) -> tuple[NearDuplicates, dict[str, int]]:
    """Pairs closer than `max_distance` in `features`/CORPUS, and the number of clips of each set without fingerprint.

    Logs the sets without features. Raises PslError for corpora of different front ends.
    """
    stores = {number: store for number in range(len(clips.sets)) if (store := _store(features, *clips.sets[number]))}
    _require_one_front_end({clips.sets[number][0]: store for number, store in stores.items()})
    numbers_of = {number: _clip_numbers(clips, number, store) for number, store in stores.items()}
    evaluation = {
        number: list(_fingerprints(store, numbers_of[number]))
        for number, store in stores.items()
        if not clips.trains_S[number]
    }
    index = FingerprintIndex(concatenate([batch for batches in evaluation.values() for batch in batches]))
    queries = (
        (number, batch)
        for number, store in stores.items()
        for batch in evaluation.get(number) or _fingerprints(store, numbers_of[number])
    )
    total = sum(len(store) for store in stores.values())
    compared_S = np.zeros(len(clips.sets), np.int64)
    results = []
    for number, batch in track(queries, "leaks: clips", total, size=lambda query: len(query[1].number_N)):
        compared_S[number] += np.count_nonzero(np.diff(batch.first_N))
        results.append(index.search(batch, max_distance, lambda a_P, b_P: is_comparable(clips, a_P, b_P)))
    return _merge(results), _not_compared(clips, compared_S)


def _merge(results: list[NearDuplicates]) -> NearDuplicates:
    return NearDuplicates(
        np.concatenate([np.empty(0, np.int64), *(result.a_P for result in results)]),
        np.concatenate([np.empty(0, np.int64), *(result.b_P for result in results)]),
        np.concatenate([np.empty(0), *(result.distance_P for result in results)]),
    )


def _not_compared(clips: ClipCatalog, compared_S: Ints) -> dict[str, int]:
    clips_S = np.bincount(clips.set_N, minlength=len(clips.sets))
    return {
        f"{corpus}/{subset}": int(clips_S[number] - compared_S[number])
        for number, (corpus, subset) in enumerate(clips.sets)
    }


def _store(features: Path, corpus: str, subset: str) -> FeatureStore | None:
    if not any((features / corpus).glob(f"{subset}-*.parquet")):
        log(f"the subset {subset} of {corpus} has no features: it is not searched for near duplicates")
        return None
    return FeatureStore(features / corpus, [subset])


def _require_one_front_end(store_of: dict[str, FeatureStore]) -> None:
    first = next(iter(store_of), None)
    for corpus, store in store_of.items():
        if first and store.front_end_hash != store_of[first].front_end_hash:
            raise PslError(
                f"the features of {first} and {corpus} come from different front ends: "
                "run the features stage of both again"
            )


def _clip_numbers(clips: ClipCatalog, set_number: int, store: FeatureStore) -> Ints:
    """The number of each clip of the store. Raises PslError for one that the manifest does not have."""
    members = np.flatnonzero(clips.set_N == set_number)
    place = pc.index_in(pa.array(store.clip_ids, pa.string()), clips.clip_ids.take(members))
    if place.null_count:
        corpus, subset = clips.sets[set_number]
        raise PslError(
            f"{place.null_count} clips of {corpus} have features and are not in {subset} of its manifest: "
            f"run the stage features of {corpus} again"
        )
    numbers: Ints = members[place.to_numpy()]
    return numbers


def _fingerprints(store: FeatureStore, number_N: Ints) -> Iterator[Fingerprints]:
    """In batches of GROUPS_PER_BATCH row groups."""
    of_groups = (
        compute_fingerprints(number_N[rows.start : rows.stop], store.read_group(group), store.front_end)
        for group, rows in enumerate(store.groups)
    )
    while batch := list(islice(of_groups, GROUPS_PER_BATCH)):
        yield concatenate(batch)
