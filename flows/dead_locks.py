"""DVC's locks on paths whose holder is dead, but still listed because nobody has asked for its exit code (a zombie).

DVC forgets the locks of processes that do not exist. A killed one goes on existing until its new parent, process 1, asks for its
exit code: some do so every two seconds, in many containers none does, and DVC would be blocked for as long.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from psl.files import alive


def forget_dead(repo: Any) -> None:
    """Take the locks of dead processes out of DVC's list of locks; a list that was cut when its writer was killed is thrown away."""
    from dvc.rwlock import RWLOCK_FILE, RWLockFileCorruptedError, _edit_rwlock

    try:
        _edit(_edit_rwlock(repo.tmp_dir, repo.fs, repo.config["core"].get("hardlink_lock", False)))
    except RWLockFileCorruptedError:
        (Path(repo.tmp_dir) / RWLOCK_FILE).unlink(missing_ok=True)


def _edit(edited: AbstractContextManager[dict]) -> None:
    with edited as locks:
        locks["write"] = {path: holder for path, holder in locks["write"].items() if alive(holder["pid"])}
        locks["read"] = {path: [holder for holder in holders if alive(holder["pid"])] for path, holders in locks["read"].items()}
