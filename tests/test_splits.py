"""The validation part is made of whole sources, near the share, and the same whatever the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.io.metadata.splits import validation_clips
from psl.runtime.errors import PslError

SOURCES = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=60).filter(lambda sources: len(set(sources)) > 1)


@given(SOURCES, st.floats(0.01, 0.99), st.integers(0, 5))
def test_no_source_on_both_sides_and_neither_side_empty(sources, share, seed):
    chosen_N = validation_clips(sources, share, seed)
    validating = {source for source, chosen in zip(sources, chosen_N, strict=True) if chosen}
    training = {source for source, chosen in zip(sources, chosen_N, strict=True) if not chosen}
    assert validating and training and not validating & training


@given(SOURCES, st.randoms())
def test_the_order_of_clips_does_not_matter(sources, random):
    shuffled = random.sample(sources, len(sources))
    chosen = dict(zip(sources, validation_clips(sources, 0.3), strict=True))
    assert [chosen[source] for source in shuffled] == validation_clips(shuffled, 0.3).tolist()


def test_many_sources_give_the_share_and_another_seed_another_part():
    sources = [f"tape{n % 500}" for n in range(2000)]
    first, second = validation_clips(sources, 0.1, seed=0), validation_clips(sources, 0.1, seed=1)
    assert first.sum() == second.sum() == 200 and (first != second).any()


def test_few_large_sources_come_as_near_as_they_can():
    assert validation_clips([f"group{n % 8}" for n in range(304)], 0.1).sum() == 38


def test_added_clips_move_few_others():
    sources = [f"tape{n}" for n in range(1000)]
    before, after = validation_clips(sources, 0.2), validation_clips([*sources, *(f"new{n}" for n in range(100))], 0.2)
    assert np.mean(before != after[:1000]) < 0.05


def test_one_source_cannot_be_split():
    with pytest.raises(PslError, match="1 source"):
        validation_clips(["a", "a", "a"], 0.5)
