"""What all synthetic corpora share: opening a bank, splitting it, loading its sounds, and mapping over processes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from psl.config import PROCEDURAL, FromBank
from psl.corpora.synthetic.active_part import ActivePart, find_active_part
from psl.corpora.synthetic.bank import Bank, FolderBank, Recording
from psl.corpora.synthetic.esc50_bank import Esc50Bank, is_published
from psl.corpora.synthetic.procedural.bank import EVAL_FOLD, TRAIN_FOLD, ProceduralBank
from psl.corpora.synthetic.scene import LoadRecording
from psl.corpora.synthetic.split import split_train_eval
from psl.runtime.errors import PslError

SPLIT_STREAM = 3  # random stream of the splits; 0 to 2 are those of AudioSet's three lists
CACHED_SAMPLES = 64_000_000  # decoded samples that a process keeps, at four bytes each
CACHED_RECORDING_S = 4.0  # length at which a recording is counted for that
Task = TypeVar("Task")
Result = TypeVar("Result")


def open_bank(params: FromBank, seed: int) -> Bank:
    """The bank that the parameters name: procedural, ESC-50 as it is published, or a folder with one folder per class.

    Raises PslError for a folder that is none.
    """
    if params.source == PROCEDURAL:
        return ProceduralBank(seed)
    folder = Path(params.source)
    return Esc50Bank(folder) if is_published(folder) else FolderBank(folder)


def train_eval_recordings(params: FromBank, seed: int, bank: Bank) -> tuple[list[Recording], list[Recording]]:
    """The training and the evaluation recordings: the same for all corpora with the same bank, folds and seed.

    Raises PslError as split_train_eval does.
    """
    folds = (params.train_folds, params.eval_folds) if params.source != PROCEDURAL else ((TRAIN_FOLD,), (EVAL_FOLD,))
    return split_train_eval(bank, *folds, np.random.default_rng([seed, SPLIT_STREAM, 0]))


def recording_loader(bank: Bank, rate_hz: int) -> LoadRecording:
    """A function that loads the active part of a recording and caches the most recent ones."""

    @lru_cache(maxsize=max(int(CACHED_SAMPLES / (CACHED_RECORDING_S * rate_hz)), 1))
    def load(recording: Recording) -> ActivePart:
        return find_active_part(bank.read(recording, rate_hz), rate_hz, recording.name)

    return load


def group_by_class(recordings: Iterable[Recording]) -> dict[str, list[Recording]]:
    """The recordings of each class, by mid."""
    recordings_of: dict[str, list[Recording]] = {}
    for recording in recordings:
        recordings_of.setdefault(recording.mid, []).append(recording)
    return recordings_of


def map_in_processes(build: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """The result of each task, in order. Raises PslError when a process was killed."""
    if workers == 1:
        yield from map(build, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        try:
            yield from pool.map(build, tasks, chunksize=16)
        except BrokenProcessPool:
            raise PslError(
                "a process that builds scenes was killed, perhaps for want of memory: free some and run again"
            ) from None
