"""What a run says: failed stages and who suffers, Cached with its reason, retries, and a sentence for every mistake."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest
from imports import ROOT
from toy_dag import Toy, wait_until

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
    done = toy.flow(flow="ci", check=False)
    states = toy.states()
    assert done.returncode == 1 and "pipeline: failed: bad; not run because of that: after, end" in done.stderr
    assert done.stdout.split("\n")[:3] == ["failed     bad", "not run    after", "not run    end"]
    assert states["bad"] == ("Failed", "bad failed: no such luck")
    assert states["end"] == states["after"] == ("Skipped", "not run, because bad failed")
    assert states["other"][0] == states["flaky"][0] == "Completed"
    [why] = toy.post("artifacts", {"artifacts": {"key": {"any_": ["stages"]}, "flow_run_id": {"any_": [toy.last_run()["id"]]}}})
    because = {row["stage"]: row["because"] for row in json.loads(why["data"])}
    assert because["end"] == because["after"] == "bad failed" and because["a"].startswith("seed is")
    assert (tmp_path / "tries").read_text() == "x\nx\n"  # flaky may retry, and bad may not
    assert done.stderr.count("Running stage 'bad'") == 1
    task, server = (tmp_path / "parent").read_text().split()
    assert server == prefect_server
    assert toy.post("task_runs", {"task_runs": {"id": {"any_": [task]}}})[0]["name"] == "other"


def test_shards_of_a_killed_stage_crashed(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server, SHARDS)
    (tmp_path / "shards.py").write_text(SCRIPT)
    flow = toy.start_flow()
    wait_until(lambda: "asleep" in toy.unfinished())
    next(child for child in psutil.Process(flow.pid).children(recursive=True) if "shards.py" in child.cmdline()).kill()
    assert flow.wait(60) == 1
    assert toy.unfinished() == []


def test_stages_run_with_the_python_of_the_flow(tmp_path, prefect_server, monkeypatch):
    stage = """cmd: "python -c 'import sys; print(sys.executable)' > which", deps: [seed], outs: [which]"""
    toy = Toy(tmp_path, prefect_server, f"stages:\n  which: {{{stage}}}\n")
    monkeypatch.setattr(Toy, "env", {**toy.env, "PATH": "/usr/bin:/bin"})
    toy.flow()
    assert Path((tmp_path / "which").read_text().strip()).parent == Path(sys.executable).parent


def test_cached_says_why(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server)
    lock = toy.repro()
    for seed, run in (("2\n", toy.repro), ("1\n", toy.flow)):
        (tmp_path / "seed").write_text(seed)
        run()
    assert toy.lock() == lock
    assert {state[1] for name, state in toy.states().items() if name != "flow"} == {"restored: DVC had run it on the same inputs before"}
    done = toy.flow("end")
    assert "5 unchanged" in done.stderr and toy.lock() == lock
    assert toy.states()["end"] == ("Cached", "unchanged: nothing that this stage depends on changed")


def test_two_flows_at_once(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server)
    first = toy.start_flow()
    second = toy.flow(check=False)
    assert second.returncode == 1 and second.stderr.strip().split("\n")[-1].startswith("pipeline: a flow is already running here")
    assert "Traceback" not in second.stderr
    toy.let_go()
    assert first.wait(60) == 0 and (tmp_path / "end").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["slwo"], "there is no stage slwo in dvc.yaml: did you mean slow?"),
        (["--at-once", "0"], "at_once"),
    ],
)
def test_wrong_arguments(tmp_path, prefect_server, arguments, sentence):
    toy = Toy(tmp_path, prefect_server)
    done = toy.flow(*arguments, check=False)
    assert done.returncode == 1 and sentence in done.stderr.strip().split("\n")[-1] and "Traceback" not in done.stderr
    assert not (tmp_path / "dvc.lock").exists()


class OtherVersion(BaseHTTPRequestHandler):
    """A server that answers every request with one JSON text."""

    answer = '"2.20.4"'

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def other_server():
    server = HTTPServer(("127.0.0.1", 0), OtherVersion)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()


def test_a_server_of_another_version(other_server, monkeypatch):
    from flows.server import check
    from psl.errors import PslError

    with pytest.raises(PslError, match=r"is Prefect 2.20.4 and not 3\."):
        check(other_server)
    monkeypatch.setattr(OtherVersion, "answer", "<html>")
    with pytest.raises(PslError, match="is no Prefect server"):
        check(other_server)


def test_a_taken_port(other_server):
    from flows.server import serving
    from psl.errors import PslError

    port = int(other_server.split(":")[2].split("/")[0])
    with pytest.raises(PslError, match=f"port {port} on 127.0.0.1 is taken"), serving(port, ui=False):
        pass


@pytest.mark.parametrize(("port", "sentence"), [(70_000, "there is no port 70000"), (-1, "there is no port -1")])
def test_a_port_that_cannot_be(port, sentence):
    from flows.server import require_free
    from psl.errors import PslError

    with pytest.raises(PslError, match=sentence):
        require_free(port)


def test_no_server(tmp_path):
    toy = Toy(tmp_path, "http://127.0.0.1:9/api")
    for flow in ("pipeline", "serve"):
        done = toy.run(sys.executable, "-m", f"flows.{flow}", check=False)
        assert done.returncode == 1 and f"{flow}: no Prefect server answers at http://127.0.0.1:9/api" in done.stderr
        assert "Traceback" not in done.stderr
    toy.server = None
    done = toy.run(sys.executable, "-m", "flows.serve", check=False)
    assert done.returncode == 1 and done.stderr.startswith("serve: no server to serve on")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"window": 0.0}, "annotate: window: it should be greater than 0"),
        ({"window": "three"}, "annotate: window: it should be a valid number, unable to parse string as a number"),
        ({"window": 3.0, "at_once": 0}, "annotate: at_once: it should be greater than or equal to 1"),
    ],
)
def test_a_parameter_out_of_its_range_is_a_sentence_before_there_is_a_server(monkeypatch, capsys, parameters, sentence):
    from flows import command_line
    from flows.annotate import annotate

    monkeypatch.setattr(command_line, "use_a_server", lambda: pytest.fail("it went on"))
    with pytest.raises(SystemExit) as ended:
        command_line.call(annotate, parameters)
    assert str(ended.value) == sentence and "Parameter validation" not in capsys.readouterr().err


def test_a_fault_in_the_parameters_is_said_before_any_stage_runs(tmp_path):
    toy = Toy(tmp_path, None)
    (toy.folder / "params.yaml").write_text("colour: blue\n")
    done = toy.flow(check=False)
    assert done.returncode == 1 and "colour is not a parameter" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
    assert not (toy.folder / "dvc.lock").exists()
