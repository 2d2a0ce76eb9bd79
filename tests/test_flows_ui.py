"""Prefect's UI in a real browser: a filled form starts a run, which shows the graph, the logs and the artefacts."""

import os
import shutil
from typing import Any

import pytest
from imports import ROOT
from prefect_server import add_database
from toy_dag import Toy, wait_until

from flows.server import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.flows,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install Debian's package chromium"),
]
STAGES = """\
stages:
  metadata: {cmd: "cat seed > manifest", deps: [seed], outs: [manifest]}
  features: {cmd: "cat manifest > mels", deps: [manifest], outs: [mels]}
  train_annotator: {cmd: "cat mels > annotator", deps: [mels], outs: [annotator]}
  annotate:
    foreach: ${students}
    do:
      cmd: mkdir -p labels && echo label of ${key} | tee labels/${key}
      deps: [mels, annotator]
      params: ["students.${key}"]
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
    add_database(folder)
    ui = toy.start("ui", "--port", str(port))
    try:
        wait_until(lambda: "annotate" in toy.deployments(), seconds=180)
        yield toy
    finally:
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


def address(toy: Toy, path: str) -> str:
    return f"{toy.server.removesuffix('/api')}/{path}"


def picture(page: Any, name: str) -> None:
    """What the page shows, kept as NAME.png in the folder that PSL_SCREENSHOTS names, if it names one."""
    if folder := os.environ.get("PSL_SCREENSHOTS"):
        page.wait_for_timeout(1500)  # the UI moves things into place
        page.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture(scope="module")
def run(project, page) -> dict[str, Any]:
    """The run that the filled form of `annotate` starts, once it has ended."""
    page.goto(address(project, f"deployments/deployment/{project.deployments()['annotate']['id']}/run"))
    page.get_by_text("window", exact=True).wait_for()
    page.locator("input[type=number]").first.fill("3")
    picture(page, "flow_form")
    page.get_by_role("button", name="Submit").click()
    ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}}
    wait_until(lambda: project.rows("flow_runs", **ended), seconds=SECONDS)
    return project.rows("flow_runs")[0]


def test_the_form_makes_the_window(project, run):
    assert run["state"]["type"] == "COMPLETED" and run["parameters"]["window"] == 3, run["state"]["message"]
    assert '"3": {window_seconds: 3.0, hop_seconds: 3.0}' in (project.folder / "params.yaml").read_text()
    assert (project.folder / "labels/3").read_text() == "label of 3\n"


def test_the_pages_of_the_run_and_of_a_stage_show_state_and_log(project, page, run):
    page.goto(address(project, f"runs/flow-run/{run['id']}"))
    page.get_by_text("Completed").first.wait_for()
    page.get_by_text("runs, because").first.wait_for()
    picture(page, "flow_run")
    stages = {stage["name"]: stage["id"] for stage in project.rows("task_runs")}
    page.goto(address(project, f"runs/task-run/{stages['annotate@3']}"))
    for words in ("Completed", "params.yaml is new", "label of 3"):
        page.get_by_text(words).first.wait_for()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("stages", "params.yaml is new"),
        ("graph", "what ran, and what needs what"),
    ],
)
def test_an_artefact_of_the_run_can_be_seen(project, page, run, key, words):
    artefacts = {artefact["key"]: artefact for artefact in project.rows("artifacts")}
    assert set(artefacts) == {"stages", "graph"}  # reports/ holds what other runs made
    assert artefacts[key]["flow_run_id"] == run["id"]
    page.goto(address(project, f"artifacts/artifact/{artefacts[key]['id']}"))
    page.get_by_text(words).first.wait_for()
    if key == "graph":
        shown = page.locator("img[src^='data:image/png']")
        assert shown.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 100
    picture(page, f"flow_{key}")
