"""What runners over other machines have in common: the same code, the same folder, and errors that are told in a sentence.

Workers on other machines see the repository and the audio at the same paths, and run the same version of psl.
"""

import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from psl.errors import PslError
from psl.files import hash_file, hash_json

PACKAGES = ("psl", "models")
LIBRARIES = ("numpy", "soundfile", "soxr", "torch")


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of the code and the libraries that results come from, as they were when this process first asked."""
    found = [find_spec(name) for name in PACKAGES]
    files = [path for spec in found if spec and spec.origin for path in sorted(Path(spec.origin).parent.rglob("*.py"))]
    return hash_json([[hash_file(path) for path in files], [version(name) for name in LIBRARIES], sys.version_info[:2]])


def do(folder: str, client_hash: str, work: Callable[[Any], Any], job: Any) -> Any:
    """One job on a worker, in the client's folder. Raises PslError where results could be others than the client's."""
    settle(folder)
    if code_hash() != client_hash:
        raise PslError(f"the worker {os.uname().nodename} runs other code or libraries than this: start the workers again, from here")
    return work(job)


def settle(folder: str) -> None:
    """Stand in `folder`, from where relative paths and the package `models` are found."""
    try:
        os.chdir(folder)
    except OSError:
        raise PslError(f"the worker {os.uname().nodename} does not see {folder}: workers need the repository at the same path") from None
    if folder not in sys.path:
        sys.path.insert(0, folder)


def missing(runner: str) -> PslError:
    """The extra is not installed."""
    return PslError(f"shards.runner {runner} needs a package that is not here: `pip install -e '.[{runner}]'` in the repository")


def lost(runner: str, error: BaseException) -> PslError:
    """The cluster went away, or was never there."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return PslError(f"the {runner} cluster is lost or not there ({reason}): start it, and run again; finished shards are kept")
