"""Decode clips: mono float32 samples at the requested rate, from a file or from a container."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from psl.audio import ffmpeg
from psl.audio.libsndfile import Segment, open_sound_file, read_segment, sample_range
from psl.audio.places import hdf5
from psl.audio.source import on_disk, open_source
from psl.runtime.errors import PslError


def read_clip(path: Path | str, start_s: float, end_s: float | None, rate_hz: int) -> npt.NDArray[np.float32]:
    """The samples x_T from `start_s` to `end_s` (None: to the end), channels averaged, resampled to `rate_hz`.

    `path` is a file or a locator. Only the clip itself is read; a recording that ends before `end_s` gives a shorter
    clip. Raises PslError when the file is missing, empty or damaged, contains NaN or infinity, ends before `start_s`,
    or needs FFmpeg or h5py, which is not installed.
    """
    x_TD, source_rate_hz = _read(str(path), start_s, end_s)
    if not np.isfinite(x_TD).all():
        raise PslError(f"the audio file {path} holds samples that are NaN or infinite")
    x_T = x_TD[:, 0] if x_TD.shape[1] == 1 else x_TD.mean(axis=1, dtype=np.float32)
    if source_rate_hz == rate_hz:
        x_T = np.ascontiguousarray(x_T)
    else:
        x_T = soxr.resample(x_T, source_rate_hz, rate_hz, quality="HQ")
    if not len(x_T):
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return x_T


def duration_s(path: Path | str) -> float:
    """The duration in seconds of the recording at `path`, a file or a locator. Raises PslError as read_clip does."""
    with open_source(str(path)) as source:
        if isinstance(source, hdf5.Waveform):
            return source.frames / source.rate_hz
        if (file := open_sound_file(str(path), source)) is not None:
            with file:
                return file.frames / file.samplerate
        with on_disk(source) as name:
            return ffmpeg.duration_s(name, str(path))


def _read(path: str, start_s: float, end_s: float | None) -> Segment:
    """The clip's samples (T, channels) at the recording's own rate, and that rate."""
    with open_source(path) as source:
        if isinstance(source, hdf5.Waveform):
            first, end = sample_range(path, source.frames, source.rate_hz, start_s, end_s=end_s)
            return source.read(first, end), source.rate_hz
        if (file := open_sound_file(path, source)) is not None:
            with file:
                return read_segment(path, file, start_s, end_s)
        with on_disk(source) as name:
            return _read_by_ffmpeg(path, name, start_s, end_s)


def _read_by_ffmpeg(path: str, file_name: str, start_s: float, end_s: float | None) -> Segment:
    length_s = None if end_s is None else end_s - start_s
    wav = ffmpeg.segment_as_wav(file_name, path, start_s, length_s)
    file = open_sound_file(path, io.BytesIO(wav))
    if file is None or not file.frames:
        raise PslError(f"the audio file {path} ends before the clip's start at {start_s} s")
    with file:
        return read_segment(path, file, 0.0, length_s)
