"""Divide the clips of a subset among files, so that one clip more or less changes one file, or splits or joins two.

A clip's file follows from the hash of its id: clips whose hashes begin with the same bits share a file, and a bit more
counts wherever more than `capacity` clips would. So the division depends on the set of clips alone, not on its history.
"""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

SMALLEST_CAPACITY = 8  # clips; files are two thirds full on the average
MOST_FILES = 4096
BITS = 64

Ints = npt.NDArray[np.integer]


def partition(clip_ids: Sequence[str]) -> Iterator[list[int]]:
    """The numbers of the clips in each file, in the order of `clip_ids`."""
    hash_N = np.array([_hash(clip_id) for clip_id in clip_ids], np.uint64)
    order_N = np.argsort(hash_N, kind="stable")
    for begin, end in _ranges(hash_N[order_N], capacity(len(clip_ids))):
        yield np.sort(order_N[begin:end]).tolist()


def capacity(clips: int) -> int:
    """The most clips in a file: it doubles whenever so many clips would fill MOST_FILES.

    >>> [capacity(clips) for clips in (1, 16_384, 16_385, 2_000_000)]
    [8, 8, 16, 1024]
    """
    most = SMALLEST_CAPACITY
    while clips > MOST_FILES * most // 2:
        most *= 2
    return most


def _ranges(hash_N: Ints, most: int) -> Iterator[tuple[int, int]]:
    """The ranges of the sorted hashes that share their first bits, as few bits as leave at most `most` in each."""
    waiting = [(0, len(hash_N), 0, BITS)]  # begin, end, the lowest hash that belongs there, bits left
    while waiting:
        begin, end, lowest, bits = waiting.pop()
        if end - begin > most and bits:
            upper = lowest | 1 << bits - 1
            middle = begin + int(np.searchsorted(hash_N[begin:end], np.uint64(upper)))
            waiting += [(middle, end, upper, bits - 1), (begin, middle, lowest, bits - 1)]
        elif end > begin:
            yield begin, end


def _hash(clip_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(clip_id.encode(), digest_size=BITS // 8).digest())
