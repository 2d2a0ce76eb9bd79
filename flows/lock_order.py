"""dvc.lock as `dvc repro` writes it: DVC appends a stage's entry when the stage ends, so parallel branches would leave another order."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from psl.files import write_json, write_whole

LOCK = Path("dvc.lock")
KEPT = Path(".dvc/tmp/flows/order.json")  # outlives killed and failed runs, so that going on after them ends in the same order


@contextmanager
def as_serial(planned: Sequence[str]) -> Iterator[None]:
    """Leave dvc.lock in the order of a serial run: entries that were there before the block, then new ones as `planned`."""
    before = _before(planned)
    write_json(KEPT, {"before": before, "left": None})
    try:
        yield
    finally:
        _sort({name: place for place, name in enumerate(dict.fromkeys((*before, *planned)))})
        write_json(KEPT, {"before": before, "left": entries()})


def forget() -> None:
    """A run came to its end: the next one starts from dvc.lock as it is."""
    KEPT.unlink()


def entries() -> list[str]:
    """The names of the stages in dvc.lock, in its order."""
    from dvc.utils.serialize import load_yaml

    return list(load_yaml(LOCK).get("stages", {})) if LOCK.exists() else []


def _before(planned: Sequence[str]) -> list[str]:
    """The entries before the run that this one goes on after; those of now when this is another run.

    Another one: dvc.lock is not as that run left it, or holds stages of it that are not planned now.
    """
    now = entries()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"before": now, "left": now}
    killed = kept["left"] is None  # it could not say how it left the file, to which DVC appends
    goes_on = now[: len(kept["before"])] == kept["before"] if killed else now == kept["left"]
    return kept["before"] if goes_on and set(now) <= {*kept["before"], *planned} else now


def _sort(rank: dict[str, int]) -> None:
    from dvc.repo import Repo
    from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

    if (found := entries()) == sorted(found, key=lambda name: rank.get(name, len(rank))):
        return
    with Repo(".", _wait_for_lock=True) as repo, repo.lock:
        data = parse_yaml_for_update(LOCK.read_text(), LOCK)
        for name in sorted(data["stages"], key=lambda name: rank.get(name, len(rank))):
            data["stages"].move_to_end(name)
        with write_whole(LOCK) as temporary:
            temporary.write_text(dumps_yaml(data))
