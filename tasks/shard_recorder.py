"""A stage's shards in Prefect: a flow run `shards` under the stage's task run, with a task run for each shard.

The runner computes as it does without Prefect, and workers need no Prefect. A thread only records its jobs: computing
never waits for the server, and goes on when the server goes away. Two requests a shard, and no engine of Prefect's.
"""

import logging
import os
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

from psl.runtime.progress import log

PARENT_TASK_RUN = "PSL_PARENT_TASK_RUN"  # environment: the id of the stage's task run
SECONDS_BETWEEN_UPDATES = 1.0  # of the progress
RETRIES = "2"  # of a request, six seconds: a server that went away must not delay a stage by a minute
NOISY = (
    "prefect.events.clients",
    "prefect._internal.concurrency",
)  # a lost server is one sentence, by `_send_requests`
Request = Callable[["_Server"], None]


class ShardRecorder:
    """Records the shards of one stage on the server of PREFECT_API_URL, in the order of the calls."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.expected = self.done = 0
        self._requests: SimpleQueue[Request | None] = SimpleQueue()
        self._thread = Thread(target=self._send_requests, name="shard recorder", daemon=True)
        self._thread.start()

    def expect(self, shards: int) -> None:
        """Add to the number of shards, for the progress."""
        self.expected += shards

    def record_cached(self, name: str) -> None:
        """Record a shard that need not be computed."""
        self.expected += 1
        self.done += 1
        self._requests.put(lambda server: server.create(uuid4(), name, "Cached", "it was computed before"))

    def begin(self, name: str) -> UUID:
        """Record that a worker has a shard's job; returns the id of its task run."""
        task_run = uuid4()
        self._requests.put(lambda server: server.create(task_run, name, "Running", ""))
        return task_run

    def end(self, task_run: UUID, state: str, message: str) -> None:
        """Record the final state of a shard: Completed or Crashed."""
        self.done += 1
        self._requests.put(lambda server: server.end(task_run, state, message))

    def close(self, state: str, message: str) -> None:
        """Record the final state of all: Completed or Failed. Waits until everything is recorded."""
        self._requests.put(lambda server: server.close(state, message, self._percent()))
        self._requests.put(None)
        self._thread.join()

    def _percent(self) -> float:
        return round(100.0 * self.done / max(self.expected, 1), 1)

    def _send_requests(self) -> None:
        try:
            server = _Server(self.stage)
            while True:
                try:
                    request = self._requests.get(timeout=SECONDS_BETWEEN_UPDATES)
                except Empty:
                    server.update_progress(self._percent())
                    continue
                if request is None:
                    return
                request(server)
                server.update_progress(self._percent())
        except Exception as error:  # whatever happens to the server, the shards are computed
            reason = " ".join(str(error).split())[:200]
            url = os.environ["PREFECT_API_URL"]
            log(f"the shards of {self.stage} go on without Prefect, whose server at {url} failed ({reason})")


class _Server:
    """One flow run on the server, and its progress as an artefact."""

    def __init__(self, stage: str) -> None:
        os.environ.setdefault("PREFECT_CLIENT_MAX_RETRIES", RETRIES)
        from prefect import flow, states, task  # takes two seconds, and only a server needs it
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate

        for name in NOISY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._client, self._states, self._update = get_client(sync_client=True), states, ArtifactUpdate
        self._shard = task(name="shard")(_no_work)
        parent = os.environ.get(PARENT_TASK_RUN)
        flow_run = self._client.create_flow_run(
            flow(name="shards")(_no_work),
            name=f"shards of {stage}",
            parent_task_run_id=UUID(parent) if parent else None,
            state=states.Running(),
        )
        self._flow_run, self._shown, self._shown_at = flow_run.id, 0.0, time.monotonic()
        progress = ArtifactCreate(
            type="progress", description=f"shards of {stage}", data=0.0, flow_run_id=self._flow_run
        )
        self._artifact = self._client.create_artifact(progress).id

    def create(self, task_run: UUID, name: str, state: str, message: str) -> None:
        self._client.create_task_run(
            self._shard, self._flow_run, str(task_run), id=task_run, name=name, state=self._state(state, message)
        )

    def end(self, task_run: UUID, state: str, message: str) -> None:
        self._client.set_task_run_state(task_run, self._state(state, message), force=True)

    def update_progress(self, percent: float, at_once: bool = False) -> None:
        now = time.monotonic()
        if percent != self._shown and (at_once or now - self._shown_at >= SECONDS_BETWEEN_UPDATES):
            self._client.update_artifact(self._artifact, self._update(data=percent))
            self._shown, self._shown_at = percent, now

    def close(self, state: str, message: str, percent: float) -> None:
        self.update_progress(percent, at_once=True)
        self._client.set_flow_run_state(self._flow_run, self._state(state, message), force=True)

    def _state(self, state: str, message: str) -> Any:
        if state == "Cached":
            return self._states.Completed(name="Cached", message=message)
        return getattr(self._states, state)(message=message or None)


def _no_work() -> None:
    """Task and flow runs are created under its names; nothing runs in Prefect's engine."""
