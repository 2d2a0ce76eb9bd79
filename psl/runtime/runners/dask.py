"""Jobs over a Dask cluster: a running one, by its address, or one of this machine's processes for this run alone."""

import contextlib
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from psl.runtime.errors import PslError
from psl.runtime.runners import Job, Result, Work
from psl.runtime.runners.cluster import cluster_unreachable, extra_missing, installation_hash, run_job
from psl.runtime.runners.processes import ONE_THREAD

SECONDS_TO_CONNECT = 15
SECONDS_WITHOUT_WORKERS, POLL_SECONDS = 120.0, 1.0
JOBS_PER_THREAD = 3  # submitted at a time, so that the scheduler always has one in store


@dataclass(frozen=True)
class Dask:
    """A psl.runtime.runners.Runner. The jobs of a worker that died are redone; a job that killed several runs alone."""

    workers: int  # of a cluster on this machine; a cluster with an address has its own number
    address: str | None = None
    other_processes: bool = True

    def __call__(
        self, work: Work[Job, Result], jobs: Sequence[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """See Runner. Raises PslError when the cluster cannot be reached."""
        if not jobs:
            return
        try:
            import distributed
        except ImportError:
            raise extra_missing("dask") from None
        for name in ("distributed", "distributed.client"):  # an unreachable cluster is one sentence, not fifty lines
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with self._client(distributed) as client:
            submitted = JOBS_PER_THREAD * max(sum(client.nthreads().values()), self.workers)
            suspects = []
            for job, outcome in _outcomes(distributed, client, work, jobs, submitted=submitted):
                if outcome is None:
                    suspects.append(job)
                else:
                    yield job, outcome[0]
            for job in suspects:  # each alone: Dask blames a worker's death on all jobs that waited there
                [(_, outcome)] = _outcomes(distributed, client, work, [job], submitted=1)
                yield job, outcome and outcome[0]

    @contextlib.contextmanager
    def _client(self, distributed: Any) -> Iterator[Any]:
        if self.address:
            try:
                connected = distributed.Client(self.address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
            except _unreachable(distributed) as error:
                raise cluster_unreachable("dask", error) from None
            with connected as client:
                yield client
            return
        from dask import config as dask_config

        # Dask's `pre-spawn-environ`, which also stays in this process, makes malloc map large arrays anew each time:
        # the front end loses a third of its speed.
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


def _outcomes(
    distributed: Any, client: Any, work: Work[Job, Result], jobs: Iterable[Job], *, submitted: int
) -> Iterator[tuple[Job, tuple[Result] | None]]:
    """Yield jobs with their results, None when several workers died; `submitted` at a time wait at the scheduler."""
    waiting, running = iter(jobs), distributed.as_completed(loop=client.loop)
    job_of: dict[Any, Job] = {}
    while True:
        for job in islice(waiting, submitted - len(job_of)):
            future = client.submit(run_job, os.getcwd(), installation_hash(), work, job, pure=False)
            job_of[future] = job
            running.add(future)
        if not job_of:
            return
        _wait_for_one(distributed, client, running)
        future = next(running)
        yield job_of.pop(future), _outcome(distributed, future)


def _wait_for_one(distributed: Any, client: Any, running: Any) -> None:
    """Return when one of the `running` futures is done.

    Raises PslError when the cluster has had no worker for SECONDS_WITHOUT_WORKERS.
    """
    since: float | None = None
    while True:
        with running.thread_condition:
            if running.has_ready() or running.thread_condition.wait(POLL_SECONDS):
                return
        try:
            since = None if client.nthreads() else since or time.monotonic()
        except _unreachable(distributed):
            continue  # the futures hold the error
        if since and time.monotonic() - since > SECONDS_WITHOUT_WORKERS:
            raise cluster_unreachable("dask", PslError(f"it has had no worker for {SECONDS_WITHOUT_WORKERS:g} s"))


def _outcome(distributed: Any, future: Any) -> tuple[Any] | None:
    """The result; None when the job killed workers.

    Raises what the job raised, and PslError when the cluster cannot be reached.
    """
    try:
        if future.status == "error":
            raise future.exception()
        return (future.result(),)
    except distributed.KilledWorker:
        return None
    except _unreachable(distributed) as error:
        if future.status == "error":  # the job's own OSError
            raise
        raise cluster_unreachable("dask", error) from None


def _unreachable(distributed: Any) -> tuple[type[Exception], ...]:
    return distributed.client.FutureCancelledError, distributed.comm.CommClosedError, distributed.TimeoutError, OSError
