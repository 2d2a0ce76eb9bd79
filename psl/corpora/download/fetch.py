"""Fetches a whole corpus: downloads, checks and unpacks what is missing, and reports failures at the end."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from psl.corpora.download import audioset, desed, esc50, fsd50k, fsdkaggle2018, fsdkaggle2019
from psl.corpora.download.http_file import Unreachable, fetch_file
from psl.corpora.download.retries import Retries
from psl.corpora.download.sources import Piece, from_mirror
from psl.corpora.download.unpack import unpack
from psl.io.files import file_lock
from psl.runtime.errors import PslError
from psl.runtime.progress import log

CORPORA: Mapping[str, Sequence[Piece]] = {
    "audioset": audioset.PIECES,
    "fsd50k": fsd50k.PIECES,
    "fsdkaggle2018": fsdkaggle2018.PIECES,
    "fsdkaggle2019": fsdkaggle2019.PIECES,
    "desed": desed.PIECES,
    "esc50": esc50.PIECES,
}
ARCHIVES = "archives"  # folder that holds archives until they are unpacked


def fetch_corpus(name: str, folder: Path, base_url: str | None, keep_archives: bool, *, retries: Retries) -> None:
    """Fetch the corpus `name` of CORPORA into `folder`, from its publisher or, with `base_url`, from a mirror.

    Pieces that are present are not fetched again. A piece that fails does not stop the others.
    Raises PslError that names every piece that failed and why.
    """
    if name not in CORPORA:
        raise PslError(f"there is no corpus {name} to fetch: choose one of {', '.join(CORPORA)}")
    pieces = from_mirror(CORPORA[name], base_url) if base_url else CORPORA[name]
    failures = []
    with file_lock(folder / ".lock", f"fetching into {folder}"):
        for piece in pieces:
            try:
                _fetch_piece(piece, folder, keep_archives, retries)
            except Unreachable:
                raise
            except PslError as error:
                log(f"{piece.files[-1].name}: failed")
                failures.append(str(error))
    if failures:
        raise PslError(f"{len(failures)} of {len(pieces)} pieces of {name} failed: " + "; ".join(failures))


def _fetch_piece(piece: Piece, folder: Path, keep_archives: bool, retries: Retries) -> None:
    target = folder / piece.target
    if not piece.archive:
        fetch_file(piece.files[0], target, retries)
        return log(f"{target / piece.files[0].name}: present")
    if not target.exists():
        parts = [fetch_file(source, folder / ARCHIVES, retries) for source in piece.files]
        unpack(parts, target)
        for part in [] if keep_archives else parts:
            part.unlink()
    log(f"{target}: present")
