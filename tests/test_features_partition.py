"""The files of a subset: a division of its clips that depends on the set of them alone, and that one changes little."""

from hypothesis import given, settings
from hypothesis import strategies as st

from psl.features.extraction.partition import SMALLEST_CAPACITY, capacity, partition

IDS = st.sets(st.integers(0, 5000).map("clip{}".format), min_size=1, max_size=400)


def files(clip_ids: set[str]) -> set[tuple[str, ...]]:
    ordered = sorted(clip_ids)
    return {tuple(ordered[number] for number in numbers) for numbers in partition(ordered)}


@settings(max_examples=60, deadline=None)
@given(clip_ids=IDS)
def test_each_clip_is_in_one_file_in_the_order_of_the_ids(clip_ids):
    divided = files(clip_ids)
    assert sorted(clip_id for file in divided for clip_id in file) == sorted(clip_ids)
    assert all(list(file) == sorted(file) and len(file) <= SMALLEST_CAPACITY for file in divided)


@settings(max_examples=60, deadline=None)
@given(clip_ids=IDS, number=st.integers(6000, 7000))
def test_one_clip_more_changes_one_file_or_splits_it(clip_ids, number):
    before, after = files(clip_ids), files({*clip_ids, f"clip{number}"})
    gone, new = before - after, after - before
    assert len(gone) <= 1 and {clip for file in new for clip in file} == {clip for file in gone for clip in file} | {
        f"clip{number}"
    }
    assert len(new) == 1 or len({clip for file in new for clip in file}) == SMALLEST_CAPACITY + 1


def test_files_are_two_thirds_full_and_at_most_4096():
    for clips in (10_000, 40_000):
        divided = list(partition([str(number) for number in range(clips)]))
        assert max(map(len, divided)) <= capacity(clips) and 0.6 < clips / len(divided) / capacity(clips) < 0.8
    assert 2_000_000 / (0.6 * capacity(2_000_000)) < 4096
