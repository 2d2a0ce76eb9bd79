"""With a Prefect server each shard is a task run under its stage; without one Prefect is not imported."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from feature_corpora import FRONT_END, contents, corpus, write_manifest
from imports import ROOT
from prefect_server import Server
from prefect_server import prefect_server as run_prefect_server

from psl.config import FeaturesParams
from psl.config.file import read_params
from psl.features.extraction.extract import extract
from psl.runtime.errors import PslError
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial, Threads
from tasks.shard_recorder import PARENT_TASK_RUN
from tasks.shard_runs import shard_runner

DEFAULT = read_params(ROOT / "presets/default.yaml")
PARAMS = DEFAULT.model_copy(update={"shards": DEFAULT.shards.model_copy(update={"runner": "threads", "workers": 2})})


def features(root: Path, runner: Runner) -> dict[str, bytes]:
    extract(
        root / "metadata",
        root / "features",
        root / "cache",
        FRONT_END,
        params=FeaturesParams(
            shard_clips=2, min_seconds=0.1, channel="mean", silence_db=None, max_failed_share=0.5, min_present_share=0.0
        ),
        runner=runner,
    )
    return contents(root)


def play(root: Path, parent: str) -> None:
    """What stages do, in a process that knows of the server from its beginning, as stages do."""
    rows = corpus(root, 6)
    for stage, kept in (("features@first", rows[:4]), ("features@more", rows)):
        write_manifest(root, kept)
        with shard_runner(PARAMS, stage) as runner:
            features(root, runner)
    with shard_runner(PARAMS.model_copy(update={"shards": DEFAULT.shards}), "killed") as runner:
        list(runner(eval, ["1", "__import__('os')._exit(9)"], ["a … b (2 clips)"]))
    with suppress(PslError), shard_runner(PARAMS, "full"):
        raise PslError("the disk is full")
    os.environ[PARENT_TASK_RUN] = parent
    with shard_runner(PARAMS, "annotate@2") as runner:
        list(runner(eval, ["1", "2", "3"]))


def play_alone(pid: str) -> None:
    """A hundred shards, at the fiftieth of which the server, which knows of them, is killed; and again without it."""
    for number in (50, 100):
        with shard_runner(PARAMS, "alone") as runner:
            for done, _ in enumerate(runner(eval, [str(n) for n in range(100)]), 1):
                if done == number == 50:
                    wait_for_runs()
                    os.kill(int(pid), 9)
        print(done)


def wait_for_runs() -> None:
    """Until the server knows of shards, which another thread tells it."""
    until = time.monotonic() + 60
    while not requests.post(f"{os.environ['PREFECT_API_URL']}/task_runs/filter", json={}, timeout=10).json():
        assert time.monotonic() < until
        time.sleep(0.05)


def play_without() -> None:
    with shard_runner(PARAMS, "features@x") as runner:
        assert list(runner(eval, ["1 + 1"])) == [("1 + 1", 2)]
    assert "prefect" not in sys.modules


def playing(play: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a play in a process of its own."""
    code = f"import sys, pathlib; import test_shard_runs; test_shard_runs.{play}"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**plain, "PYTHONPATH": f"{ROOT}/tests:{ROOT}", **environment}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, cwd=ROOT, env=environment, capture_output=True, text=True
    )


@dataclass
class Played:
    """The server after the play, and where it happened."""

    server: Server
    root: Path
    parent: str

    def runs(self, stage: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The flow run of the stage's shards, and its task runs."""
        [flow] = self.server.rows("flow_runs", flow_runs={"name": {"any_": [f"shards of {stage}"]}})
        return flow, self.server.rows("task_runs", flow_runs={"id": {"any_": [flow["id"]]}}, sort="NAME_ASC")

    def states(self, stage: str) -> list[str]:
        return [run["state_name"] for run in self.runs(stage)[1]]


@pytest.fixture(scope="module", autouse=True)
def two_cores() -> Iterator[None]:
    """Tests have one by OMP_NUM_THREADS, and two shards are to be computed at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "2")
        yield


@pytest.fixture(scope="module")
def played(tmp_path_factory, prefect_server) -> Played:
    root, server = tmp_path_factory.mktemp("root"), Server(prefect_server)
    flow = server.post("flows/", name="a flow")
    flow_run = server.post("flow_runs/", flow_id=flow["id"])
    parent = server.post("task_runs/", flow_run_id=flow_run["id"], task_key="stage", dynamic_key="0")["id"]
    playing("play(pathlib.Path(sys.argv[1]), sys.argv[2])", str(root), parent, PREFECT_API_URL=server.url)
    return Played(server, root, parent)


def test_without_a_server_prefect_is_not_imported(monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with shard_runner(PARAMS, "features@x") as runner:
        assert runner == Threads(2)
    playing("play_without()")


def test_each_shard_is_a_task_run_named_by_what_it_holds(played):
    flow, shards = played.runs("features@first")
    assert flow["state_name"] == "Completed"
    assert [(shard["name"], shard["state_name"]) for shard in shards] == [
        ("000.flac … 001.flac (2 clips)", "Completed"),
        ("002.flac … 003.flac (2 clips)", "Completed"),
    ]


def test_shards_that_were_there_are_cached_and_the_bytes_are_the_same(played, tmp_path):
    assert sorted(played.states("features@more")) == ["Cached", "Cached", "Completed", "Completed"]
    corpus(tmp_path, 6)
    assert features(tmp_path, Serial()) == contents(played.root)


def test_the_runs_stand_under_the_stages_run_and_progress_comes_to_the_end(played):
    flow, shards = played.runs("annotate@2")
    assert flow["parent_task_run_id"] == played.parent and len(shards) == 3
    [progress] = played.server.rows("artifacts", artifacts={"flow_run_id": {"any_": [flow["id"]]}})
    assert progress["type"] == "progress" and progress["data"] == 100
    assert played.runs("features@first")[0]["parent_task_run_id"] is None


def test_a_shard_that_was_there_is_cached_and_one_that_killed_its_worker_crashed(played):
    assert sorted(played.states("killed")) == ["Cached", "Completed", "Crashed"]


def test_a_stage_that_fails_is_a_flow_run_that_failed(played):
    flow, _ = played.runs("full")
    assert flow["state_name"] == "Failed" and flow["state"]["message"] == "the disk is full"


def test_a_server_that_goes_away_or_is_not_there_costs_a_sentence_and_no_shard(tmp_path):
    with run_prefect_server(tmp_path) as server:
        impatient = {"PREFECT_CLIENT_MAX_RETRIES": "0"}  # saves twelve seconds
        done = playing("play_alone(sys.argv[1])", str(server.process.pid), PREFECT_API_URL=server.url, **impatient)
    assert done.stdout.split() == ["100", "100"]
    assert done.stderr.count("the shards of alone go on without Prefect, whose server at http") == 2
    assert (
        "Traceback" not in done.stderr and done.stderr.count("\n") <= 4
    )  # Prefect's events may say a line of their own
