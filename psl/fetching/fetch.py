"""A whole corpus: its files fetched, checked, unpacked; what is there is left alone, what failed is told at the end."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from psl.errors import PslError
from psl.fetching import audioset, desed, fsd50k, fsdkaggle2018, fsdkaggle2019
from psl.fetching.download import Unreachable, fetch_file
from psl.fetching.retries import Retries
from psl.fetching.sources import Piece, on_mirror
from psl.fetching.unpack import unpack
from psl.files import only_one
from psl.progress import say

CORPORA: Mapping[str, Sequence[Piece]] = {
    "audioset": audioset.PIECES,
    "fsd50k": fsd50k.PIECES,
    "fsdkaggle2018": fsdkaggle2018.PIECES,
    "fsdkaggle2019": fsdkaggle2019.PIECES,
    "desed": desed.PIECES,
}
ARCHIVES = "archives"  # folder of the archives until they are unpacked


def fetch_corpus(name: str, folder: Path, base_url: str | None, keep_archives: bool, retries: Retries) -> None:
    """Bring the corpus `name` of CORPORA into `folder`, from its own places or, with `base_url`, from a mirror of its files.

    What is there already is not fetched again. A piece that fails does not keep the others from coming.
    Raises PslError that names every piece that failed and why.
    """
    if name not in CORPORA:
        raise PslError(f"there is no corpus {name} to fetch: choose one of {', '.join(CORPORA)}")
    pieces = on_mirror(CORPORA[name], base_url) if base_url else CORPORA[name]
    failures = []
    with only_one(folder / ".lock", f"fetching into {folder}"):
        for piece in pieces:
            try:
                _fetch_piece(piece, folder, keep_archives, retries)
            except Unreachable:
                raise
            except PslError as error:
                say(f"{piece.files[-1].name}: failed")
                failures.append(str(error))
    if failures:
        raise PslError(f"{len(failures)} of {len(pieces)} pieces of {name} failed: " + "; ".join(failures))


def _fetch_piece(piece: Piece, folder: Path, keep_archives: bool, retries: Retries) -> None:
    target = folder / piece.becomes
    if not piece.archive:
        fetch_file(piece.files[0], target, retries)
        return say(f"{target / piece.files[0].name}: there")
    if not target.exists():
        parts = [fetch_file(source, folder / ARCHIVES, retries) for source in piece.files]
        unpack(parts, target)
        for part in [] if keep_archives else parts:
            part.unlink()
    say(f"{target}: there")
