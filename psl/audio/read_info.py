"""Read the hash and duration of many audio files in parallel; those of unchanged files come from the cache.

Threads suffice: reading, hashing and decoding release Python's lock, and unlike processes they start at once.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from psl.audio.decode import duration_s
from psl.audio.ffmpeg import FfmpegMissing
from psl.audio.file_info import FileInfo, InfoRow
from psl.audio.hashes import hash_audio
from psl.audio.info_cache import InfoCache, current_cache
from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.runtime.progress import track

BATCH_FILES = 256
THREADS_PER_CORE = 2  # one computes while another waits for the disk

Batch = tuple[npt.NDArray[np.int64], list[str], list[bool]]  # rows, their locators, whether they need a duration


def read_file_info(locators: Sequence[str], needs_duration_P: npt.NDArray[np.bool_]) -> FileInfo:
    """The hash of each file and, where it is needed, its duration; locators into one container come in storage order.

    The cache then holds these files and no others. An unreadable file has the hash of its error message, and no
    duration. The result depends neither on the number of threads nor on the cache. Raises PslError when a duration
    needs FFmpeg, which is not installed: a guess would stay in the manifest after FFmpeg is installed.
    """
    cache = current_cache()
    info = _read(locators, needs_duration_P, cache)
    if cache:
        cache.replace(info)
    return info


def recheck_hashes(locators: Sequence[str]) -> FileInfo:
    """The hashes of some files as they are now; the cache keeps what it has of others."""
    return _read(locators, np.zeros(len(locators), bool), current_cache())


def _read(locators: Sequence[str], needs_duration_P: npt.NDArray[np.bool_], cache: InfoCache | None) -> FileInfo:
    """The information of all files; what is not in the cache is added to it batch by batch."""
    info = FileInfo.empty(len(locators))
    is_known_P = cache.look_up(locators, needs_duration_P, info) if cache else np.zeros(len(locators), bool)
    new = np.flatnonzero(~is_known_P)
    batches = [
        _batch(locators, needs_duration_P, new[first : first + BATCH_FILES])
        for first in range(0, len(new), BATCH_FILES)
    ]
    for (rows, *_), values in track(_read_batches(batches), "hash audio", len(new), size=lambda done: len(done[1])):
        info.fill(rows, values)
        if cache:
            cache.add(rows, info)
    return info


def _batch(locators: Sequence[str], needs_duration_P: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64]) -> Batch:
    return rows, [locators[row] for row in rows.tolist()], needs_duration_P[rows].tolist()


def _read_batches(batches: list[Batch]) -> Iterator[tuple[Batch, list[InfoRow]]]:
    """Each batch with its information, in order; when the run is stopped, waiting batches do not start."""
    with ThreadPoolExecutor(THREADS_PER_CORE * cores()) as pool:
        yield from zip(batches, pool.map(_read_batch, batches), strict=True)


def _read_batch(batch: Batch) -> list[InfoRow]:
    return [_read_file(locator, needs_duration) for locator, needs_duration in zip(*batch[1:], strict=True)]


def _read_file(locator: str, needs_duration: bool) -> InfoRow:
    audio_hash, duration, is_read = "", math.nan, True
    try:
        audio_hash = hash_audio(locator)
    except Exception as error:  # whatever is wrong with one file ends no stage
        audio_hash, is_read = hashlib.blake2b(str(error).encode(errors="replace"), digest_size=16).hexdigest(), False
    try:
        duration = duration_s(locator) if needs_duration else math.nan
    except FfmpegMissing:
        raise PslError(
            f"the audio file {locator} has no times in its name, so it may be a clip or a whole recording; only its "
            "duration tells, which needs FFmpeg, and there is no ffmpeg on the PATH: install FFmpeg, or remove such "
            "files from the audio folder"
        ) from None
    except PslError:
        is_read = False  # the features stage reports the reason
    return audio_hash, duration, is_read
