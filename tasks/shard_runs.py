"""The runner of a stage's shards; with a Prefect server each is a task run, without one Prefect is not imported."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psl.config import Params
from psl.runtime.runners import Job, Result, Runner, Work
from psl.runtime.runners.choose import choose_runner
from tasks.shard_recorder import ShardRecorder


@contextmanager
def shard_runner(params: Params, stage: str, in_threads: bool = False, one_device: bool = False) -> Iterator[Runner]:
    """The runner that the section `shards` names (see psl.runtime.runners.choose.choose_runner), for the block."""
    runner = choose_runner(params.shards, in_threads, one_device)
    if not os.environ.get("PREFECT_API_URL"):
        yield runner
        return
    recorder = ShardRecorder(stage)
    try:
        yield RecordedRunner(runner, recorder)
    except BaseException as error:
        recorder.close("Failed", " ".join(str(error).split()) or type(error).__name__)
        raise
    recorder.close("Completed", f"{recorder.done} shards")


@dataclass(frozen=True)
class RecordedRunner:
    """A psl.runtime.runners.Runner that lets another compute, and records which jobs begin and end."""

    runner: Runner
    recorder: ShardRecorder

    @property
    def workers(self) -> int:
        """See Runner."""
        return self.runner.workers

    @property
    def other_processes(self) -> bool:
        """See Runner."""
        return self.runner.other_processes

    def __call__(
        self, work: Work[Job, Result], jobs: Sequence[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """See Runner."""
        for name in cached:
            self.recorder.record_cached(name)
        self.recorder.expect(len(jobs))
        task_runs: dict[int, UUID] = {}

        def begin(job: Job) -> None:
            task_runs[id(job)] = self.recorder.begin(str(job))

        for job, result in self.runner(work, _ObservedJobs(jobs, begin)):
            died = ("Crashed", "the process that computed it was killed")
            self.recorder.end(task_runs[id(job)], *(died if result is None else ("Completed", "")))
            yield job, result


@dataclass(frozen=True)
class _ObservedJobs(Sequence[Any]):
    """Jobs that call `on_taken` with each one that a runner takes."""

    jobs: Sequence[Any]
    on_taken: Callable[[Any], None]

    def __len__(self) -> int:
        return len(self.jobs)

    def __getitem__(self, number: Any) -> Any:
        return self.jobs[number]

    def __iter__(self) -> Iterator[Any]:
        for job in self.jobs:
            self.on_taken(job)
            yield job
