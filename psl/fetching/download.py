"""One file over HTTP: what came before a cut is kept and continued, what may pass is tried again, what is wrong is told."""

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from psl.errors import PslError
from psl.fetching.retries import PASSING, Passing, Retries
from psl.fetching.sources import Source
from psl.progress import say, track

TIMEOUT_S = (10.0, 60.0)  # to connect; without a single byte
CHUNK = 65_536
MEGABYTE = 1_000_000
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "psl"}  # bytes as they lie there: ranges and lengths count these
CUT = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Unreachable(PslError):
    """The server cannot be reached at all: no use in asking it for the next file."""


def fetch_file(source: Source, folder: Path, retries: Retries) -> Path:
    """The file in `folder`, fetched unless it is there with the right checksum; what is there with another is moved aside.

    Raises PslError when it cannot be had.
    """
    path, known = folder / source.name, source.md5 and f"md5:{source.md5}"
    if path.exists() and source.md5 in (None, pooch.file_hash(str(path), "md5")):
        return path
    with _moved_aside(path):
        try:
            pooch.get_logger().setLevel("ERROR")
            pooch.retrieve(source.url, known, source.name, folder, downloader=Resuming(folder, source, retries))
        except ValueError:  # pooch's word for a wrong checksum
            raise PslError(
                f"{source.url} holds other bytes than were published (md5 is not {source.md5}): run again, or try a mirror"
            ) from None
    if not known:
        say(f"{source.name}: no checksum is published; its md5 here is {pooch.file_hash(str(path), 'md5')}")
    return path


@contextmanager
def _moved_aside(path: Path) -> Iterator[None]:
    """A file that somebody changed keeps its bytes under another name, and its own one when the fetch fails."""
    if not path.exists():
        yield
        return
    names = (path.with_name(f"{path.name}.old{number or ''}") for number in count())
    aside = next(name for name in names if not name.exists())
    os.replace(path, aside)
    try:
        yield
    except BaseException:
        os.replace(aside, path)
        raise
    say(f"{path} held other bytes than are published: they are in {aside.name} now")


@dataclass(frozen=True)
class Resuming:
    """A downloader for pooch. What came lies in `.NAME.part` beside the file until all of it is there."""

    folder: Path
    source: Source
    retries: Retries

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Fetch `url` into `output_file`, from where an earlier try stopped."""
        failed, size = 0, self._size()
        while True:
            try:
                self._try(url)
                break
            except (Passing, *CUT) as error:
                failed, size = (1 if self._size() > size else failed + 1), self._size()
                self._again(url, failed, error)
            except requests.RequestException as error:
                raise PslError(
                    f"{url} cannot be fetched ({_cause(error)}): look at the address, or give a mirror with --base-url"
                ) from None
            except ValueError as error:  # of a redirect to what is no address
                raise PslError(f"{url} leads nowhere ({error}): look at the address, or give a mirror with --base-url") from None
            except OSError as error:
                raise _no_space(self.folder) if error.errno in (errno.ENOSPC, errno.EDQUOT) else error from None
        os.replace(self._part, output_file)
        self._note.unlink(missing_ok=True)

    @property
    def _part(self) -> Path:
        return self.folder / f".{self.source.name}.part"

    @property
    def _note(self) -> Path:
        """What the server said of the file that the part is of: a resume must be of the same."""
        return self.folder / f".{self.source.name}.part.json"

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _again(self, url: str, failed: int, error: Exception) -> None:
        """Pause before the next try, or raise PslError."""
        if failed < self.retries.tries:
            say(f"{self.source.name}: {_cause(error)}; trying again")
            return self.retries.pause(failed, url, getattr(error, "wait_s", 0.0))
        kept = f"the {self._size() / MEGABYTE:.1f} MB that came are kept, run again to go on"
        if isinstance(error, requests.ConnectionError) and not self._size():
            raise Unreachable(f"{urlsplit(url).netloc} cannot be reached ({_cause(error)}): look at the network and run again") from None
        raise PslError(f"{url} could not be fetched in {failed} tries in a row ({_cause(error)}): {kept}") from None

    def _try(self, url: str) -> None:
        asked = self._range(url)
        with requests.get(url, headers=HEADERS | asked, stream=True, timeout=TIMEOUT_S) as response:
            start = self._start(response, asked)
            _refuse_wrong_answer(url, response)
            self._note.write_text(json.dumps({"url": url, "validator": _validator(response)}))
            self._receive(response, start)

    def _range(self, url: str) -> dict[str, str]:
        """The headers that ask for the rest only; none where it could be the rest of something else."""
        size = self._size()
        try:
            note = json.loads(self._note.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        if not size or note["url"] != url or not (note["validator"] or self.source.md5):
            return {}
        return {"Range": f"bytes={size}-"} | ({"If-Range": note["validator"]} if note["validator"] else {})

    def _start(self, response: requests.Response, asked: dict[str, str]) -> int:
        """Where the bytes of the answer belong: behind those that are there when the server goes on, else at 0."""
        wanted = f"bytes {self._size()}-"
        if response.status_code == 206 and asked and response.headers.get("Content-Range", "").startswith(wanted):
            return self._size()
        if response.status_code in (206, 416):
            self._part.unlink(missing_ok=True)
            raise Passing("the server offers another part than was asked for")
        return 0

    def _receive(self, response: requests.Response, start: int) -> None:
        length = _length(response)
        if length and length > shutil.disk_usage(self.folder).free:
            raise _no_space(self.folder, length)
        chunks = response.raw.stream(CHUNK, decode_content=False)
        with self._part.open("ab" if start else "wb") as handle:
            try:
                for chunk in track(chunks, f"{self.source.name} (MB)", length, size=len, scale=MEGABYTE):
                    handle.write(chunk)
            except ReadTimeoutError:
                raise Passing(f"timed out, no byte in {TIMEOUT_S[1]:.0f} s") from None
            except (HTTPError, ConnectionError):
                raise Passing("the connection was cut") from None
        if length is not None and self._size() != start + length:
            raise Passing(f"the connection was cut ({self._size() - start} of {length} bytes came)")


def _refuse_wrong_answer(url: str, response: requests.Response) -> None:
    status = response.status_code
    if status in PASSING:
        asked = response.headers.get("Retry-After", "")
        raise Passing(f"the server answers {status} {response.reason}", float(asked) if asked.isdigit() else 0.0)
    if status in (404, 410):
        raise PslError(f"{url} is not there (the server answers {status}): it has moved, or give a mirror with --base-url")
    if status not in (200, 206):
        raise PslError(f"{url} is refused (the server answers {status} {response.reason}): give a mirror with --base-url")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise PslError(f"{url} answers with a web page instead of the file: a log-in page of the network, or an address that has moved")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise PslError(f"{url} is sent compressed although plain bytes were asked for: give a mirror with --base-url")


def _length(response: requests.Response) -> int | None:
    """How many bytes are promised; None when the server does not say."""
    told = response.headers.get("Content-Length")
    if told is None or told.isdecimal():
        return None if told is None else int(told)
    raise PslError(f"{response.url} promises {told!r} bytes, which is no number: give a mirror with --base-url")


def _validator(response: requests.Response) -> str | None:
    """A strong ETag, or the date of change: what `If-Range` takes."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _cause(error: Exception) -> str:
    """The innermost reason, in words."""
    if isinstance(error, requests.Timeout):
        return f"timed out, no byte in {TIMEOUT_S[1]:.0f} s"
    inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    return re.sub(r"HTTPS?Connection(Pool)?\([^)]*\): ", "", str(getattr(inner, "reason", None) or inner)).rstrip(".")


def _no_space(folder: Path, need: int | None = None) -> PslError:
    wanted = f"{need / MEGABYTE:.0f} MB are needed" if need else "what came is kept"
    return PslError(f"no space left on the disk of {folder} ({wanted}): free some and run again")
