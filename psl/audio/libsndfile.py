"""Read audio with libsndfile, and detect what it overlooks: MP3 files of unstated length, and truncated WAV files."""

import io
import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from psl.audio import mp3
from psl.audio.places.names import BY_FFMPEG
from psl.audio.source import EncodedAudio, first_bytes
from psl.io.windows import to_units
from psl.runtime.errors import PslError

MP4, MATROSKA = b"ftyp", b"\x1aE\xdf\xa3"  # signatures, the former at byte 4; such files may have other suffixes
STREAMED_BYTES = 0xFFFF_FF00  # a WAV written to a pipe states at least this size, because the writer could not know it
_WAV_SIZES = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)  # in libsndfile's log of a WAV

Segment = tuple[npt.NDArray[np.float32], int]  # samples (T, channels), and their rate in Hz


def open_sound_file(path: str, source: EncodedAudio) -> soundfile.SoundFile | None:
    """The opened file; None when FFmpeg has to read it.

    Raises PslError, which names `path`, when it is empty or damaged.
    """
    try:
        file = soundfile.SoundFile(source)
        return _with_true_length(file, source) if file.subtype == "MPEG_LAYER_III" else file
    except (soundfile.SoundFileError, RuntimeError) as error:
        head = first_bytes(source)
        if not head:
            raise PslError(f"the audio file {path} is empty") from None
        if Path(path).suffix.lower() in BY_FFMPEG or head[4:8] == MP4 or head[:4] == MATROSKA:
            return None
        raise _unreadable(path, error) from None


def read_segment(path: str, file: soundfile.SoundFile, start_s: float, end_s: float | None) -> Segment:
    """The samples from `start_s` to `end_s` (None: to the end of the file).

    Raises PslError when they cannot all be read.
    """
    frames, rate_hz = file.frames, file.samplerate
    first, end = sample_range(path, frames, rate_hz, start_s, end_s=end_s)
    if file.format == "WAV" and (end_s is None or to_units(end_s, rate_hz) > frames):
        _refuse_truncated(path, file)
    try:
        file.seek(first)
        x_TD = file.read(end - first, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise _unreadable(path, error) from None
    if len(x_TD) < end - first:
        raise PslError(f"the audio file {path} is damaged: {len(x_TD)} of {end - first} samples could be read")
    return x_TD, rate_hz


def sample_range(path: str, frames: int, rate_hz: int, start_s: float, *, end_s: float | None) -> tuple[int, int]:
    """The first sample of a clip and the one after its last, in a recording of `frames` samples per channel.

    Raises PslError when the recording or the clip is empty, or the recording ends before the clip starts.
    """
    first, end = to_units(start_s, rate_hz), frames if end_s is None else to_units(end_s, rate_hz)
    if not frames:
        raise PslError(f"the audio file {path} is empty")
    if first >= frames:
        duration_s = frames / rate_hz
        raise PslError(f"the audio file {path} ends after {duration_s:.3f} s, before the clip's start at {start_s} s")
    if end <= first:
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return first, min(end, frames)


def _with_true_length(file: soundfile.SoundFile, source: EncodedAudio) -> soundfile.SoundFile:
    """An MP3 opened so that `frames` is exact: where the file does not state its length, libsndfile guesses."""
    if isinstance(source, str):
        status = os.stat(source)
        with_length = _mp3_with_length(source, status.st_size, status.st_mtime_ns)
    else:
        position = source.tell()
        with_length = mp3.with_length(source)
        source.seek(position)  # `file` continues from there
    if with_length is None:
        return file
    file.close()
    return soundfile.SoundFile(io.BytesIO(with_length))


@lru_cache(maxsize=2)
def _mp3_with_length(path: str, n_bytes: int, changed_ns: int) -> bytes | None:
    """mp3.with_length of a file, kept for the recording's next clip: an hour of MP3 takes 0.2 s.

    Size and time detect changes.
    """
    with open(path, "rb") as file:
        return mp3.with_length(file)


def _refuse_truncated(path: str, file: soundfile.SoundFile) -> None:
    """Raise PslError for a WAV that is shorter than its header says, which libsndfile accepts."""
    sizes = _WAV_SIZES.search(file.extra_info)
    if sizes and int(sizes[2]) < int(sizes[1]) < STREAMED_BYTES:
        raise PslError(
            f"the audio file {path} is damaged: its header promises {sizes[1]} bytes of samples, and {sizes[2]} are "
            "there"
        )


def _unreadable(path: str, error: Exception) -> PslError:
    return PslError(f"the audio file {path} cannot be read: {str(error).split(': ')[-1].rstrip('.')}")
