"""The flows as deployments: on a schedule, with typed parameters, and a run that is asked for is done."""

import psutil
import pytest
import requests
from toy_dag import PAIR, Toy, wait_until

from flows.serve import serve_flows
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
BAD = '  bad: {cmd: "echo no such luck; false", outs: [bad]}\n'
FLOWS = {"pipeline", "annotate", "train_student", "evaluate", "sweep", "preset", "own_data"}


@pytest.fixture(scope="module")
def served(tmp_path_factory, prefect_server):
    toy = Toy(tmp_path_factory.mktemp("served"), prefect_server, PAIR + BAD)
    process = toy.start("serve", "--cron", "0 3 * * *")
    wait_until(lambda: set(toy.deployments()) == FLOWS or process.poll() is not None)
    toy.run_processes = psutil.Process(process.pid).children
    yield toy
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.terminate()
    process.wait(30)


def test_the_pipeline_is_scheduled_and_every_flow_takes_typed_parameters(served):
    deployments = served.deployments()
    crons = {name: [entry["schedule"]["cron"] for entry in deployments[name]["schedules"]] for name in deployments}
    assert crons == {**{name: [] for name in FLOWS}, "pipeline": ["0 3 * * *"]}
    forms = {name: deployments[name]["parameter_openapi_schema"]["properties"] for name in FLOWS}
    window = forms["annotate"]["window"]
    assert (window["type"], window["exclusiveMinimum"]) == ("number", 0) and "seconds" in window["description"]
    assert all(forms["annotate"][name]["description"] for name in ("force", "at_once", "computing_at_once"))
    assert forms["sweep"]["windows"]["items"]["type"] == "number"


def test_a_run_that_is_asked_for_is_done(served):
    assert ended(served, "fast")["message"] == "1 ran"
    assert (served.folder / "fast").read_text() == "1\n"


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("bad", "failed: bad. bad failed: no such luck."),
        ("bda", "there is no stage bda in dvc.yaml: did you mean bad?"),
    ],
)
def test_a_run_that_fails_is_a_sentence_without_a_traceback(served, target, sentence):
    state = ended(served, target)
    assert (state["type"], state["message"]) == ("FAILED", sentence)
    wait_until(lambda: not served.run_processes())
    assert sentence in served.output() and "Traceback" not in served.output()


def ended(toy: Toy, target: str) -> dict:
    """The last state of a run of the deployment `pipeline`."""
    address = f"{toy.server}/flow_runs/{toy.create_run('pipeline', {'targets': [target]})}"
    wait_until(lambda: requests.get(address, timeout=10).json()["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED"))
    return requests.get(address, timeout=10).json()["state"]


def test_a_wrong_schedule_is_a_sentence(prefect_server, monkeypatch):
    monkeypatch.setattr("flows.serve.configured_url", lambda: prefect_server)
    with pytest.raises(PslError, match=r'--cron "0 3 \* \*" is not a schedule'):
        serve_flows("0 3 * *")


def test_flows_are_not_served_without_a_server(monkeypatch):
    monkeypatch.setattr("flows.serve.configured_url", lambda: None)
    with pytest.raises(PslError, match="no server to serve on"):
        serve_flows(None)
