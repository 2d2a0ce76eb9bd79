"""The flows as deployments: on a schedule, with typed parameters, and a run that somebody asked for is done."""

import subprocess
import sys

import psutil
import pytest
import requests
from toy_dag import Toy, wait_until

pytestmark = pytest.mark.flows


@pytest.fixture(scope="module")
def served(tmp_path_factory, prefect_server):
    toy = Toy(tmp_path_factory.mktemp("served"), prefect_server)
    with (toy.folder / ".dvc/tmp/served").open("w") as out:
        command = [sys.executable, "-m", "flows.serve", "--cron", "0 3 * * *"]
        process = subprocess.Popen(command, cwd=toy.folder, env=toy.env, stdout=out, stderr=out)
    wait_until(lambda: len(toy.post("deployments", {})) == 5 or process.poll() is not None)
    yield toy
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.terminate()
    process.wait(30)


def test_the_pipeline_is_scheduled_and_every_flow_takes_typed_parameters(served):
    found = {deployment["name"]: deployment for deployment in served.post("deployments", {})}
    assert set(found) == {"pipeline", "annotate", "train_student", "evaluate", "sweep"}
    assert {name: [entry["schedule"]["cron"] for entry in deployment["schedules"]] for name, deployment in found.items()} == {
        **{name: [] for name in found},
        "pipeline": ["0 3 * * *"],
    }
    form = found["annotate"]["parameter_openapi_schema"]["properties"]
    assert form["window"]["type"] == "number" and form["window"]["exclusiveMinimum"] == 0 and "seconds" in form["window"]["description"]
    assert all(form[name]["description"] for name in ("force", "at_once", "computing_at_once"))
    assert found["sweep"]["parameter_openapi_schema"]["properties"]["windows"]["items"]["type"] == "number"


def test_a_run_that_is_asked_for_is_done(served):
    address = f"{served.server}/flow_runs/{served.ask('pipeline', {'targets': ['fast@x']})}"
    wait_until(lambda: requests.get(address, timeout=10).json()["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED"))
    assert requests.get(address, timeout=10).json()["state"]["message"] == "2 ran"
    assert (served.folder / "fast_x").read_text() == "1\n"


def test_a_wrong_schedule_is_a_sentence(tmp_path, prefect_server):
    toy = Toy(tmp_path, prefect_server)
    done = toy.run(sys.executable, "-m", "flows.serve", "--cron", "0 3 * *", check=False)
    assert done.returncode == 1 and done.stderr.startswith('serve: --cron "0 3 * *" is no time table')
