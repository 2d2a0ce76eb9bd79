"""Jobs over processes, where a process that is killed takes only its own job with it.

The standard pool fails as a whole when a process dies, and does not say over which job.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from psl.runners import Job, Result, Work

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Processes:
    """A psl.runners.Runner: processes on this machine, each with one thread."""

    workers: int
    elsewhere: bool = True

    def __call__(self, work: Work[Job, Result], jobs: Iterable[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Result | None]]:
        """See Runner."""
        return over_processes(work, jobs, self.workers)


def over_processes(work: Work[Job, Result], jobs: Iterable[Job], workers: int) -> Iterator[tuple[Job, Result | None]]:
    """Yield each job with its result, in the order in which they end; None when its process died over it.

    Every process computes with one thread. What `work` raises is raised here. When this process is killed, the
    workers end after the job that they are at.
    """
    waiting = iter(jobs)
    busy: dict[Any, _Worker] = {}  # by their end of the pipe
    try:
        for job in islice(waiting, workers):
            worker = _Worker(work)
            busy[worker.connection] = worker.give(job)
        while busy:
            for connection in wait(list(busy)):
                worker = busy.pop(connection)
                job, result = worker.job, worker.take()
                following = list(islice(waiting, 1))
                if following:
                    worker = worker if worker.alive else _Worker(work)
                    busy[worker.connection] = worker.give(following[0])
                else:
                    worker.end()
                yield job, result
    finally:
        for worker in busy.values():
            worker.stop()


class _Worker:
    """A process and the job that it is at."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self.job: Any = None
        self.alive = True
        with _environment(ONE_THREAD):
            self.process.start()
        theirs.close()

    def give(self, job: Any) -> "_Worker":
        self.job = job
        with contextlib.suppress(BrokenPipeError):  # died while idle: `take` finds out
            self.connection.send(job)
        return self

    def take(self) -> Any:
        """The result; None when the process died. Raises what the job raised."""
        try:
            done, result = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.alive = False
            self.end()
            return None
        if not done:
            self.stop()
            raise result
        return result

    def end(self) -> None:
        """Let the process end by itself; nobody waits for it."""
        self.connection.close()

    def stop(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, work: Callable[[Any], Any]) -> None:
    """Do jobs until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    with contextlib.suppress(EOFError, OSError):
        while True:
            job = connection.recv()
            try:
                answer = (True, work(job))
            except Exception as error:
                answer = (False, error)
            connection.send(answer)


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
