"""Long arrays in blocks: what is computed of each block is what would be computed of the whole.

A computation that looks at its neighbours gets every block with context on both sides, which is cut off its result.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def rechunk(arrays: Iterable[Array], size: int) -> Iterator[Array]:
    """The same steps in arrays of exactly `size`; the last may be shorter."""
    held: list[Array] = []
    for array in arrays:
        held.append(array)
        if sum(map(len, held)) >= size:
            joined = np.concatenate(held)
            whole = len(joined) // size * size
            yield from np.split(joined[:whole], whole // size)
            held = [joined[whole:]]
    if sum(map(len, held)):
        yield np.concatenate(held)


def map_blocks(
    blocks: Iterable[Array], compute: Callable[[Array], Array], context: int, hop: int = 1
) -> Iterator[Array]:
    """`compute` of blocks as `rechunk` gives them, where it makes one step of `hop` steps.

    It sees `context` more steps on either side, a multiple of `hop` that is no longer than a block, and nothing beyond
    the ends of the whole. A last block that is shorter than the others is joined to the one before it.
    """
    rest = iter(blocks)
    current = next(rest, None)
    before = None if current is None else current[:0]
    while current is not None and before is not None:
        following = next(rest, None)
        if following is not None and len(following) < len(current):
            current, following = np.concatenate([current, following]), None
        after = current[:0] if following is None else following[:context]
        result = compute(np.concatenate([before, current, after]))
        first = len(before) // hop
        yield result[first : None if following is None else first + len(current) // hop]
        before, current = current[len(current) - context :], following
