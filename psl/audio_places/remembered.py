"""What was found at places of audio, kept between runs by name, size and times of the file, so that only what changed is read again.

It changes no result, so it is not handed through every corpus: `with remembering(FOLDER):` holds for what runs within.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.audio_places.locators import parse
from psl.files import clear_parts, hash_code, hash_json, write_whole
from psl.progress import say

LOOKS = pa.schema([("key", pa.binary()), ("audio_hash", pa.binary()), ("duration_s", pa.float64())])
CODE = ("psl.audio", "psl.audio_places", "psl.files")  # what a look depends on beside the file
ALL = "all.parquet"
NO_KEY = b""
BATCH = 16_384  # places that a killed run loses at most, and those that are in work

_current: ContextVar["Memory | None"] = ContextVar("memory", default=None)
Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Looks:
    """What was found at each of P places."""

    hash_P: npt.NDArray[np.bytes_]
    duration_P: npt.NDArray[np.float64]  # seconds; NaN where it was not asked for, or cannot be known
    is_read_P: Bools  # all that was asked for could be read

    @classmethod
    def blank(cls, places: int) -> "Looks":
        """Nothing looked at yet."""
        return cls(np.zeros(places, "S32"), np.full(places, np.nan), np.zeros(places, bool))

    def set(self, places: Numbers, looks: Sequence[tuple[str, float, bool]]) -> None:
        """Fill in the rows `places`."""
        self.hash_P[places], self.duration_P[places], self.is_read_P[places] = (list(column) for column in zip(*looks, strict=True))


class Memory:
    """The looks that are kept in a folder, for one search through the places of a corpus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / hash_code(*CODE)[:16]
        self._key_P = np.zeros(0, "S32")
        self._noted: list[Numbers] = []

    def recall(self, locators: Sequence[str], needs_duration_P: Bools, looks: Looks) -> Bools:
        """Fill in what is known of the places; returns of which all that is needed is."""
        known = self._read()
        self._key_P = np.fromiter((_key(locator) for locator in locators), "S32", len(locators))
        row_P = pc.index_in(pa.array(self._key_P, pa.binary()), known["key"].combine_chunks()).fill_null(-1).to_numpy()
        there = np.flatnonzero((row_P >= 0) & (self._key_P != NO_KEY))
        found = known.take(row_P[there])
        looks.hash_P[there] = found["audio_hash"].to_numpy()
        looks.duration_P[there] = found["duration_s"].to_numpy()
        looks.is_read_P[there] = ~needs_duration_P[there] | ~np.isnan(looks.duration_P[there])
        return looks.is_read_P.copy()

    def note(self, places: Numbers, looks: Looks) -> None:
        """Keep new looks, a file for each BATCH of them."""
        self._noted.append(places)
        if sum(map(len, self._noted)) >= BATCH:
            rows = np.concatenate(self._noted)
            self._write(f"{hash_json([int(rows[0]), len(rows), os.getpid()])}.parquet", looks, rows)
            self._noted.clear()

    def keep(self, looks: Looks) -> None:
        """Put all looks into one file, and forget what is no longer among them."""
        self._write(ALL, looks, np.arange(len(self._key_P)))
        for path in self._files():
            if path.name != ALL:
                path.unlink(missing_ok=True)
        self._noted.clear()

    def _write(self, name: str, looks: Looks, rows: Numbers) -> None:
        rows = rows[looks.is_read_P[rows] & (self._key_P[rows] != NO_KEY)]
        columns = [
            pa.array(column[rows], field.type) for column, field in zip((self._key_P, looks.hash_P, looks.duration_P), LOOKS, strict=True)
        ]
        with write_whole(self.folder / name) as temporary:
            pq.write_table(pa.table(columns, schema=LOOKS), temporary)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("[!.]*.parquet"))

    def _read(self) -> pa.Table:
        """What all files hold; of a key that is there twice, the row with a duration comes first."""
        clear_parts(self.folder, depth=0)
        tables = [LOOKS.empty_table()]
        for path in self._files():
            try:
                tables.append(pq.read_table(path, schema=LOOKS))
            except (pa.ArrowException, OSError):
                say(f"{path} is damaged: the audio that it tells of is looked at again")
                path.unlink(missing_ok=True)
        known = pa.concat_tables(tables)
        return known.take(np.argsort(np.isnan(known["duration_s"].to_numpy()), kind="stable"))


@contextmanager
def remembering(folder: Path) -> Iterator[None]:
    """Keep what is found at places of audio in `folder`, and use what is kept there."""
    token = _current.set(Memory(folder))
    try:
        yield
    finally:
        _current.reset(token)


def current_memory() -> Memory | None:
    """The memory that holds here; None outside of `remembering`."""
    return _current.get()


def _key(locator: str) -> bytes:
    """Changes with the file's name, size and times (the second one cannot be set back); NO_KEY where there is no such file."""
    place = parse(locator)
    try:
        status = os.stat(place.file if place else locator)
    except OSError:
        return NO_KEY
    stamp = f"{locator}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}"
    return hashlib.blake2b(stamp.encode(), digest_size=16).hexdigest().encode()
