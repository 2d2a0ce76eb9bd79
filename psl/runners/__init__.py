"""Who computes shards: a runner maps jobs to results in the order in which they end; which one it is changes no byte."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Job], Result]


class Runner(Protocol):
    """Something that does jobs."""

    @property
    def workers(self) -> int:
        """How many jobs are worked on at once."""

    @property
    def elsewhere(self) -> bool:
        """Whether other processes do the jobs, so that work, jobs and results are pickled."""

    def __call__(self, work: Work[Job, Result], jobs: Sequence[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Result | None]]:
        """Yield each job with its result, in the order in which they end; None when the process that did it died.

        What `work` raises is raised here. `str(job)` names a job for those who watch, and `there` names shards that
        are there already. A result that has a true attribute `cached` was there already, too.
        """


def names_of(clip_ids: Sequence[str]) -> str:
    """What names a shard for people: its first clip and its last, and how many.

    >>> names_of(["a", "b", "c"]), names_of(["a"])
    ('a … c (3 clips)', 'a')
    """
    return clip_ids[0] if len(clip_ids) == 1 else f"{clip_ids[0]} … {clip_ids[-1]} ({len(clip_ids)} clips)"
