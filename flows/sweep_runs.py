"""Runs whose process is gone, told to the server: kill -9 leaves them "Running" for ever."""

from contextlib import suppress
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas import filters, objects
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

UNFINISHED = [kind for kind in objects.StateType if kind not in objects.TERMINAL_STATES]
KILLED = "the process of this run was killed; what it had finished is kept"


def crash_if_known(run: str) -> bool:
    """Set an unfinished flow run and all below it to Crashed. False when this server does not know the run."""
    with get_client(sync_client=True) as client:
        try:
            found = client.read_flow_run(UUID(run))
        except ObjectNotFound:
            return False
        _crash(client, found)
        return True


def crash_below(task_run: str) -> None:
    """Set what a stage that failed left unfinished under its task run, such as shards, to Crashed; nothing when the server went away."""
    with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
        _crash_below(client, UUID(task_run))


def _crash(client: SyncPrefectClient, run: objects.FlowRun) -> None:
    of_run = filters.FlowRunFilter(id=filters.FlowRunFilterId(any_=[run.id]))
    state = filters.TaskRunFilterState(type=filters.TaskRunFilterStateType(any_=UNFINISHED))
    while tasks := client.read_task_runs(flow_run_filter=of_run, task_run_filter=filters.TaskRunFilter(state=state)):
        for task in tasks:
            _crash_below(client, task.id)
            client.set_task_run_state(task.id, Crashed(message=KILLED), force=True)
    if run.state is None or not run.state.is_final():
        client.set_flow_run_state(run.id, Crashed(message=KILLED), force=True)


def _crash_below(client: SyncPrefectClient, task_run: UUID) -> None:
    """Flow runs that a stage started under its task run, such as shards."""
    parent = filters.FlowRunFilterParentTaskRunId(any_=[task_run])
    for run in client.read_flow_runs(flow_run_filter=filters.FlowRunFilter(parent_task_run_id=parent)):
        _crash(client, run)
