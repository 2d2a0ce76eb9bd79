"""Arrays in blocks with context: the same as the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.tagging.blocks import map_blocks, rechunk

LENGTHS = st.lists(st.integers(0, 30), max_size=12)


def numbered(lengths):
    """Arrays of these lengths, which count on."""
    ends = np.cumsum(lengths, dtype=int)
    return np.split(np.arange(ends[-1] if len(ends) else 0), ends[:-1])


@given(LENGTHS, st.integers(1, 25))
def test_blocks_have_one_size_and_lose_nothing(lengths, size):
    blocks = list(rechunk(iter(numbered(lengths)), size))
    assert [len(block) for block in blocks[:-1]] == [size] * (len(blocks) - 1) and all(map(len, blocks))
    assert [each for block in blocks for each in block.tolist()] == list(range(sum(lengths)))


def sums_around(x_T, reach, hop):
    """What lies up to `reach` steps around every `hop`th one; beyond the ends there are zeros."""
    padded_T = np.pad(x_T, reach)
    return np.array([padded_T[t : t + 2 * reach + 1].sum() for t in range(0, len(x_T), hop)])


@given(LENGTHS.filter(sum), st.integers(1, 4), st.sampled_from([(0, 0), (3, 1), (4, 2)]), st.integers(0, 3))
def test_what_looks_at_its_neighbours_finds_those_of_the_whole(lengths, hop, contexts, more):
    context, reach = contexts[0] * hop, contexts[1]
    blocks = rechunk(iter(numbered(lengths)), (contexts[0] + 1 + more) * hop)
    parts = map_blocks(blocks, lambda block: sums_around(block, reach, hop), context, hop)
    np.testing.assert_array_equal(np.concatenate([*parts]), sums_around(np.arange(sum(lengths)), reach, hop))


@pytest.mark.parametrize("arrays", [[], [np.empty(0)]])
def test_nothing_is_no_block(arrays):
    assert [*map_blocks(rechunk(arrays, 3), np.sum, 0)] == []
