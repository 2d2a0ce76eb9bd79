"""The flows as deployments: on a schedule, with typed parameters, and a run that is asked for is done."""

import psutil
import pytest
import requests
from toy_dag import PAIR, Toy, wait_until

from flows.serve import serve_flows
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
FLOWS = {"pipeline", "annotate", "train_student", "evaluate", "sweep"}


@pytest.fixture(scope="module")
def served(tmp_path_factory, prefect_server):
    toy = Toy(tmp_path_factory.mktemp("served"), prefect_server, PAIR)
    process = toy.start("serve", "--cron", "0 3 * * *")
    wait_until(lambda: set(toy.deployments()) == FLOWS or process.poll() is not None)
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
    address = f"{served.server}/flow_runs/{served.create_run('pipeline', {'targets': ['fast']})}"
    wait_until(lambda: requests.get(address, timeout=10).json()["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED"))
    assert requests.get(address, timeout=10).json()["state"]["message"] == "1 ran"
    assert (served.folder / "fast").read_text() == "1\n"


def test_a_wrong_schedule_is_a_sentence(prefect_server, monkeypatch):
    monkeypatch.setattr("flows.serve.configured_url", lambda: prefect_server)
    with pytest.raises(PslError, match=r'--cron "0 3 \* \*" is not a schedule'):
        serve_flows("0 3 * *")


def test_flows_are_not_served_without_a_server(monkeypatch):
    monkeypatch.setattr("flows.serve.configured_url", lambda: None)
    with pytest.raises(PslError, match="no server to serve on"):
        serve_flows(None)
