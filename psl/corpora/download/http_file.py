"""Downloads one file over HTTP: resumes partial downloads, retries transient faults, and explains permanent ones."""

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

from psl.corpora.download.retries import TRANSIENT_STATUS, Retries, TransientError
from psl.corpora.download.sources import Source
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track

TIMEOUT_S = (10.0, 60.0)  # to connect; without a single byte
CHUNK_BYTES = 65_536
MEGABYTE = 1_000_000
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "psl"}  # ranges and lengths count the stored bytes
CONNECTION_ERRORS = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Unreachable(PslError):
    """The server cannot be reached at all: the next file would fail as well."""


def fetch_file(source: Source, folder: Path, retries: Retries) -> Path:
    """The file in `folder`, fetched unless it is present with the right checksum; one with another is moved aside.

    Raises PslError when it cannot be fetched.
    """
    path, known_hash = folder / source.name, source.md5 and f"md5:{source.md5}"
    if path.exists() and source.md5 in (None, pooch.file_hash(str(path), "md5")):
        return path
    with _moved_aside(path):
        try:
            pooch.get_logger().setLevel("ERROR")
            pooch.retrieve(
                source.url, known_hash, source.name, folder, downloader=ResumableDownload(folder, source, retries)
            )
        except ValueError:  # what pooch raises for a wrong checksum
            raise PslError(
                f"{source.url} holds other bytes than were published (md5 is not {source.md5}): "
                "run again, or try a mirror"
            ) from None
    if not known_hash:
        log(f"{source.name}: no checksum is published; its md5 here is {pooch.file_hash(str(path), 'md5')}")
    return path


@contextmanager
def _moved_aside(path: Path) -> Iterator[None]:
    """Keep a changed file under another name, and under its own when the fetch fails."""
    if not path.exists():
        yield
        return
    candidates = (path.with_name(f"{path.name}.old{number or ''}") for number in count())
    backup = next(candidate for candidate in candidates if not candidate.exists())
    os.replace(path, backup)
    try:
        yield
    except BaseException:
        os.replace(backup, path)
        raise
    log(f"{path} held other bytes than are published: they are in {backup.name} now")


@dataclass(frozen=True)
class ResumableDownload:
    """A downloader for pooch that keeps partial downloads in `.NAME.part` beside the file."""

    folder: Path
    source: Source
    retries: Retries

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Fetch `url` into `output_file`, from where an earlier try stopped. Raises PslError when that fails."""
        failures, size = 0, self._size()
        while True:
            try:
                self._try(url)
                break
            except (TransientError, *CONNECTION_ERRORS) as error:
                failures, size = (1 if self._size() > size else failures + 1), self._size()
                self._pause_or_raise(url, failures, error)
            except requests.RequestException as error:
                raise PslError(
                    f"{url} cannot be fetched ({_cause(error)}): check the address, or give a mirror with --base-url"
                ) from None
            except ValueError as error:  # a redirect to an invalid address
                raise PslError(
                    f"{url} leads nowhere ({error}): check the address, or give a mirror with --base-url"
                ) from None
            except OSError as error:
                raise _no_space(self.folder) if error.errno in (errno.ENOSPC, errno.EDQUOT) else error from None
        os.replace(self._part, output_file)
        self._state.unlink(missing_ok=True)

    @property
    def _part(self) -> Path:
        return self.folder / f".{self.source.name}.part"

    @property
    def _state(self) -> Path:
        """URL and validator of the partial file: only the same file may be resumed."""
        return self.folder / f".{self.source.name}.part.json"

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _pause_or_raise(self, url: str, failures: int, error: Exception) -> None:
        """Pause before the next try, or raise PslError."""
        if failures < self.retries.tries:
            log(f"{self.source.name}: {_cause(error)}; trying again")
            return self.retries.pause(failures, url, getattr(error, "wait_s", 0.0))
        kept = f"the {self._size() / MEGABYTE:.1f} MB received are kept, run again to continue"
        if isinstance(error, requests.ConnectionError) and not self._size():
            raise Unreachable(
                f"{urlsplit(url).netloc} cannot be reached ({_cause(error)}): check the network and run again"
            ) from None
        raise PslError(f"{url} could not be fetched in {failures} tries in a row ({_cause(error)}): {kept}") from None

    def _try(self, url: str) -> None:
        range_headers = self._range(url)
        with requests.get(url, headers=HEADERS | range_headers, stream=True, timeout=TIMEOUT_S) as response:
            start = self._start(response, range_headers)
            _raise_for_response(url, response)
            self._state.write_text(json.dumps({"url": url, "validator": _validator(response)}))
            self._receive(response, start)

    def _range(self, url: str) -> dict[str, str]:
        """Headers that request only the rest; none where it could be the rest of another file."""
        size = self._size()
        try:
            state = json.loads(self._state.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        if not size or state["url"] != url or not (state["validator"] or self.source.md5):
            return {}
        return {"Range": f"bytes={size}-"} | ({"If-Range": state["validator"]} if state["validator"] else {})

    def _start(self, response: requests.Response, range_headers: dict[str, str]) -> int:
        """Offset of the response's bytes: after those already received when the server resumes, else 0."""
        expected = f"bytes {self._size()}-"
        content_range = response.headers.get("Content-Range", "")
        if response.status_code == 206 and range_headers and content_range.startswith(expected):
            return self._size()
        if response.status_code in (206, 416):
            self._part.unlink(missing_ok=True)
            raise TransientError("the server sent another range than requested")
        return 0

    def _receive(self, response: requests.Response, start: int) -> None:
        length = _length(response)
        if length and length > shutil.disk_usage(self.folder).free:
            raise _no_space(self.folder, length)
        chunks = response.raw.stream(CHUNK_BYTES, decode_content=False)
        with self._part.open("ab" if start else "wb") as handle:
            try:
                for chunk in track(chunks, f"{self.source.name} (MB)", length, size=len, scale=MEGABYTE):
                    handle.write(chunk)
            except ReadTimeoutError:
                raise TransientError(f"timed out, no byte in {TIMEOUT_S[1]:.0f} s") from None
            except (HTTPError, ConnectionError):
                raise TransientError("the connection was cut") from None
        if length is not None and self._size() != start + length:
            raise TransientError(f"the connection was cut ({self._size() - start} of {length} bytes received)")


def _raise_for_response(url: str, response: requests.Response) -> None:
    status = response.status_code
    if status in TRANSIENT_STATUS:
        retry_after = response.headers.get("Retry-After", "")
        wait_s = float(retry_after) if retry_after.isdigit() else 0.0
        raise TransientError(f"the server answers {status} {response.reason}", wait_s)
    if status in (404, 410):
        raise PslError(
            f"{url} is not there (the server answers {status}): find its new address, or give a mirror with --base-url"
        )
    if status not in (200, 206):
        raise PslError(
            f"{url} is refused (the server answers {status} {response.reason}): give a mirror with --base-url"
        )
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise PslError(
            f"{url} is a web page instead of the file: log in to the network, or give a mirror with --base-url"
        )
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise PslError(f"{url} is sent compressed although plain bytes were requested: give a mirror with --base-url")


def _length(response: requests.Response) -> int | None:
    """The number of bytes that the server announces; None when it does not."""
    length = response.headers.get("Content-Length")
    if length is None or length.isdecimal():
        return None if length is None else int(length)
    raise PslError(
        f"{response.url} announces a length of {length!r} bytes, which is no number: give a mirror with --base-url"
    )


def _validator(response: requests.Response) -> str | None:
    """A strong ETag or the modification date, for `If-Range`."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _cause(error: Exception) -> str:
    """The innermost reason, in words."""
    if isinstance(error, requests.Timeout):
        return f"timed out, no byte in {TIMEOUT_S[1]:.0f} s"
    inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    return re.sub(r"HTTPS?Connection(Pool)?\([^)]*\): ", "", str(getattr(inner, "reason", None) or inner)).rstrip(".")


def _no_space(folder: Path, need: int | None = None) -> PslError:
    detail = f"{need / MEGABYTE:.0f} MB are needed" if need else "what was received is kept"
    return PslError(f"no space left on the disk of {folder} ({detail}): free some and run again")
