"""What runners over clusters share: workers run the same code in the same folder, and errors are one sentence.

Workers on other machines see the repository and the audio at the same paths, and run the same version of psl.
"""

import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from psl.io.hashes import hash_json
from psl.runtime.code_hash import code_hash
from psl.runtime.errors import PslError

LIBRARIES = ("numpy", "soundfile", "soxr", "torch")


@lru_cache(maxsize=1)
def installation_hash() -> str:
    """Hash of the code and the libraries that results come from, as they were at this process's first call."""
    return hash_json([code_hash("psl", "models"), [version(name) for name in LIBRARIES], sys.version_info[:2]])


def run_job(folder: str, client_hash: str, work: Callable[[Any], Any], job: Any) -> Any:
    """Compute one job on a worker, in the client's folder. Raises PslError when the client's results could differ."""
    enter_repository(folder)
    if installation_hash() != client_hash:
        raise PslError(
            f"the worker {os.uname().nodename} runs other code or libraries than this: "
            "start the workers again, from here"
        )
    return work(job)


def enter_repository(folder: str) -> None:
    """Make `folder` the working directory and importable, for relative paths and the package `models`.

    Raises PslError when this machine does not have it.
    """
    try:
        os.chdir(folder)
    except OSError:
        raise PslError(
            f"the worker {os.uname().nodename} does not see {folder}: workers need the repository at the same path"
        ) from None
    if folder not in sys.path:
        sys.path.insert(0, folder)


def extra_missing(runner: str) -> PslError:
    """The error for an extra that is not installed."""
    return PslError(
        f"shards.runner {runner} needs a package that is not installed: "
        f"run `pip install -e '.[{runner}]'` in the repository"
    )


def cluster_unreachable(runner: str, error: BaseException) -> PslError:
    """The error for a cluster that went away or never answered."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return PslError(
        f"the {runner} cluster cannot be reached ({reason}): start it, and run again; finished shards are kept"
    )
