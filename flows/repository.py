"""One flow at a time on a repository, and what a killed one left: its run becomes Crashed, dvc.lock gets its order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect.runtime import flow_run

from flows import lock_order
from flows.sweep_runs import crash_if_known
from psl.errors import PslError
from psl.files import only_one, write_json

TMP = Path(".dvc/tmp")  # DVC keeps it out of git
STATE = TMP / "flows"


@contextmanager
def repository() -> Iterator[list[str]]:
    """Hold this repository for one flow run. Yields the order in which dvc.lock was before it, and before killed runs.

    Raises PslError when another flow is at work here.
    """
    if not TMP.parent.is_dir():
        raise PslError(f"{Path.cwd()} is not a DVC repository: run from the root of the repository")
    with only_one(STATE / "lock", "a flow"):  # who holds it knows that every other run of this repository is dead
        for mark in STATE.glob("*.run"):
            if crash_if_known(mark.stem):  # a run of another server keeps its mark
                mark.unlink()
        order, mark = STATE / "order.json", STATE / f"{flow_run.id}.run"
        if not order.exists():
            write_json(order, lock_order.entries())
        mark.touch()
        yield json.loads(order.read_text())
        order.unlink()
        mark.unlink()
