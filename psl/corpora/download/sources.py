"""The files of a published corpus: their addresses, checksums, and targets on disk."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One file to fetch; `md5` in hex, None where none is published."""

    url: str
    md5: str | None

    @property
    def name(self) -> str:
        """The file's own name, which is also its name on a mirror."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Piece:
    """Files that are fetched together.

    A plain file is written to `target/NAME`. An archive, its parts in order, is unpacked to the folder `target`.
    """

    target: str
    files: tuple[Source, ...]
    archive: bool


def plain_files(folder: str, base_url: str, md5_of: dict[str, str | None]) -> tuple[Piece, ...]:
    """Plain files below `base_url`, by path, each with the target `folder`."""
    return tuple(Piece(folder, (Source(base_url + path, md5),), archive=False) for path, md5 in md5_of.items())


def archive(target: str, base_url: str, md5_of: dict[str, str | None]) -> Piece:
    """An archive below `base_url` with its parts in order: for a split zip .z01, .z02 … and .zip last."""
    return Piece(target, tuple(Source(base_url + path, md5) for path, md5 in md5_of.items()), archive=True)


def from_mirror(pieces: Sequence[Piece], base_url: str) -> tuple[Piece, ...]:
    """The same pieces from a mirror: every file directly below `base_url`, under its own name."""
    base = base_url.rstrip("/") + "/"
    return tuple(Piece(p.target, tuple(Source(base + s.name, s.md5) for s in p.files), p.archive) for p in pieces)
