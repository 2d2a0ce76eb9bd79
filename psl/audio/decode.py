"""Decode clips: mono float32 samples at the requested rate, from a file or from a container."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soxr

from psl.audio import ffmpeg
from psl.audio.libsndfile import Block, open_recording, sample_range
from psl.audio.mixing import Mixer, loudest
from psl.audio.places import hdf5
from psl.audio.source import on_disk, open_source
from psl.config import Channel
from psl.runtime.errors import PslError

Samples = npt.NDArray[np.float32]  # x_T


class Clip(NamedTuple):
    """A clip's samples and, where its channels cancel each other, the largest absolute sample of any (else 0)."""

    x_T: npt.NDArray[np.float32]
    cancelled_peak: float


class Measured(NamedTuple):
    """How many samples a clip has, and the `cancelled_peak` of Clip."""

    samples: int
    cancelled_peak: float


def read_clip(
    path: Path | str, start_s: float, end_s: float | None, rate_hz: int, *, channel: Channel = "mean"
) -> npt.NDArray[np.float32]:
    """The samples x_T of decode_clip."""
    return decode_clip(path, start_s, end_s, rate_hz, channel=channel).x_T


def decode_clip(
    path: Path | str, start_s: float, end_s: float | None, rate_hz: int, *, channel: Channel = "mean"
) -> Clip:
    """The clip from `start_s` to `end_s` (None: to the end), resampled to `rate_hz`.

    `path` is a file or a locator. `channel` is how several channels become one (psl/audio/mixing.py). Only the clip
    itself is read; a recording that ends before `end_s` gives a shorter clip. Raises PslError when the file is missing,
    empty or damaged, contains NaN or infinity, ends before `start_s`, or needs FFmpeg or h5py, which is not installed;
    and for whatever else keeps it from being decoded.
    """
    with _errors_named(path):
        mixer = _mixer(str(path), start_s, end_s, channel)
        blocks = list(_resampled(_mixed(str(path), start_s, end_s, mixer), rate_hz))
        x_T = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        if not len(x_T):
            raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
        return Clip(x_T, mixer.cancelled_peak)


def measure(path: Path | str, rate_hz: int) -> Measured:
    """What decode_clip would find in the whole file, of any length, without keeping it in memory."""
    with _errors_named(path):
        mixer = Mixer("mean")
        samples = sum(map(len, _resampled(_mixed(str(path), 0.0, None, mixer), rate_hz)))
        return Measured(samples, mixer.cancelled_peak)


def duration_s(path: Path | str) -> float:
    """The duration in seconds of the recording at `path`, a file or a locator. Raises PslError as decode_clip does."""
    with _errors_named(path), open_source(str(path)) as source:
        if isinstance(source, hdf5.Waveform):
            return source.frames / source.rate_hz
        if (recording := open_recording(str(path), source)) is not None:
            with recording:
                return recording.frames / recording.rate_hz
        with on_disk(source) as name:
            return ffmpeg.duration_s(name, str(path))


@contextmanager
def _errors_named(path: Path | str) -> Iterator[None]:
    """Whatever goes wrong inside is said of this file: one clip ends no run."""
    try:
        yield
    except PslError:
        raise
    except MemoryError:
        raise PslError(f"the audio file {path} cannot be read: it takes more memory than there is") from None
    except Exception as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise PslError(f"the audio file {path} cannot be read: {type(error).__name__}, {reason}") from error


def _mixer(path: str, start_s: float, end_s: float | None, channel: Channel) -> Mixer:
    """What mixes the clip; the loudest channel is found by reading it once more."""
    if channel == "loudest":
        return Mixer(loudest(x_TD for x_TD, _ in _blocks(path, start_s, end_s)))
    return Mixer(channel)


def _mixed(path: str, start_s: float, end_s: float | None, mixer: Mixer) -> Iterator[tuple[Samples, int]]:
    """The clip's blocks x_T at the recording's own rate, and that rate."""
    for x_TD, rate_hz in _blocks(path, start_s, end_s):
        if not np.isfinite(x_TD).all():
            raise PslError(f"the audio file {path} holds samples that are NaN or infinite")
        yield mixer.mix(path, x_TD), rate_hz


def _resampled(blocks: Iterator[tuple[Samples, int]], rate_hz: int) -> Iterator[Samples]:
    """The blocks at `rate_hz`; their samples are those of all blocks resampled at once."""
    resample = None
    for x_T, source_rate_hz in blocks:
        if source_rate_hz != rate_hz:
            resample = resample or soxr.ResampleStream(source_rate_hz, rate_hz, 1, dtype="float32", quality="HQ")
            x_T = resample.resample_chunk(x_T)
        yield x_T
    if resample is not None:
        yield resample.resample_chunk(np.zeros(0, np.float32), last=True)


def _blocks(path: str, start_s: float, end_s: float | None) -> Iterator[tuple[Block, int]]:
    """The clip's samples (T, channels) at the recording's own rate, block by block, and that rate."""
    with open_source(path) as source:
        if isinstance(source, hdf5.Waveform):
            first, end = sample_range(path, source.frames, source.rate_hz, start_s, end_s=end_s)
            yield source.read(first, end), source.rate_hz
        elif (recording := open_recording(path, source)) is not None:
            with recording:
                yield from ((x_TD, recording.rate_hz) for x_TD in recording.blocks(start_s, end_s))
        else:
            with on_disk(source) as name:
                yield from _blocks_by_ffmpeg(path, name, start_s, end_s)


def _blocks_by_ffmpeg(path: str, file_name: str, start_s: float, end_s: float | None) -> Iterator[tuple[Block, int]]:
    is_empty = True
    for block in ffmpeg.segment_blocks(file_name, path, start_s, None if end_s is None else end_s - start_s):
        yield block
        is_empty = False
    if is_empty:
        raise PslError(f"the audio file {path} ends before the clip's start at {start_s} s")
