"""The exception for users' mistakes: what is wrong, where, and what to do; and how a program ends with it."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from psl.runtime.extras import missing_package


class PslError(Exception):
    """A user's mistake or a broken input. Its text is one sentence and is shown without a traceback."""


# What libraries say when memory, or a limit on it, is not enough: the loader of libraries, torch on CPUs and GPUs, C.
NO_MEMORY = ("failed to map segment", "can't allocate memory", "out of memory", "Cannot allocate memory")
INTERRUPTED = 130  # the exit code of a program that Ctrl-C ended


@contextmanager
def exit_with_message(program: str, *, resumes: bool = True) -> Iterator[None]:
    """End `program` with its name, one sentence and exit code 1 for an error that people can mend.

    That is a PslError, an OSError about a file, a lack of memory, or a package that is not installed. Ctrl-C ends it
    with a sentence, too, and code 130; that says what another run does: `resumes`, or begins anew.
    """
    try:
        yield
    except KeyboardInterrupt:
        again = "goes on where it was" if resumes else "begins anew"
        print(f"{program}: stopped; run it again, and it {again}", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        sys.exit(f"{program}: {sentence}")


def _sentence(error: Exception) -> str | None:
    """What to say of an error that people can mend; None of any other one."""
    if isinstance(error, PslError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return missing_package(error)
    if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
        reason = str(error).partition("\n")[0] or "no more to allocate"
        return (
            f"memory ran out ({reason}): free some, run fewer stages at once, or raise the limit that this shell, "
            "container or job sets (`ulimit -v`, which torch needs at 4 GiB or more)"
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        return "the output could not be written, because its disk is full: free some space, and run again"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {error.filename}: check the file, its permissions and disk, and run again"
    return None
