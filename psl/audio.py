"""Audio files in and out: the stretch of a recording that a clip is, as mono float32 at the rate that is asked for."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from psl.errors import PslError
from psl.windows import to_units

SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}  # of the files that are taken for audio
FORMATS = {".flac": "FLAC", ".wav": "WAV"}
FULL_SCALE = 32_768  # of 16-bit samples, as libsndfile reads them


def read_clip(path: Path, start_s: float, end_s: float | None, rate_hz: int) -> npt.NDArray[np.float32]:
    """The samples x_T from `start_s` to `end_s` (None: to the end) at `rate_hz`, channels averaged.

    Only that stretch is read. A recording that ends before `end_s` gives what there is of it.
    Raises PslError when the file is missing, empty or damaged, holds NaN or infinity, or ends before `start_s`.
    """
    if not path.is_file():
        raise PslError(f"the audio file {path} does not exist")
    x_TD, file_hz = _read(path, start_s, end_s)
    if not np.isfinite(x_TD).all():
        raise PslError(f"the audio file {path} holds samples that are NaN or infinite")
    x_T = x_TD[:, 0] if x_TD.shape[1] == 1 else x_TD.mean(axis=1, dtype=np.float32)
    x_T = np.ascontiguousarray(x_T) if file_hz == rate_hz else soxr.resample(x_T, file_hz, rate_hz, quality="HQ")
    if not len(x_T):
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return x_T


def write_clip(path: Path, x_T: npt.NDArray[np.floating], rate_hz: int) -> None:
    """Write mono samples in [-1, 1) as 16 bits, FLAC or WAV by the suffix; louder ones are clipped. Same samples, same bytes."""
    if path.suffix not in FORMATS:
        raise PslError(f"cannot write {path}: the name must end in {' or '.join(FORMATS)}")
    if not np.isfinite(x_T).all():
        raise PslError(f"cannot write {path}: there are samples that are NaN or infinite")
    sample_T = np.clip(np.rint(x_T * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    soundfile.write(path, sample_T, rate_hz, subtype="PCM_16", format=FORMATS[path.suffix])


def _read(path: Path, start_s: float, end_s: float | None) -> tuple[npt.NDArray[np.float32], int]:
    """The stretch as (samples, channels) at the file's own rate, and that rate."""
    try:
        with soundfile.SoundFile(path) as file:
            first, last = _stretch(path, file.frames, file.samplerate, start_s, end_s)
            file.seek(first)
            x_TD = file.read(last - first, dtype="float32", always_2d=True)
            if len(x_TD) < last - first:
                raise PslError(f"the audio file {path} is damaged: {len(x_TD)} of {last - first} samples could be read")
            return x_TD, file.samplerate
    except (soundfile.SoundFileError, RuntimeError) as error:
        if not path.stat().st_size:
            raise PslError(f"the audio file {path} is empty") from None
        raise PslError(f"the audio file {path} cannot be read: {str(error).split(': ')[-1].rstrip('.')}") from None


def _stretch(path: Path, frames: int, rate_hz: int, start_s: float, end_s: float | None) -> tuple[int, int]:
    """First sample and the one after the last."""
    first, last = to_units(start_s, rate_hz), frames if end_s is None else to_units(end_s, rate_hz)
    if not frames:
        raise PslError(f"the audio file {path} is empty")
    if first >= frames:
        raise PslError(f"the audio file {path} ends after {frames / rate_hz:.3f} s, before the clip's start at {start_s} s")
    if last <= first:
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return first, min(last, frames)
