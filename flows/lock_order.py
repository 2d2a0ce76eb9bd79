"""dvc.lock as `dvc repro` writes it: DVC appends a stage's entry when the stage ends, so parallel branches would leave another order."""

from collections.abc import Iterable
from pathlib import Path

from psl.files import write_whole

LOCK = Path("dvc.lock")


def entries() -> list[str]:
    """The names of the stages in dvc.lock, in its order."""
    from dvc.utils.serialize import load_yaml

    return list(load_yaml(LOCK).get("stages", {})) if LOCK.exists() else []


def restore(before: Iterable[str], planned: Iterable[str]) -> None:
    """Put dvc.lock into the order of a serial run: entries that were there `before`, then new ones as `planned`."""
    from dvc.repo import Repo
    from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

    rank = {name: place for place, name in enumerate(dict.fromkeys((*before, *planned)))}
    if (found := entries()) == sorted(found, key=lambda name: rank.get(name, len(rank))):
        return
    with Repo(".", _wait_for_lock=True) as repo, repo.lock:
        data = parse_yaml_for_update(LOCK.read_text(), LOCK)
        for name in sorted(data["stages"], key=lambda name: rank.get(name, len(rank))):
            data["stages"].move_to_end(name)
        with write_whole(LOCK) as temporary:
            temporary.write_text(dumps_yaml(data))
