"""The stages of a run in order: independent ones at once up to a limit; a failed one stops only those that need it."""

import queue
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect import allow_failure
from prefect.client.schemas.objects import State

from flows import processes
from flows.graph import Stage
from flows.limits import Limits
from flows.run_stage import CACHED, RESTORED, SKIPPED, UNCHANGED, task_for


@dataclass
class Schedule:
    """Starts stages when what they need has ended, and keeps their states and reasons."""

    stages: Sequence[Stage]
    forced: Collection[str]  # names of those that run even if nothing changed
    limits: Limits
    futures: dict[str, Any] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)  # of the stages that have ended
    reasons: dict[str, list[str]] = field(default_factory=dict)  # why each one ran, or did not
    seconds: dict[str, float] = field(default_factory=dict)  # from the start of each one that has ended to its end
    _started: dict[str, float] = field(default_factory=dict)
    _ended: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def run(self) -> dict[str, str]:
        """Run all stages; the outcome of each: ran, unchanged, restored, failed, not run."""
        by_chain = longest_chain_first(self.stages)
        try:
            while len(self.states) < len(self.stages):
                for stage in by_chain:
                    if self._can_start(stage):
                        self._start(stage)
                name = self._ended.get()
                self.futures[name].wait()
                self.states[name] = self.futures[name].state
                self.seconds[name] = time.monotonic() - self._started[name]
        finally:
            processes.kill_all()  # after Ctrl-C or a cancellation nothing goes on writing
        return {stage.name: outcome_of(self.states[stage.name]) for stage in self.stages}

    def messages(self) -> dict[str, str]:
        """What is said of each stage that has ended."""
        return {name: (state.message or "").rstrip(".") for name, state in self.states.items()}

    def _can_start(self, stage: Stage) -> bool:
        running = self._running()
        return (
            self._is_ready(stage)
            and len(running) < self.limits.at_once
            and not (stage.computes and sum(other.computes for other in running) >= self.limits.computing_at_once)
        )

    def _running(self) -> list[Stage]:
        return [stage for stage in self.stages if stage.name in self.futures and stage.name not in self.states]

    def _is_ready(self, stage: Stage) -> bool:
        return stage.name not in self.futures and all(need in self.states for need in stage.needs)

    def _n_computing(self) -> int:
        """The computing stages that run, or would but for the limits."""
        return sum(stage.computes for stage in (*self._running(), *filter(self._is_ready, self.stages)))

    def _start(self, stage: Stage) -> None:
        """Submit the stage's task.

        Needs that ran, even to the same outputs, let DVC check this stage again; without any the check is spared.
        """
        outcomes = self._outcomes_of_needs(stage)
        failed = self._failed_above(stage)
        changes = [*stage.stale, *(f"{need} {end}" for need, end in outcomes.items() if end in ("ran", "restored"))]
        is_forced = stage.name in self.forced
        default = "it was forced" if is_forced else "nothing changed"
        self.reasons[stage.name] = [f"{name} failed" for name in failed] or changes or [default]
        future = task_for(stage).submit(
            stage.name,
            reasons=self.reasons[stage.name],
            place=f"stage {len(self.futures) + 1} of {len(self.stages)}",
            force=is_forced,
            unchanged=not (is_forced or changes),
            failed=failed,
            environment=self.limits.environment(self._n_computing()),
            wait_for=[allow_failure(self.futures[need]) for need, end in outcomes.items() if end != "not run"],
        )
        self.futures[stage.name], self._started[stage.name] = future, time.monotonic()
        future.add_done_callback(lambda _: self._ended.put(stage.name))

    def _failed_above(self, stage: Stage) -> list[str]:
        """The failed stages that keep this one from running, directly or through others."""
        outcomes = self._outcomes_of_needs(stage)
        failed = [need for need, outcome in outcomes.items() if outcome == "failed"]
        not_run = [other for other in self.stages if outcomes.get(other.name) == "not run"]
        return sorted({*failed, *(name for other in not_run for name in self._failed_above(other))})

    def _outcomes_of_needs(self, stage: Stage) -> dict[str, str]:
        return {need: outcome_of(self.states[need]) for need in stage.needs}


def longest_chain_first(stages: Sequence[Stage]) -> list[Stage]:
    """Stages that most others wait for, one after the other, come first, so that no core idles at the end.

    >>> [stage.name for stage in longest_chain_first([Stage("a", (), ()), Stage("b", (), ()), Stage("c", ("b",), ())])]
    ['b', 'a', 'c']
    """
    chain = {stage.name: 0 for stage in stages}
    for stage in reversed(stages):  # a stage comes after those that it needs
        for need in stage.needs:
            chain[need] = max(chain[need], chain[stage.name] + 1)
    return sorted(stages, key=lambda stage: -chain[stage.name])


def outcome_of(state: State) -> str:
    """A stage's final state as its outcome: ran, unchanged, restored, failed, not run."""
    if state.name == CACHED:
        return {UNCHANGED: "unchanged", RESTORED: "restored"}[str(state.message)]
    if state.name == SKIPPED:
        return "not run"
    return "ran" if state.is_completed() else "failed"
