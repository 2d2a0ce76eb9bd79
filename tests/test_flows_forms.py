"""Forms list the keys there are, runs are named after what they do, and artefacts are of what a run touched."""

import shutil

import pytest
from imports import ROOT

from flows import artefacts
from flows.forms import choices, offer
from flows.stage_flows import FLOWS
from flows.whole_runs import use_preset
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
RESULTS = "| Model | mAP % |\n| --- | ---: |\n| PSL-2s | 47.3 |\n"


def form(flow: str) -> dict:
    """The fields of a flow's form, as the server gets them."""
    fields = choices(ROOT / "presets/default.yaml", ROOT / "presets")
    return offer(FLOWS[flow].to_deployment(flow), fields)._parameter_openapi_schema.properties


def test_the_forms_list_models_and_presets_and_say_what_force_forces():
    assert form("evaluate")["model"]["enum"][:3] == ["annotator", "10", "5"]
    assert {"default", "quick", "paper"} <= set(form("preset")["preset"]["enum"])
    assert {"folder", "labels"} < set(form("own_data")) and "recordings" in form("own_data")["folder"]["description"]
    assert all("what they need runs only if it changed" in form(flow)["force"]["description"] for flow in FLOWS)
    assert "enum" not in form("annotate")["window"]


def test_every_flow_names_its_runs_after_what_they_do():
    assert {flow.flow_run_name.__name__ for flow in FLOWS.values()} == {"run_name"}


@pytest.mark.parametrize(
    ("outcomes", "keys"),
    [
        ({"annotate@2": "ran", "report": "unchanged"}, {"graph", "stages"}),
        ({"annotate@2": "unchanged", "report": "ran"}, {"graph", "stages", "table-results"}),
        ({"report": "failed"}, {"graph", "stages"}),
    ],
)
def test_a_run_shows_the_tables_that_it_made_and_no_others(tmp_path, monkeypatch, outcomes, keys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()
    for name in ("results", "transfer"):
        (tmp_path / f"reports/{name}.md").write_text(RESULTS)
    made = set()
    monkeypatch.setattr(artefacts, "create_table_artifact", lambda *_, key, **__: made.add(key))
    monkeypatch.setattr(artefacts, "create_markdown_artifact", lambda *_, key, **__: made.add(key))
    monkeypatch.setattr(artefacts, "write_picture", lambda path, *_, **__: path.write_bytes(b"PNG"))
    monkeypatch.setattr(artefacts, "graph_picture", lambda *_: {})
    artefacts.create_artefacts([], outcomes, {name: ["new"] for name in outcomes}, dict.fromkeys(outcomes, 1.0))
    assert made == keys


def test_a_preset_is_written_and_then_everything_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "presets", "presets")
    shutil.copytree(ROOT / "psl/corpora/synthetic/procedural", "psl/corpora/synthetic/procedural")
    assert use_preset("quick") == []
    assert "max_steps: 48" in (tmp_path / "params.yaml").read_text()
    with pytest.raises(PslError, match="there is no preset fast"):
        use_preset("fast")
