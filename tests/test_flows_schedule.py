"""Stages start when what they need has ended, within the limits, and a failure stops only those below it."""

import logging
import threading

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefect.states import Cancelled, Completed, Failed

from flows import limits, run_stage, schedule
from flows.graph import Stage
from flows.limits import Limits
from flows.run_stage import CACHED, SKIPPED, UNCHANGED


class Fake:
    """A task and its future in one: ends after a moment, in another thread, as the real ones do."""

    def __init__(self, stage: Stage, world: "World"):
        self.stage, self.world = stage, world

    def submit(self, name, *, reasons, place, force, unchanged, failed, environment, wait_for):
        assert all(need in self.world.ended for need in self.stage.needs)
        self.world.running.append(self.stage)
        self.world.most = max(self.world.most, len(self.world.running))
        assert sum(stage.computes for stage in self.world.running) <= self.world.limits.computing_at_once
        if failed:
            self.state = Cancelled(name=SKIPPED, message=" ".join(failed))
        elif name in self.world.failing:
            self.state = Failed()
        else:
            self.state = Completed(name=CACHED, message=UNCHANGED) if unchanged else Completed()
        self.world.submitted[name] = (unchanged, failed)
        self.world.places.append(place)
        return self

    def add_done_callback(self, callback):
        def end():
            self.world.running.remove(self.stage)
            self.world.ended.append(self.stage.name)
            callback(self)

        threading.Timer(self.world.seconds, end).start()

    def wait(self):
        pass


class World:
    """What the fakes share."""

    def __init__(self, failing, limits, seconds=0.001):
        self.failing, self.limits, self.seconds = failing, limits, seconds
        self.running, self.ended, self.submitted, self.most, self.places = [], [], {}, 0, []


@st.composite
def graphs(draw):
    """Up to eight stages in order, each needing some before it; some compute, some are stale."""
    count = draw(st.integers(1, 8))
    flags = st.lists(st.booleans(), min_size=count, max_size=count)
    needs = [draw(st.sets(st.integers(0, n - 1), max_size=2)) if n else set() for n in range(count)]
    computes, stale = draw(flags), draw(flags)
    return [
        Stage(f"s{n}", tuple(f"s{m}" for m in sorted(needs[n])), ("x",) * stale[n], 0, computes[n])
        for n in range(count)
    ]


@settings(max_examples=100)
@given(
    graphs(), st.sets(st.sampled_from([f"s{n}" for n in range(8)]), max_size=2), st.integers(1, 3), st.integers(1, 2)
)
def test_laws_of_a_run(stages, failing, at_once, computing):
    world = World(failing, Limits(at_once, computing))
    real, schedule.task_for = schedule.task_for, lambda stage: Fake(stage, world)
    try:
        outcomes = schedule.Schedule(stages, forced=(), limits=world.limits).run()
    finally:
        schedule.task_for = real
    above = nx.DiGraph([(need, stage.name) for stage in stages for need in stage.needs])
    above.add_nodes_from(stage.name for stage in stages)
    failed = {name for name, outcome in outcomes.items() if outcome == "failed"}
    assert world.most <= at_once
    assert world.places == [f"stage {n} of {len(stages)}" for n in range(1, len(stages) + 1)]
    for stage in stages:
        blamed = nx.ancestors(above, stage.name) & failed
        assert world.submitted[stage.name][1] == sorted(blamed) and (outcomes[stage.name] == "not run") == bool(blamed)
        if not blamed and stage.name not in failing:
            touched = bool(stage.stale) or any(outcomes[need] == "ran" for need in stage.needs)
            assert outcomes[stage.name] == ("ran" if touched else "unchanged")


@pytest.mark.parametrize(
    ("cores", "computing", "limit", "expected"),
    [(2, 1, 2, 2), (2, 2, 2, 2), (16, 1, 16, 16), (16, 4, 16, 8), (16, 16, 16, 2), (16, 16, 4, 8), (1, 3, 1, 1)],
)
def test_a_stage_may_use_twice_its_share_of_the_cores(monkeypatch, cores, computing, limit, expected):
    monkeypatch.setattr(limits, "cores", lambda: cores)
    assert Limits(9, limit).environment(computing) == {"OMP_NUM_THREADS": str(expected)}


def test_fewer_stages_compute_where_there_is_memory_for_fewer(monkeypatch):
    monkeypatch.setattr(limits, "workers_that_fit", lambda workers, *_: min(workers, 3))
    assert [Limits(9, count).within_memory() for count in (2, 8)] == [Limits(9, 2), Limits(9, 3)]


def test_independent_stages_fill_the_limit(monkeypatch):
    stages = [Stage(f"s{n}", (), ("x",)) for n in range(6)]
    world = World(set(), Limits(3, 1), seconds=0.1)
    monkeypatch.setattr(schedule, "task_for", lambda stage: Fake(stage, world))
    schedule.Schedule(stages, forced=(), limits=world.limits).run()
    assert world.most == 3


def test_only_what_is_named_is_forced(monkeypatch):
    stages = [Stage("a", (), ()), Stage("b", ("a",), ()), Stage("c", ("b",), ())]
    world = World(set(), Limits(1, 1))
    monkeypatch.setattr(schedule, "task_for", lambda stage: Fake(stage, world))
    plan = schedule.Schedule(stages, forced=["b"], limits=world.limits)
    assert plan.run() == {"a": "unchanged", "b": "ran", "c": "ran"}
    assert plan.reasons == {"a": ["nothing changed"], "b": ["it was forced"], "c": ["b ran"]}


def test_the_advice_of_dvc_is_not_logged(caplog):
    caplog.set_level(logging.INFO)
    lines = ["To track the changes with git, run:", "\tgit add dvc.lock", "To enable auto staging, run:"]
    lines += ["\tdvc config core.autostage true", "Use `dvc push` to send your updates to remote storage."]
    for line in (*lines, "To track: 3 clips", "ERROR: failed to reproduce 'a'"):
        run_stage._log(logging.getLogger("stage"), line)
    assert caplog.messages == ["To track: 3 clips", "ERROR: failed to reproduce 'a'"]
