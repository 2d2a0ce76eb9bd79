"""Audio in and out: the stretch of a recording that a clip is, as mono float32 at the rate that is asked for.

Files and places in containers (psl/audio_places/locators.py) are opened alike. This is the only place that decodes.
"""

import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from psl.audio_places import ffmpeg, hdf5, locators, mp3, parquet, tar
from psl.audio_places.names import BY_FFMPEG
from psl.errors import PslError
from psl.windows import to_units

FORMATS = {".flac": "FLAC", ".wav": "WAV"}
HASH_LETTERS = 32
FULL_SCALE = 32_768  # of 16-bit samples, as libsndfile reads them
UNKNOWN_BYTES = 0xFFFF_FF00  # a WAV that was written into a pipe promises this much or more, because it does not know
MP4, MATROSKA = b"ftyp", b"\x1aE\xdf\xa3"  # how these files begin, the former after 4 bytes; they may have other suffixes
_PROMISE = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)  # in libsndfile's log of a WAV

Stretch = tuple[npt.NDArray[np.float32], int]  # (samples, channels) at the file's own rate, and that rate


def read_clip(path: Path | str, start_s: float, end_s: float | None, rate_hz: int) -> npt.NDArray[np.float32]:
    """The samples x_T from `start_s` to `end_s` (None: to the end) at `rate_hz`, channels averaged; `path` may be a locator.

    Only that stretch is read. A recording that ends before `end_s` gives what there is of it.
    Raises PslError when the file is missing, empty or damaged, holds NaN or infinity, ends before `start_s`, or needs FFmpeg
    or h5py where that is not installed.
    """
    x_TD, file_hz = _read(str(path), start_s, end_s)
    if not np.isfinite(x_TD).all():
        raise PslError(f"the audio file {path} holds samples that are NaN or infinite")
    x_T = x_TD[:, 0] if x_TD.shape[1] == 1 else x_TD.mean(axis=1, dtype=np.float32)
    x_T = np.ascontiguousarray(x_T) if file_hz == rate_hz else soxr.resample(x_T, file_hz, rate_hz, quality="HQ")
    if not len(x_T):
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return x_T


def duration_s(path: Path | str) -> float:
    """Seconds that the recording at `path`, a file or a locator, lasts. Raises PslError as read_clip does."""
    with _opened(str(path)) as source:
        if isinstance(source, hdf5.Waveform):
            return source.frames / source.rate_hz
        if (file := _sound(str(path), source)) is not None:
            with file:
                return file.frames / file.samplerate
        with _on_disk(source) as name:
            return ffmpeg.duration_s(name, str(path))


def hash_audio(path: Path | str) -> str:
    """The first 128 bits of SHA-256 of the bytes at `path`, a file or a locator; of rate and samples where a row of HDF5 holds these.

    Processors compute SHA-256 in hardware, nearly twice as fast as BLAKE2: of a WAV, hashing is felt beside the features.
    """
    with _opened(str(path)) as source:
        if isinstance(source, hdf5.Waveform):
            x_T = source.samples(0, source.frames)
            return hashlib.sha256(f"{source.rate_hz} {x_T.dtype.str}\n".encode() + x_T.tobytes()).hexdigest()[:HASH_LETTERS]
        with open(source, "rb") if isinstance(source, str) else nullcontext(source) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:HASH_LETTERS]  # type: ignore[arg-type]


def write_clip(path: Path, x_T: npt.NDArray[np.floating], rate_hz: int) -> None:
    """Write mono samples in [-1, 1) as 16 bits, FLAC or WAV by the suffix; louder ones are clipped. Same samples, same bytes."""
    if path.suffix not in FORMATS:
        raise PslError(f"cannot write {path}: the name must end in {' or '.join(FORMATS)}")
    if not np.isfinite(x_T).all():
        raise PslError(f"cannot write {path}: there are samples that are NaN or infinite")
    sample_T = np.clip(np.rint(x_T * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    soundfile.write(path, sample_T, rate_hz, subtype="PCM_16", format=FORMATS[path.suffix])


@contextmanager
def _opened(path: str) -> Iterator[str | BinaryIO | hdf5.Waveform]:
    """What is at `path`: the name of a file, the bytes of one, or samples."""
    place = locators.parse(path)
    if place is None:
        if not os.path.isfile(path):
            raise PslError(f"the audio file {path} does not exist")
        yield path
    elif place.suffix in locators.TAR:
        with tar.open_member(place) as part:
            yield part
    else:
        content = parquet.read_row(place) if place.suffix in locators.PARQUET else hdf5.read_row(place)
        yield io.BytesIO(content) if isinstance(content, bytes) else content


def _read(path: str, start_s: float, end_s: float | None) -> Stretch:
    with _opened(path) as source:
        if isinstance(source, hdf5.Waveform):
            first, last = _stretch(path, source.frames, source.rate_hz, start_s, end_s)
            return source.read(first, last), source.rate_hz
        if (file := _sound(path, source)) is not None:
            with file:
                return _read_sound(path, file, start_s, end_s)
        with _on_disk(source) as name:
            return _read_by_ffmpeg(path, name, start_s, end_s)


def _sound(path: str, source: str | BinaryIO) -> soundfile.SoundFile | None:
    """The file opened by libsndfile; None when it is one for FFmpeg."""
    try:
        file = soundfile.SoundFile(source)
        return _of_known_length(file, source) if file.subtype == "MPEG_LAYER_III" else file
    except (soundfile.SoundFileError, RuntimeError) as error:
        head = _head(source)
        if not head:
            raise PslError(f"the audio file {path} is empty") from None
        if Path(path).suffix.lower() in BY_FFMPEG or head[4:8] == MP4 or head[:4] == MATROSKA:
            return None
        raise PslError(f"the audio file {path} cannot be read: {str(error).split(': ')[-1].rstrip('.')}") from None


def _of_known_length(file: soundfile.SoundFile, source: str | BinaryIO) -> soundfile.SoundFile:
    """An MP3 opened so that its `frames` are true: where it does not say how long it is, libsndfile guesses."""
    if isinstance(source, str):
        look = os.stat(source)
        counted = _counted(source, look.st_size, look.st_mtime_ns)
    else:
        place = source.tell()
        counted = mp3.with_length(source)
        source.seek(place)  # `file` goes on there
    if counted is None:
        return file
    file.close()
    return soundfile.SoundFile(io.BytesIO(counted))


@lru_cache(maxsize=2)
def _counted(path: str, n_bytes: int, changed_ns: int) -> bytes | None:
    """See mp3.with_length. Kept for the recording's next clip, because an hour takes a fifth of a second; size and time tell files apart."""
    with open(path, "rb") as content:
        return mp3.with_length(content)


def _read_sound(path: str, file: soundfile.SoundFile, start_s: float, end_s: float | None) -> Stretch:
    frames, rate_hz = file.frames, file.samplerate
    first, last = _stretch(path, frames, rate_hz, start_s, end_s)
    if file.format == "WAV" and (end_s is None or to_units(end_s, rate_hz) > frames):
        _refuse_cut_off(path, file)
    try:
        file.seek(first)
        x_TD = file.read(last - first, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise PslError(f"the audio file {path} cannot be read: {str(error).split(': ')[-1].rstrip('.')}") from None
    if len(x_TD) < last - first:
        raise PslError(f"the audio file {path} is damaged: {len(x_TD)} of {last - first} samples could be read")
    return x_TD, rate_hz


def _refuse_cut_off(path: str, file: soundfile.SoundFile) -> None:
    """libsndfile passes over a WAV that is shorter than its header says."""
    found = _PROMISE.search(file.extra_info)
    if found and int(found[2]) < int(found[1]) < UNKNOWN_BYTES:
        raise PslError(f"the audio file {path} is damaged: its header promises {found[1]} bytes of samples, and {found[2]} are there")


def _read_by_ffmpeg(path: str, name: str, start_s: float, end_s: float | None) -> Stretch:
    wav = ffmpeg.stretch_as_wav(name, path, start_s, None if end_s is None else end_s - start_s)
    file = _sound(path, io.BytesIO(wav))
    if file is None or not file.frames:
        raise PslError(f"the audio file {path} ends before the clip's start at {start_s} s")
    with file:
        return _read_sound(path, file, 0.0, None if end_s is None else end_s - start_s)


def _stretch(path: str, frames: int, rate_hz: int, start_s: float, end_s: float | None) -> tuple[int, int]:
    """First sample and the one after the last."""
    first, last = to_units(start_s, rate_hz), frames if end_s is None else to_units(end_s, rate_hz)
    if not frames:
        raise PslError(f"the audio file {path} is empty")
    if first >= frames:
        raise PslError(f"the audio file {path} ends after {frames / rate_hz:.3f} s, before the clip's start at {start_s} s")
    if last <= first:
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return first, min(last, frames)


def _head(source: str | BinaryIO) -> bytes:
    if isinstance(source, str):
        with open(source, "rb") as file:
            return file.read(8)
    source.seek(0)
    return source.read(8)


@contextmanager
def _on_disk(source: str | BinaryIO) -> Iterator[str]:
    """A file's name for FFmpeg, which cannot read the middle of another one."""
    if isinstance(source, str):
        yield source
        return
    with tempfile.NamedTemporaryFile(prefix="psl-", suffix=".audio") as copy:
        source.seek(0)
        shutil.copyfileobj(source, copy)
        copy.flush()
        yield copy.name
