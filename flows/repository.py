"""One flow at a time on a repository; the runs of flows that were killed here become Crashed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect.runtime import flow_run

from flows.lock_order import LOCK
from flows.orphans import end_orphans
from flows.sweep_runs import crash_if_known
from psl.errors import PslError
from psl.files import PART, only_one

TMP = Path(".dvc/tmp")  # DVC keeps it out of git
STATE = TMP / "flows"


@contextmanager
def repository() -> Iterator[None]:
    """Hold this repository for the current flow run. Raises PslError when another flow is at work here."""
    if not TMP.parent.is_dir():
        raise PslError(f"{Path.cwd()} is not a DVC repository: run from the root of the repository")
    with only_one(STATE / "lock", "a flow"):  # who holds it knows that every other run of this repository is dead
        own = STATE / f"{flow_run.id}.run"
        own.touch()
        end_orphans()
        for path in Path().glob(f".{LOCK}.*{PART}"):  # of a flow or DVC that was killed while it wrote
            path.unlink()
        for mark in set(STATE.glob("*.run")) - {own}:
            if crash_if_known(mark.stem):  # a run of another server keeps its mark
                mark.unlink()
        yield
        own.unlink()
