"""DVC's locks on paths whose holder is dead, but still listed because nobody has asked for its exit code (a zombie).

DVC forgets the locks of processes that do not exist. A killed one goes on existing until its new parent, process 1, asks for its
exit code: some do so every two seconds, in many containers none does, and DVC would be blocked for as long.
"""

from typing import Any

import psutil


def forget_dead(repo: Any) -> None:
    """Take the locks of zombies out of DVC's list of locks."""
    from dvc.rwlock import _edit_rwlock

    with _edit_rwlock(repo.tmp_dir, repo.fs, repo.config["core"].get("hardlink_lock", False)) as locks:
        locks["write"] = {path: holder for path, holder in locks["write"].items() if not _dead(holder)}
        locks["read"] = {path: [holder for holder in holders if not _dead(holder)] for path, holders in locks["read"].items()}


def _dead(holder: dict[str, Any]) -> bool:
    try:
        return psutil.Process(holder["pid"]).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
