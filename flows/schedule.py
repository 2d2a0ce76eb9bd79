"""The stages of a run in order: independent ones at once up to a limit, a failed one stops only those that need it."""

import queue
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect import allow_failure
from prefect.client.schemas.objects import State

from flows import processes
from flows.graph import Stage
from flows.run_stage import CACHED, RESTORED, SKIPPED, UNCHANGED, task_for


@dataclass(frozen=True)
class Limits:
    """How many stages run at once, and how many of those that compute on all cores."""

    at_once: int
    computing: int


@dataclass
class Run:
    """What became of the stages."""

    stages: Sequence[Stage]
    force: bool
    limits: Limits
    futures: dict[str, Any] = field(default_factory=dict)
    ended: dict[str, State] = field(default_factory=dict)
    because: dict[str, list[str]] = field(default_factory=dict)  # why each one ran, or did not
    _news: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)

    def go(self) -> dict[str, str]:
        """Run all; what became of each stage: ran, unchanged, restored, failed, not run."""
        try:
            while len(self.ended) < len(self.stages):
                for stage in self.stages:
                    if self._can_start(stage):
                        self._start(stage)
                name = self._news.get()
                self.futures[name].wait()
                self.ended[name] = self.futures[name].state
        finally:
            processes.end_all()  # Ctrl-C, or cancelled: nothing goes on writing
        return {stage.name: became(self.ended[stage.name]) for stage in self.stages}

    def _can_start(self, stage: Stage) -> bool:
        running = [other for other in self.stages if other.name in self.futures and other.name not in self.ended]
        return (
            stage.name not in self.futures
            and all(need in self.ended for need in stage.needs)
            and len(running) < self.limits.at_once
            and not (stage.computes and sum(other.computes for other in running) >= self.limits.computing)
        )

    def _start(self, stage: Stage) -> None:
        """Submit the stage's task. Needs that ran, even to the same end, let DVC check again; unchanged ones spare it the check."""
        became_of = {need: became(self.ended[need]) for need in stage.needs}
        failed = self._blamed(stage)
        because = [*stage.stale, *(f"{need} {end}" for need, end in became_of.items() if end in ("ran", "restored"))]
        told = [f"{name} failed" for name in failed] or because or ["it was forced" if self.force else "nothing changed"]
        self.because[stage.name] = told
        future = task_for(stage).submit(
            stage.name,
            because=told,
            force=self.force,
            unchanged=not (self.force or because),
            failed=failed,
            wait_for=[allow_failure(self.futures[need]) for need, end in became_of.items() if end != "not run"],
        )
        self.futures[stage.name] = future
        future.add_done_callback(lambda _: self._news.put(stage.name))

    def _blamed(self, stage: Stage) -> list[str]:
        """The failed stages that keep this one from running, however far up."""
        ends = {need: became(self.ended[need]) for need in stage.needs}
        above = [other for other in self.stages if ends.get(other.name) == "not run"]
        failed = [need for need, end in ends.items() if end == "failed"]
        return sorted({*failed, *(name for other in above for name in self._blamed(other))})


def became(state: State) -> str:
    """One word for a stage's final state."""
    if state.name == CACHED:
        return {UNCHANGED: "unchanged", RESTORED: "restored"}[str(state.message)]
    if state.name == SKIPPED:
        return "not run"
    return "ran" if state.is_completed() else "failed"
