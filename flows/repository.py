"""One flow at a time on a repository; the runs of flows that were killed here are marked as crashed."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from prefect.runtime import flow_run

from flows.crashed_runs import mark_run_crashed
from flows.dvc_patches import LOCK
from flows.leftover_processes import kill_leftover_processes
from psl.io.files import PART, file_lock
from psl.runtime.errors import PslError

TMP = Path(".dvc/tmp")  # DVC keeps it out of git
STATE = TMP / "flows"


def flow_lock() -> AbstractContextManager[None]:
    """Only one flow at a time holds it in this repository. Raises PslError when another one does."""
    return file_lock(STATE / "lock", "a flow")


@contextmanager
def locked_repository() -> Iterator[None]:
    """Hold this repository for the current flow run. Raises PslError when another flow is at work here."""
    if not TMP.parent.is_dir():
        raise PslError(f"{Path.cwd()} is not a DVC repository: run from the root of the repository")
    with flow_lock():  # whoever holds it knows that every other run of this repository is dead
        own = STATE / f"{flow_run.id}.run"
        own.touch()
        kill_leftover_processes()
        for path in Path().glob(f".{LOCK}.*{PART}"):  # of a flow or DVC that was killed while it wrote
            path.unlink()
        for run_file in set(STATE.glob("*.run")) - {own}:
            if mark_run_crashed(run_file.stem):  # a run of another server keeps its file
                run_file.unlink()
        yield
        own.unlink()
