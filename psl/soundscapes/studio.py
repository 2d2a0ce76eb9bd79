"""What every corpus that is made of recordings shares: the bank by its name, its two sides, heard recordings, and processes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from psl.errors import PslError
from psl.params import PROCEDURAL, FromBank
from psl.soundscapes.bank import Bank, FolderBank, Recording
from psl.soundscapes.deal import split
from psl.soundscapes.procedural import EVAL_FOLD, TRAIN_FOLD, ProceduralBank
from psl.soundscapes.scene import Listen
from psl.soundscapes.sounding import Sounding, sounding

DEALING = 3  # random stream of the dealing, beside those of AudioSet's three lists
HEARD_SAMPLES = 64_000_000  # of decoded recordings that a process keeps, at four bytes each
LONGEST_KEPT_S = 4.0  # a recording's length as that is reckoned
Task = TypeVar("Task")
Result = TypeVar("Result")


def open_bank(params: FromBank, seed: int) -> Bank:
    """The bank that the parameters name. Raises PslError for a folder that is none."""
    return ProceduralBank(seed) if params.bank == PROCEDURAL else FolderBank(Path(params.bank))


def sides(params: FromBank, seed: int, bank: Bank) -> tuple[list[Recording], list[Recording]]:
    """Recordings that train and that evaluate; corpora with the same bank, folds and seed have the same. Raises PslError as split does."""
    folds = (params.train_folds, params.eval_folds) if params.bank != PROCEDURAL else ((TRAIN_FOLD,), (EVAL_FOLD,))
    return split(bank, *folds, np.random.default_rng([seed, DEALING, 0]))


def listener(bank: Bank, rate_hz: int) -> Listen:
    """Reads recordings and keeps the latest in memory."""

    @lru_cache(maxsize=max(int(HEARD_SAMPLES / (LONGEST_KEPT_S * rate_hz)), 1))
    def listen(recording: Recording) -> Sounding:
        return sounding(bank.read(recording, rate_hz), rate_hz, recording.name)

    return listen


def by_class(recordings: Iterable[Recording]) -> dict[str, list[Recording]]:
    """The recordings of each class."""
    found: dict[str, list[Recording]] = {}
    for recording in recordings:
        found.setdefault(recording.mid, []).append(recording)
    return found


def in_processes(make: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """What `make` makes of each task, in order, as they are done."""
    if workers == 1:
        yield from map(make, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        try:
            yield from pool.map(make, tasks, chunksize=16)
        except BrokenProcessPool:
            raise PslError("a process that makes scenes was killed, perhaps for want of memory: free some and run again") from None
