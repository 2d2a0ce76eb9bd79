"""What a Prefect server shows of a stage's shards: a flow run `shards` under the stage's task run, in it a task run for each shard.

The runner computes as it does without Prefect, and workers need no Prefect. Its jobs are only written down, by a thread of their own:
computing never waits for the server, and goes on when the server goes away. Two requests a shard, and no engine of Prefect's.
"""

import logging
import os
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

from psl.progress import say

PARENT = "PSL_PARENT_TASK_RUN"  # the id of the stage's task run
SECONDS_BETWEEN_UPDATES = 1.0  # of the progress
RETRIES = "2"  # of a request, six seconds: a server that went away shall not hold up a stage for a minute
NOISY = ("prefect.events.clients", "prefect._internal.concurrency")  # a server that went away is one sentence, which `_write` says
Run = UUID
Entry = Callable[["_Server"], None]


class Book:
    """Entries are written in their order."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.asked = self.done = 0
        self._entries: SimpleQueue[Entry | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="shard runs", daemon=True)
        self._thread.start()

    def more(self, shards: int) -> None:
        """So many are to come."""
        self.asked += shards

    def was_there(self, name: str) -> None:
        """A shard that need not be computed."""
        self.asked += 1
        self.done += 1
        self._entries.put(lambda server: server.create(uuid4(), name, "Cached", "it was there already"))

    def begin(self, name: str) -> Run:
        """A job was given to a worker."""
        run = uuid4()
        self._entries.put(lambda server: server.create(run, name, "Running", ""))
        return run

    def end(self, run: Run, state: str, message: str) -> None:
        """It ended: Completed, Cached, or Crashed."""
        self.done += 1
        self._entries.put(lambda server: server.end(run, state, message))

    def close(self, state: str, message: str) -> None:
        """All ended: Completed or Failed. Waits until all is written."""
        self._entries.put(lambda server: server.close(state, message, self._share()))
        self._entries.put(None)
        self._thread.join()

    def _share(self) -> float:
        """Percent."""
        return round(100.0 * self.done / max(self.asked, 1), 1)

    def _write(self) -> None:
        try:
            server = _Server(self.stage)
            while True:
                try:
                    entry = self._entries.get(timeout=SECONDS_BETWEEN_UPDATES)
                except Empty:
                    server.progress(self._share())
                    continue
                if entry is None:
                    return
                entry(server)
                server.progress(self._share())
        except Exception as error:  # whatever happens to the server, the shards are computed
            reason = " ".join(str(error).split())[:200]
            say(f"the shards of {self.stage} go on without Prefect, whose server at {os.environ['PREFECT_API_URL']} failed ({reason})")


class _Server:
    """One flow run on the server, and its progress as an artefact."""

    def __init__(self, stage: str) -> None:
        os.environ.setdefault("PREFECT_CLIENT_MAX_RETRIES", RETRIES)
        from prefect import flow, states, task  # two seconds, and only here
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate

        for name in NOISY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._client, self._states, self._update = get_client(sync_client=True), states, ArtifactUpdate
        self._shard = task(name="shard")(_no_work)
        parent = os.environ.get(PARENT)
        run = self._client.create_flow_run(
            flow(name="shards")(_no_work),
            name=f"shards of {stage}",
            parent_task_run_id=UUID(parent) if parent else None,
            state=states.Running(),
        )
        self._flow_run, self._shown, self._shown_at = run.id, 0.0, time.monotonic()
        about = ArtifactCreate(type="progress", description=f"shards of {stage}", data=0.0, flow_run_id=run.id)
        self._artifact = self._client.create_artifact(about).id

    def create(self, run: Run, name: str, state: str, message: str) -> None:
        self._client.create_task_run(self._shard, self._flow_run, str(run), id=run, name=name, state=self._state(state, message))

    def end(self, run: Run, state: str, message: str) -> None:
        self._client.set_task_run_state(run, self._state(state, message), force=True)

    def progress(self, share: float, at_once: bool = False) -> None:
        now = time.monotonic()
        if share != self._shown and (at_once or now - self._shown_at >= SECONDS_BETWEEN_UPDATES):
            self._client.update_artifact(self._artifact, self._update(data=share))
            self._shown, self._shown_at = share, now

    def close(self, state: str, message: str, share: float) -> None:
        self.progress(share, at_once=True)
        self._client.set_flow_run_state(self._flow_run, self._state(state, message), force=True)

    def _state(self, state: str, message: str) -> Any:
        if state == "Cached":
            return self._states.Completed(name="Cached", message=message)
        return getattr(self._states, state)(message=message or None)


def _no_work() -> None:
    """Runs are written down under its names; nothing runs in Prefect's engine."""
