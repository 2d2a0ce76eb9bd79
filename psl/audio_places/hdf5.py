"""HDF5 with one row a clip: PANNs' waveforms, and PaSST's bytes of MP3 files. Needs the package h5py (extra `hdf5`)."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.audio_places.locators import Locator, spell
from psl.errors import PslError

NAMES, WAVEFORM, MP3 = "audio_name", "waveform", "mp3"
OPEN_FILES = 8


class Waveform:
    """A row of samples: `frames` of them at `rate_hz`."""

    def __init__(self, file: Any, place: Locator) -> None:
        self._dataset, self._place = file[WAVEFORM], place
        if "sample_rate" not in file.attrs:
            raise PslError(f"{place.file} does not say its sample_rate (an attribute of the file): it cannot be read")
        self.rate_hz, self.frames = int(file.attrs["sample_rate"]), int(self._dataset.shape[1])

    def samples(self, first: int, last: int) -> npt.NDArray[Any]:
        """The samples as they are stored."""
        try:
            return self._dataset[self._place.first, first:last]
        except OSError as error:
            raise _damaged(self._place.file, error) from None

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """The samples in [-1, 1), shape (samples, 1)."""
        x_T = self.samples(first, last)
        scale = np.float32(1 / -float(np.iinfo(x_T.dtype).min)) if np.issubdtype(x_T.dtype, np.integer) else np.float32(1)
        return (x_T.astype(np.float32) * scale)[:, None]


def rows(path: str) -> Iterator[tuple[str, str]]:
    """(name, locator) of each row that has a name; those without one are clips that PANNs did not have.

    Raises PslError when h5py or one of the columns is missing, or the file is damaged.
    """
    file = _open(path)
    if NAMES not in file or not (WAVEFORM in file or MP3 in file):
        raise PslError(f"{path} does not hold {NAMES} with {WAVEFORM} or {MP3}; it holds {', '.join(file)}")
    try:
        names = file[NAMES][:]
    except OSError as error:
        raise _damaged(path, error) from None
    for row, name in enumerate(names):
        text = (name.decode(errors="replace") if isinstance(name, bytes) else str(name)).rstrip("\0").strip()
        if text:
            yield text, spell(path, row)


def read_row(place: Locator) -> bytes | Waveform:
    """The row's samples, or the bytes of its MP3 file."""
    file = _open(place.file)
    column = WAVEFORM if WAVEFORM in file else MP3
    if column not in file or place.first >= len(file[column]):
        raise PslError(f"{place.file} has no row {place.first} of {WAVEFORM} or {MP3}: run the stage metadata again")
    if column == WAVEFORM:
        return Waveform(file, place)
    try:
        return np.asarray(file[MP3][place.first], np.uint8).tobytes()
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(place.file, error) from None


@lru_cache(maxsize=OPEN_FILES)
def _open(path: str) -> Any:
    try:
        import h5py
    except ImportError:
        raise PslError(f"{path} needs the package h5py to be read: `pip install -e '.[hdf5]'` in the repository") from None
    try:
        return h5py.File(path, "r")
    except FileNotFoundError:
        raise PslError(f"the HDF5 file {path} does not exist") from None
    except OSError as error:
        raise _damaged(path, error) from None


def _damaged(path: str, error: Exception) -> PslError:
    return PslError(f"the HDF5 file {path} cannot be read ({' '.join(str(error).split())}): fetch it again")
