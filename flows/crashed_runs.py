"""Runs whose process was killed are marked as crashed: kill -9 leaves them "Running" on the server for ever."""

from contextlib import suppress
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas import filters, objects
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

UNFINISHED = [kind for kind in objects.StateType if kind not in objects.TERMINAL_STATES]
KILLED = "the process of this run was killed; what it had finished is kept"


def mark_run_crashed(flow_run_id: str) -> bool:
    """Set an unfinished flow run and all below it to Crashed. False when this server does not know the run."""
    with get_client(sync_client=True) as client:
        try:
            run = client.read_flow_run(UUID(flow_run_id))
        except ObjectNotFound:
            return False
        _mark(client, run)
        return True


def mark_subflows_crashed(task_run_id: str) -> None:
    """Set what a failed stage left unfinished under its task run, such as shards, to Crashed, if the server answers."""
    with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
        _mark_subflows(client, UUID(task_run_id))


def _mark(client: SyncPrefectClient, run: objects.FlowRun) -> None:
    of_run = filters.FlowRunFilter(id=filters.FlowRunFilterId(any_=[run.id]))
    state = filters.TaskRunFilterState(type=filters.TaskRunFilterStateType(any_=UNFINISHED))
    while tasks := client.read_task_runs(flow_run_filter=of_run, task_run_filter=filters.TaskRunFilter(state=state)):
        for task in tasks:
            _mark_subflows(client, task.id)
            client.set_task_run_state(task.id, Crashed(message=KILLED), force=True)
    if run.state is None or not run.state.is_final():
        client.set_flow_run_state(run.id, Crashed(message=KILLED), force=True)


def _mark_subflows(client: SyncPrefectClient, task_run_id: UUID) -> None:
    parent = filters.FlowRunFilterParentTaskRunId(any_=[task_run_id])
    for run in client.read_flow_runs(flow_run_filter=filters.FlowRunFilter(parent_task_run_id=parent)):
        _mark(client, run)
