"""Hash and duration of audio wherever it lies, looked at by threads; what has not changed since the last time is remembered.

Threads suffice: reading, hashing and decoding leave Python's lock, and unlike processes they start at once.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from psl.audio import duration_s, hash_audio
from psl.audio_places.ffmpeg import FfmpegAbsent
from psl.audio_places.remembered import Looks, Memory, current_memory
from psl.cores import cores
from psl.errors import PslError
from psl.progress import track

JOB_PLACES = 256
THREADS_A_CORE = 2  # while one waits for the disk

Job = tuple[npt.NDArray[np.int64], list[str], list[bool]]  # numbers of places, their locators, and whether durations are needed
Look = tuple[str, float, bool]  # the columns of Looks


def look_at(locators: Sequence[str], needs_duration_P: npt.NDArray[np.bool_]) -> Looks:
    """The hash of each place and, where it is needed, its duration; containers' places come in the order in which they lie.

    What cannot be read is hashed by the sentence that says why, and has no duration. The result depends neither on the number of
    threads nor on what is remembered. Raises PslError when a duration needs FFmpeg and there is none: a stretch that was guessed
    would stay in the manifest after FFmpeg is installed.
    """
    memory = current_memory()
    looks = _look_at_new(locators, needs_duration_P, memory)
    if memory:
        memory.keep(looks)
    return looks


def look_again(locators: Sequence[str]) -> Looks:
    """The hash of some of the places as they are now; what is remembered of others stays."""
    return _look_at_new(locators, np.zeros(len(locators), bool), current_memory())


def _look_at_new(locators: Sequence[str], needs_duration_P: npt.NDArray[np.bool_], memory: Memory | None) -> Looks:
    """The looks of all places; those that are not remembered are noted when there are many."""
    looks = Looks.blank(len(locators))
    known_P = memory.recall(locators, needs_duration_P, looks) if memory else np.zeros(len(locators), bool)
    new = np.flatnonzero(~known_P)
    jobs = [_job(locators, needs_duration_P, new[first : first + JOB_PLACES]) for first in range(0, len(new), JOB_PLACES)]
    for (places, *_), found in track(_over(jobs), "hashes of audio", len(new), size=lambda done: len(done[0][0])):
        looks.set(places, found)
        if memory:
            memory.note(places, looks)
    return looks


def _job(locators: Sequence[str], needs_duration_P: npt.NDArray[np.bool_], places: npt.NDArray[np.int64]) -> Job:
    return places, [locators[place] for place in places.tolist()], needs_duration_P[places].tolist()


def _over(jobs: list[Job]) -> Iterator[tuple[Job, list[Look]]]:
    """Each job with its looks, in order; when the run is stopped, jobs that have not begun do not begin."""
    with ThreadPoolExecutor(THREADS_A_CORE * cores()) as pool:
        yield from zip(jobs, pool.map(_look_at_all, jobs), strict=True)


def _look_at_all(job: Job) -> list[Look]:
    return [_look(locator, needs_duration) for locator, needs_duration in zip(*job[1:], strict=True)]


def _look(locator: str, needs_duration: bool) -> Look:
    audio_hash, duration, is_read = "", math.nan, True
    try:
        audio_hash = hash_audio(locator)
    except (PslError, OSError) as error:
        audio_hash, is_read = hashlib.blake2b(str(error).encode(errors="replace"), digest_size=16).hexdigest(), False
    try:
        duration = duration_s(locator) if needs_duration else math.nan
    except FfmpegAbsent:
        raise PslError(
            f"the audio file {locator} has no times in its name, so it may be a clip or a whole recording; its length says which, and "
            "needs FFmpeg, but there is no ffmpeg on the PATH: install FFmpeg, or take such files out of the audio folder"
        ) from None
    except (PslError, OSError):
        is_read = False  # reading it says why
    return audio_hash, duration, is_read
