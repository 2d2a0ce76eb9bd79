"""HDF5 with one row per clip: PANNs' waveforms, and PaSST's bytes of MP3 files.

Needs the package h5py (extra `hdf5`).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.audio.places.locators import Locator, format_locator
from psl.runtime.errors import PslError

NAMES, WAVEFORM, MP3, RATE = "audio_name", "waveform", "mp3", "sample_rate"
OPEN_FILES = 8


class Waveform:
    """A row of samples: `frames` of them at `rate_hz`."""

    def __init__(self, file: Any, locator: Locator) -> None:
        self._dataset, self._locator = file[WAVEFORM], locator
        self.rate_hz, self.frames = _rate_hz(locator.file, file), int(self._dataset.shape[1])

    def samples(self, first: int, end: int) -> npt.NDArray[Any]:
        """The samples as they are stored."""
        try:
            return self._dataset[self._locator.first, first:end]
        except OSError as error:
            raise _damaged(self._locator.file, error) from None

    def read(self, first: int, end: int) -> npt.NDArray[np.float32]:
        """The samples in [-1, 1), shape (samples, 1)."""
        x_T = self.samples(first, end)
        is_integer = np.issubdtype(x_T.dtype, np.integer)
        scale = np.float32(1 / -float(np.iinfo(x_T.dtype).min)) if is_integer else np.float32(1)
        return (x_T.astype(np.float32) * scale)[:, None]


def rows(path: str) -> Iterator[tuple[str, str]]:
    """(name, locator) of each row that has a name; rows without one are clips that PANNs could not download.

    Raises PslError when h5py or one of the columns is missing, a column has another shape or type, or the file is
    damaged.
    """
    try:
        names = _open(path)[NAMES][:]
    except OSError as error:
        raise _damaged(path, error) from None
    for row, name in enumerate(names):
        text = (name.decode(errors="replace") if isinstance(name, bytes) else str(name)).rstrip("\0").strip()
        if text:
            yield text, format_locator(path, row)


def read_row(locator: Locator) -> bytes | Waveform:
    """The row's samples, or the bytes of its MP3 file. Raises PslError when it cannot be read."""
    file = _open(locator.file)
    column = _audio_column(file)
    if locator.first >= len(file[column]):
        raise PslError(
            f"{locator.file} has no row {locator.first} of {WAVEFORM} or {MP3}: run the stage metadata again"
        )
    if column == WAVEFORM:
        return Waveform(file, locator)
    try:
        return np.asarray(file[MP3][locator.first], np.uint8).tobytes()
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(locator.file, error) from None


@lru_cache(maxsize=OPEN_FILES)
def _open(path: str) -> Any:
    try:
        import h5py
    except ImportError:
        raise PslError(
            f"{path} needs the package h5py to be read: `pip install -e '.[hdf5]'` in the repository"
        ) from None
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise PslError(f"the HDF5 file {path} does not exist") from None
    except OSError as error:
        raise _damaged(path, error) from None
    _require_columns(path, file)
    return file


def _audio_column(file: Any) -> str:
    return WAVEFORM if WAVEFORM in file else MP3


def _require_columns(path: str, file: Any) -> None:
    """Raise PslError unless there are names and audio, a row for each clip, and signed samples with a sample rate."""
    column = _audio_column(file)
    if NAMES not in file or column not in file:
        raise PslError(f"{path} does not hold {NAMES} with {WAVEFORM} or {MP3}; it holds {', '.join(file)}")
    if getattr(file[NAMES], "ndim", 0) != 1:
        raise _unsupported(path, f"its {NAMES} must be a list of names")
    dimensions = getattr(file[column], "ndim", 0)
    if column == MP3 and not dimensions:
        raise _unsupported(path, f"its {MP3} must be a list of files")
    if column == WAVEFORM and (dimensions != 2 or file[WAVEFORM].dtype.kind not in "if"):
        raise _unsupported(path, f"its {WAVEFORM} must be a table, clips by samples, of signed integers or floats")
    if len(file[NAMES]) != len(file[column]):
        raise _unsupported(path, f"it has {len(file[NAMES])} of {NAMES} and {len(file[column])} of {column}")
    if column == WAVEFORM:
        _rate_hz(path, file)


def _rate_hz(path: str, file: Any) -> int:
    if RATE not in file.attrs:
        raise PslError(f"{path} does not say its {RATE} (an attribute of the file): it cannot be read")
    stored = file.attrs[RATE]
    try:
        rate_hz = int(float(np.asarray(stored).item()))
    except (ValueError, TypeError, OverflowError):
        rate_hz = 0
    if rate_hz < 1:
        raise _unsupported(path, f"its {RATE} is {stored}, which is no number of samples a second")
    return rate_hz


def _unsupported(path: str, why: str) -> PslError:
    return PslError(f"{path} cannot be read: {why}; fetch or pack it again")


def _damaged(path: str, error: Exception) -> PslError:
    return PslError(f"the HDF5 file {path} cannot be read ({' '.join(str(error).split())}): fetch it again")
