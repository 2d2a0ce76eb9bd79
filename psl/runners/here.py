"""Jobs in this process: one after the other, or over threads."""

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from threadpoolctl import threadpool_limits

from psl.runners import Job, Result, Work


@dataclass(frozen=True)
class Here:
    """A psl.runners.Runner: this process, one job after the other, with all the threads that its libraries take."""

    workers: int = 1
    elsewhere: bool = False

    def __call__(self, work: Work[Job, Result], jobs: Iterable[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Result | None]]:
        """See Runner."""
        for job in jobs:
            yield job, work(job)


@dataclass(frozen=True)
class Threads:
    """A psl.runners.Runner: threads of this process, each of which computes with one thread of its libraries."""

    workers: int
    elsewhere: bool = False

    def __call__(self, work: Work[Job, Result], jobs: Iterable[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Result | None]]:
        """See Runner. Jobs are taken as threads become free; after an error the jobs that are begun end first."""
        waiting, busy = iter(jobs), dict[Future[Result], Job]()
        with threadpool_limits(1), ThreadPoolExecutor(self.workers, initializer=_one_thread) as pool:
            while True:
                for job in islice(waiting, self.workers - len(busy)):
                    busy[pool.submit(work, job)] = job
                if not busy:
                    return
                for future in wait(busy, return_when=FIRST_COMPLETED).done:
                    yield busy.pop(future), future.result()


def _one_thread() -> None:
    """torch counts threads for each thread that calls it; threadpool_limits reaches only the one that sets them."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
