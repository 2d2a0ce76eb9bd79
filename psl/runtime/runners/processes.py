"""Jobs over processes; a process that is killed loses only its own job.

The standard pool fails as a whole when a process dies, and does not say which job it had.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from psl.runtime.runners import Job, Result, Work

SECONDS_BETWEEN_CHECKS = 0.2
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Processes:
    """A psl.runtime.runners.Runner: processes on this machine, each with one thread."""

    workers: int
    other_processes: bool = True

    def __call__(
        self, work: Work[Job, Result], jobs: Iterable[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """See Runner."""
        return map_over_processes(work, jobs, self.workers)


def map_over_processes(
    work: Work[Job, Result], jobs: Iterable[Job], workers: int
) -> Iterator[tuple[Job, Result | None]]:
    """Yield each job with its result, in the order in which they finish; None when its process died.

    Every process computes with one thread. What `work` raises is raised here. When this process is killed, the
    workers end, too.
    """
    waiting = iter(jobs)
    running: dict[Any, _Worker] = {}  # by our end of their pipe
    try:
        for job in islice(waiting, workers):
            worker = _Worker(work)
            running[worker.connection] = worker.send(job)
        while running:
            for connection in wait(list(running)):
                worker = running.pop(connection)
                job, result = worker.job, worker.receive()
                if next_jobs := list(islice(waiting, 1)):
                    worker = worker if worker.alive else _Worker(work)
                    running[worker.connection] = worker.send(next_jobs[0])
                else:
                    worker.close()
                yield job, result
    finally:
        for worker in running.values():
            worker.kill()


class _Worker:
    """A process and its current job."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, worker_end = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(worker_end, work), daemon=True)
        self.job: Any = None
        self.alive = True
        with _environment(ONE_THREAD):
            self.process.start()
        worker_end.close()

    def send(self, job: Any) -> "_Worker":
        self.job = job
        with contextlib.suppress(BrokenPipeError):  # died while idle: `receive` notices
            self.connection.send(job)
        return self

    def receive(self) -> Any:
        """The result; None when the process died. Raises what the job raised."""
        try:
            succeeded, result = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.alive = False
            self.close()
            return None
        if not succeeded:
            self.kill()
            raise result
        return result

    def close(self) -> None:
        """Let the process end by itself, without waiting for it."""
        self.connection.close()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, work: Callable[[Any], Any]) -> None:
    """Compute jobs until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            job = connection.recv()
            try:
                reply = (True, work(job))
            except Exception as error:
                reply = (False, error)
            connection.send(reply)


def _end_with_parent(parent: int) -> None:
    """End this process, in the middle of a job, when the one that started it is gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_CHECKS)
    os._exit(1)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables for the processes that are started within the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
