"""Who computes a stage's shards, and who watches: with a Prefect server each shard is a task run there, without one Prefect is not imported."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psl.params import Params
from psl.runners import Job, Result, Runner, Work
from psl.runners.choose import runner
from tasks.shard_book import Book, Run


@contextmanager
def shard_runner(params: Params, stage: str, own_threads: bool = False, one_device: bool = False) -> Iterator[Runner]:
    """The runner that the section `shards` asks for (see psl.runners.choose.runner), for the block."""
    chosen = runner(params.shards, own_threads, one_device)
    if not os.environ.get("PREFECT_API_URL"):
        yield chosen
        return
    book = Book(stage)
    try:
        yield Watched(chosen, book)
    except BaseException as error:
        book.close("Failed", " ".join(str(error).split()) or type(error).__name__)
        raise
    book.close("Completed", f"{book.done} shards")


@dataclass(frozen=True)
class Watched:
    """A psl.runners.Runner that lets another compute, and writes down what begins and ends."""

    runner: Runner
    book: Book

    @property
    def workers(self) -> int:
        """See Runner."""
        return self.runner.workers

    @property
    def elsewhere(self) -> bool:
        """See Runner."""
        return self.runner.elsewhere

    def __call__(self, work: Work[Job, Result], jobs: Sequence[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Result | None]]:
        """See Runner."""
        for name in there:
            self.book.was_there(name)
        self.book.more(len(jobs))
        runs: dict[int, Run] = {}

        def begin(job: Job) -> None:
            runs[id(job)] = self.book.begin(str(job))

        for job, result in self.runner(work, _Told(jobs, begin)):
            self.book.end(runs[id(job)], *_end_of(result))
            yield job, result


@dataclass(frozen=True)
class _Told(Sequence[Any]):
    """Jobs that tell when a runner takes them."""

    jobs: Sequence[Any]
    tell: Callable[[Any], None]

    def __len__(self) -> int:
        return len(self.jobs)

    def __getitem__(self, number: Any) -> Any:
        return self.jobs[number]

    def __iter__(self) -> Iterator[Any]:
        for job in self.jobs:
            self.tell(job)
            yield job


def _end_of(result: Any) -> tuple[str, str]:
    """State and message."""
    if result is None:
        return "Crashed", "the process that computed it was killed"
    return ("Cached", "it was there already") if getattr(result, "cached", False) else ("Completed", "")
