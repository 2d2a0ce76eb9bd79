"""Jobs over a Dask cluster: one that is there, by its address, or one of this machine's processes for this run alone."""

import contextlib
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from psl.errors import PslError
from psl.runners import Job, Result, Work
from psl.runners.cluster import code_hash, do, lost, missing
from psl.runners.processes import ONE_THREAD

SECONDS_TO_CONNECT = 15
SECONDS_WITHOUT_WORKERS, SECONDS_BETWEEN_LOOKS = 120.0, 1.0
AHEAD = 3  # jobs handed out for each worker: the scheduler always has one in store


@dataclass(frozen=True)
class Dask:
    """A psl.runners.Runner. Jobs of a worker that is lost are done again by the others; when several died over a job it is tried alone."""

    workers: int  # of a cluster of this machine's; a cluster with an address has as many as it has
    address: str | None = None
    elsewhere: bool = True

    def __call__(self, work: Work[Job, Result], jobs: Sequence[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Result | None]]:
        """See Runner. Raises PslError when the cluster is lost."""
        if not jobs:
            return
        try:
            import distributed
        except ImportError:
            raise missing("dask") from None
        for name in ("distributed", "distributed.client"):  # a lost cluster is one sentence, not fifty lines
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with self._client(distributed) as client:
            ahead = AHEAD * max(sum(client.nthreads().values()), self.workers)
            suspects = []
            for job, answer in _handed_out(distributed, client, work, jobs, ahead):
                if answer is None:
                    suspects.append(job)
                else:
                    yield job, answer[0]
            for job in suspects:  # each alone: Dask blames a worker's death on all jobs that waited there
                [(_, answer)] = _handed_out(distributed, client, work, [job], 1)
                yield job, answer and answer[0]

    @contextlib.contextmanager
    def _client(self, distributed: Any) -> Iterator[Any]:
        if self.address:
            try:
                connected = distributed.Client(self.address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
            except _gone(distributed) as error:
                raise lost("dask", error) from None
            with connected as client:
                yield client
            return
        from dask import config as dask_config

        # Dask's own environment, which it leaves to this process, too, makes malloc map large arrays anew: a third of the front end's speed.
        local = {
            "n_workers": self.workers,
            "threads_per_worker": 1,
            "dashboard_address": "127.0.0.1:0",
            "host": "127.0.0.1",
            "silence_logs": logging.CRITICAL,
        }
        with (
            dask_config.set({"distributed.scheduler.allowed-failures": 1, "distributed.nanny.pre-spawn-environ": {}}),
            distributed.LocalCluster(**local, env=ONE_THREAD) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            yield client


def _handed_out(
    distributed: Any, client: Any, work: Work[Job, Result], jobs: Iterable[Job], ahead: int
) -> Iterator[tuple[Job, tuple[Result] | None]]:
    """Jobs with their results, None when several workers died; `ahead` of them at a time are the scheduler's."""
    waiting, busy = iter(jobs), distributed.as_completed(loop=client.loop)
    job_of: dict[Any, Job] = {}
    while True:
        for job in islice(waiting, ahead - len(job_of)):
            future = client.submit(do, os.getcwd(), code_hash(), work, job, pure=False)
            job_of[future] = job
            busy.add(future)
        if not job_of:
            return
        _wait_for_one(distributed, client, busy)
        future = next(busy)
        yield job_of.pop(future), _answer(distributed, future)


def _wait_for_one(distributed: Any, client: Any, busy: Any) -> None:
    """Return when one of the `busy` is done. Raises PslError when the cluster has had no worker for SECONDS_WITHOUT_WORKERS."""
    since: float | None = None
    while True:
        with busy.thread_condition:
            if busy.has_ready() or busy.thread_condition.wait(SECONDS_BETWEEN_LOOKS):
                return
        try:
            since = None if client.nthreads() else since or time.monotonic()
        except _gone(distributed):
            continue  # the futures say so
        if since and time.monotonic() - since > SECONDS_WITHOUT_WORKERS:
            raise lost("dask", PslError(f"it has had no worker for {SECONDS_WITHOUT_WORKERS:g} s"))


def _answer(distributed: Any, future: Any) -> tuple[Any] | None:
    """The result; None when workers died over the job. Raises what the job raised, and PslError when the cluster is lost."""
    try:
        if future.status == "error":
            raise future.exception()
        return (future.result(),)
    except distributed.KilledWorker:
        return None
    except _gone(distributed) as error:
        if future.status == "error":  # the job's own trouble with a file
            raise
        raise lost("dask", error) from None


def _gone(distributed: Any) -> tuple[type[Exception], ...]:
    return distributed.client.FutureCancelledError, distributed.comm.CommClosedError, distributed.TimeoutError, OSError
