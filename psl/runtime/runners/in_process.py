"""Jobs in this process: one after the other, or over threads."""

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from threadpoolctl import threadpool_limits

from psl.runtime.runners import Job, Result, Work


@dataclass(frozen=True)
class Serial:
    """A psl.runtime.runners.Runner: one job after the other, each with all the threads that its libraries start."""

    workers: int = 1
    other_processes: bool = False

    def __call__(
        self, work: Work[Job, Result], jobs: Iterable[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """See Runner."""
        for job in jobs:
            yield job, work(job)


@dataclass(frozen=True)
class Threads:
    """A psl.runtime.runners.Runner: threads of this process, each of which limits its libraries to one thread."""

    workers: int
    other_processes: bool = False

    def __call__(
        self, work: Work[Job, Result], jobs: Iterable[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """See Runner. Jobs are taken as threads become free; an error is raised when those in progress have ended."""
        waiting, running = iter(jobs), dict[Future[Result], Job]()
        with threadpool_limits(1), ThreadPoolExecutor(self.workers, initializer=_one_thread) as pool:
            while True:
                for job in islice(waiting, self.workers - len(running)):
                    running[pool.submit(work, job)] = job
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()


def _one_thread() -> None:
    """Limit torch in this thread: it keeps a number for each thread, and threadpool_limits sets only the caller's."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
