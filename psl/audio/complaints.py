"""What libmpg123 prints to standard error while it decodes: caught, and said once of each file, with its name.

It has no other way to complain, and libsndfile does not turn it off. A line of somebody else, such as another thread,
is passed on.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

from psl.runtime.progress import log

STDERR = 2  # of the process: C libraries do not know of sys.stderr
COMPLAINT = re.compile(r"(?:\[[^\]\s]*libmpg123[^\]]*\] \w+|Note|Warning): (.+)")

_lock = Lock()
_said: set[str] = set()


class _Capture:
    """Standard error while any thread decodes."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        with ExitStack() as stack:
            self._saved, self._read = os.dup(STDERR), 0
            stack.callback(os.close, self._saved)
            self._file = stack.enter_context(tempfile.TemporaryFile())
            os.dup2(self._file.fileno(), STDERR)
            stack.callback(os.dup2, self._saved, STDERR)
            self._stack = stack.pop_all()

    def take(self) -> list[str]:
        """The complaints since the last call; other lines go to where they were meant for."""
        text = os.pread(self._file.fileno(), os.fstat(self._file.fileno()).st_size - self._read, self._read)
        self._read += len(text)
        complaints = list[str]()
        for line in text.splitlines(keepends=True):
            if found := COMPLAINT.match(line.decode(errors="replace")):
                complaints.append(found[1].strip())
            else:
                os.write(self._saved, line)
        return complaints

    def close(self) -> None:
        self._stack.close()


_current: _Capture | None = None


@contextmanager
def complaints_named(path: str) -> Iterator[None]:
    """Say once what libmpg123 complains of inside, with `path`; of threads that decode at once, with all of theirs."""
    capture = _enter(path)
    try:
        yield
    finally:
        if capture:
            _leave(capture, path)


def _enter(path: str) -> _Capture | None:
    """What catches standard error; None where there is no standard error, and nothing to catch."""
    global _current
    with _lock:
        try:
            _current = _current or _Capture()
        except OSError:
            return None
        _current.paths.append(path)
        return _current


def _leave(capture: _Capture, path: str) -> None:
    global _current
    with _lock:
        complaints, names = capture.take(), " or ".join(dict.fromkeys(capture.paths))
        capture.paths.remove(path)
        if not capture.paths:
            capture.close()
            _current = None
    if complaints and names not in _said:
        _said.add(names)
        more = f" ({len(complaints)} such complaints)" if len(complaints) > 1 else ""
        log(f"libmpg123 decodes the audio file {names}, and complains: {complaints[0].rstrip('.')}{more}")
