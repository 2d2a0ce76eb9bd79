"""The states of a run: failed stages and those that need them, Cached with its reason, retries; sentences for users."""

import json
import sys
from pathlib import Path

import psutil
import pytest
from imports import ROOT
from params_files import changed
from toy_dag import PAIR, Toy, wait_until

pytestmark = pytest.mark.flows
FAILING = """\
stages:
  a: {cmd: "cat seed > a", deps: [seed], outs: [a]}
  bad: {cmd: "echo no such luck; false", deps: [a], outs: [bad]}
  after: {cmd: "cat bad > after", deps: [bad], outs: [after]}
  end: {cmd: "cat after other > end", deps: [after, other], outs: [end]}
  other: {cmd: "cat a > other; echo $PSL_PARENT_TASK_RUN $PREFECT_API_URL > parent", deps: [a], outs: [other, parent]}
  flaky:
    cmd: "echo x >> tries; test $(wc -l < tries) = 2 && cat a > flaky"
    deps: [a]
    outs: [flaky]
    meta: {retries: 1}
"""
SHARDS = """\
stages:
  s: {cmd: "python shards.py && cp seed s", deps: [seed], outs: [s]}
"""
SCRIPT = f"""\
import pathlib, sys, time
sys.path.insert(0, "{ROOT}/tests")
from test_shard_runs import PARAMS
from tasks.shard_runs import shard_runner
pathlib.Path("pulse").touch()
with shard_runner(PARAMS, "s") as runner:
    list(runner(lambda job: job == "asleep" and time.sleep(600), ["at once", "asleep"]))
"""


def test_a_failing_stage_stops_only_what_needs_it(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server, FAILING)
    done = toy.flow(command="ci", check=False)
    states = toy.states()
    assert (
        done.returncode == 1
        and "pipeline: failed: bad; not run because of that: after, end. bad failed: no such luck." in done.stderr
    )
    lines = [line.rsplit(maxsplit=2)[0].split() for line in done.stdout.splitlines()[:3]]
    assert lines[0] == ["failed", "bad"]
    assert sorted(lines[1:]) == [["not", "run", "after"], ["not", "run", "end"]]
    assert states["bad"] == ("Failed", "bad failed: no such luck")
    assert states["end"] == states["after"] == ("Skipped", "not run, because bad failed")
    assert states["other"][0] == states["flaky"][0] == "Completed"
    key, run = {"any_": ["stages"]}, {"any_": [toy.last_run()["id"]]}
    [artefact] = toy.rows("artifacts", artifacts={"key": key, "flow_run_id": run})
    because = {row["stage"]: row["because"] for row in json.loads(artefact["data"])}
    assert because["end"] == because["after"] == "bad failed" and because["a"].startswith("seed is")
    assert (tmp_path / "tries").read_text() == "x\nx\n"  # flaky may retry, and bad may not
    assert done.stderr.count("Running stage 'bad'") == 1
    task, server = (tmp_path / "parent").read_text().split()
    assert server == prefect_server
    assert toy.rows("task_runs", task_runs={"id": {"any_": [task]}})[0]["name"] == "other"


def test_shards_of_a_killed_stage_crashed(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server, SHARDS)
    (tmp_path / "shards.py").write_text(SCRIPT)
    flow = toy.start_flow()
    wait_until(lambda: "asleep" in toy.unfinished())
    next(child for child in psutil.Process(flow.pid).children(recursive=True) if "shards.py" in child.cmdline()).kill()
    assert flow.wait(60) == 1
    assert toy.unfinished() == []


def test_stages_run_with_the_python_of_the_flow(tmp_path, prefect_server, run_pipeline, monkeypatch):
    stage = """cmd: "python -c 'import sys; print(sys.executable)' > which", deps: [seed], outs: [which]"""
    toy = Toy(tmp_path, prefect_server, f"stages:\n  which: {{{stage}}}\n")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert run_pipeline(toy).is_completed()
    assert Path((tmp_path / "which").read_text().strip()).parent == Path(sys.executable).parent


def test_cached_says_why(tmp_path, prefect_server, run_pipeline):
    toy = Toy(tmp_path, prefect_server, PAIR)
    lock = toy.repro()
    for seed, run in (("2\n", toy.repro), ("1\n", lambda: run_pipeline(toy))):
        (tmp_path / "seed").write_text(seed)
        run()
    assert toy.lock() == lock
    assert {state[1] for name, state in toy.states().items() if name != "flow"} == {
        "restored: DVC had run it on the same inputs before"
    }
    assert run_pipeline(toy).message == "2 unchanged" and toy.lock() == lock
    assert toy.states()["slow"] == ("Cached", "unchanged: nothing that this stage depends on changed")


def test_a_second_flow_is_refused(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server, PAIR)
    first = toy.start_flow()
    second = toy.flow(check=False)
    assert second.returncode == 1 and "Traceback" not in second.stderr
    assert second.stderr.strip().split("\n")[-1].startswith("pipeline: a flow is already running here")
    toy.release()
    assert first.wait(60) == 0 and (tmp_path / "slow").exists()


def test_an_unknown_target_is_a_sentence(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server)
    last = toy.flow("slwo", check=False).stderr.strip().split("\n")[-1]
    assert last == "pipeline: there is no stage slwo in dvc.yaml: did you mean slow?"
    assert not (tmp_path / "dvc.lock").exists()


def test_a_fault_in_the_parameters_is_reported_before_any_stage_runs(tmp_path, prefect_server, run_pipeline):
    toy = Toy(tmp_path, prefect_server)
    (toy.folder / "params.yaml").write_text("colour: blue\n")
    state = run_pipeline(toy)
    assert state.is_failed() and "colour is not a parameter" in state.message and not toy.lock()


def test_a_model_that_is_not_there_is_told_with_where_it_comes_from(tmp_path, prefect_server, run_pipeline):
    toy = Toy(tmp_path, prefect_server)
    changed(toy.folder, "annotators", {"mn04": {"kind": "onnx", "source": "no/mn04", "origin": "ask Ann for it"}})
    state = run_pipeline(toy)
    said = "annotators.mn04.source no/mn04 does not exist: ask Ann for it, or name another model"
    assert state.is_failed() and state.message == said and not toy.lock()
