"""The exception for users' mistakes: what is wrong, where, and what to do; and how a program ends with it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class PslError(Exception):
    """A user's mistake or a broken input. Its text is one sentence and is shown without a traceback."""


@contextmanager
def exit_with_message(program: str) -> Iterator[None]:
    """End `program` with its name, one sentence and exit code 1 for a PslError, or for an OSError about a file."""
    try:
        yield
    except PslError as error:
        sys.exit(f"{program}: {error}")
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(
            f"{program}: {error.strerror}: {error.filename}: check the file, its permissions and disk, and run again"
        )
