"""Who computes shards: a runner maps jobs to results, as they finish; which one it is changes no byte."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Job], Result]


class Runner(Protocol):
    """Computes jobs, wherever that is."""

    @property
    def workers(self) -> int:
        """How many jobs are computed at once."""

    @property
    def other_processes(self) -> bool:
        """Whether other processes compute the jobs, so that work, jobs and results are pickled."""

    def __call__(
        self, work: Work[Job, Result], jobs: Sequence[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """Yield each job with its result, in the order in which they finish; None when the process of a job died.

        What `work` raises is raised here. `str(job)` is the job's name in progress displays, and `cached` are the names
        of shards that need no job.
        """


def shard_name(clip_ids: Sequence[str]) -> str:
    """A shard's name in progress displays: its first clip, its last clip, and how many.

    >>> shard_name(["a", "b", "c"]), shard_name(["a"])
    ('a … c (3 clips)', 'a')
    """
    return clip_ids[0] if len(clip_ids) == 1 else f"{clip_ids[0]} … {clip_ids[-1]} ({len(clip_ids)} clips)"
