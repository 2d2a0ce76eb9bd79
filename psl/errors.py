"""The one exception that is meant for the user: what is wrong, where, and what to do; and how a program ends with it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class PslError(Exception):
    """A user's mistake or a broken input. Its text is one sentence and is shown without a traceback."""


@contextmanager
def ends_in_a_sentence(who: str) -> Iterator[None]:
    """A person's mistake, or trouble with a file, ends the program with one sentence of `who` and exit code 1."""
    try:
        yield
    except PslError as error:
        sys.exit(f"{who}: {error}")
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(f"{who}: {error.strerror}: {error.filename}: see to the file, its rights or its disk, and run again")
