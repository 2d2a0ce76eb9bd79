"""Prefect's UI in a real browser: a window is asked for in a form, and the run shows the graph, the logs and the artefacts."""

import shutil
import subprocess
import sys

import pytest
import requests
from imports import ROOT
from toy_dag import Toy, wait_until

from flows.server import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.flows, pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install Debian's package chromium")]
STAGES = """\
stages:
  annotate:
    foreach: ${windows}
    do:
      cmd: mkdir -p labels && echo label of ${key} | tee labels/${key}
      params: ["windows.${key}"]
      outs: ["labels/${key}"]
"""
SECONDS = 60


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository whose server and flows run as `make ui` starts them."""
    folder = tmp_path_factory.mktemp("ui")
    shutil.copy(ROOT / "presets/default.yaml", folder / "params.yaml")
    (folder / "reports").mkdir()
    (folder / "reports/results.md").write_text("| Model | mAP % |\n| --- | ---: |\n| PSL-2s | 47.3 |\n")
    shutil.copy(ROOT / "reports/label_counts.png", folder / "reports")
    port = free_port()
    toy = Toy(folder, f"http://127.0.0.1:{port}/api", STAGES)
    with (folder / ".dvc/tmp/ui").open("w") as out:
        ui = subprocess.Popen([sys.executable, "-m", "flows.ui", "--port", str(port)], cwd=folder, env=toy.env, stdout=out, stderr=out)
        wait_until(lambda: deployed(toy), seconds=180)
        yield toy
        ui.terminate()
        ui.wait(30)


@pytest.fixture(scope="module")
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(SECONDS * 1000)
        yield page
        browser.close()


def deployed(toy: Toy) -> dict[str, str]:
    """Id of each deployment."""
    try:
        return {deployment["name"]: deployment["id"] for deployment in toy.post("deployments", {})}
    except requests.RequestException:
        return {}


def address(toy: Toy, path: str) -> str:
    return f"{toy.server.removesuffix('/api')}/{path}"


def test_a_window_asked_for_in_the_form_is_made_and_the_run_tells_of_it(project, page):
    page.goto(address(project, f"deployments/deployment/{deployed(project)['annotate']}/run"))
    page.get_by_text("window", exact=True).wait_for()
    page.locator("input[type=number]").first.fill("3")
    page.screenshot(path="/tmp/ui/form.png")
    page.get_by_role("button", name="Submit").click()
    wait_until(lambda: project.post("flow_runs", {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED"]}}}}))
    run = project.post("flow_runs", {})[0]
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    assert '"3": {seconds: 3.0, hop: 3.0}' in (project.folder / "params.yaml").read_text()
    assert (project.folder / "labels/3").read_text() == "label of 3\n"
    page.goto(address(project, f"runs/flow-run/{run['id']}"))
    page.get_by_text("Completed").first.wait_for()
    page.get_by_text("label of 3").first.wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path="/tmp/ui/run.png")
    page.get_by_text("Artifacts", exact=True).click()
    page.get_by_text("picture-label-counts").wait_for()
    artefacts = {artefact["key"]: artefact["id"] for artefact in project.post("artifacts", {})}
    shown = {"stages": "params.yaml is new", "table-results": "PSL-2s", "graph": "what ran", "picture-label-counts": "labels per clip"}
    for key, words in shown.items():
        page.goto(address(project, f"artifacts/artifact/{artefacts[key]}"))
        page.get_by_text(words).first.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=f"/tmp/ui/{key}.png")
        if "picture" in key or key == "graph":
            assert page.locator("img[src^='data:image/png']").evaluate("picture => picture.naturalWidth") > 100
