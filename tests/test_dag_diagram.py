"""The diagram of the stages in docs/views.md is that of dvc.yaml."""

from imports import ROOT

from tasks import dag

DVC = {
    "stages": {
        "metadata": {"foreach": "${corpora}", "do": {"deps": ["${item.source}"], "outs": ["data/metadata/${key}"]}},
        "train": {"deps": ["data/metadata/${corpus}"], "outs": ["data/models/first"]},
        "inspect": {"foreach": "${models}", "do": {"deps": ["${item.source}"], "outs": ["data/inspected/${key}"]}},
        "learn": {"foreach": "${corpora}", "do": {"deps": ["data/inspected"], "outs": ["data/models/${key}"]}},
        "table": {"deps": ["data/models", "data/metadata"], "metrics": [{"table.json": {"cache": False}}]},
    }
}
PARAMS = {"corpora": {"a": {"source": "psl/bank"}}, "models": {"m": {"source": "data/models/first"}}}


def test_the_page_has_the_diagram_of_this_repository(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = (ROOT / dag.PAGE).read_text()
    assert dag.with_diagram(page, dag.read_diagram()) == page, "run `python -m tasks.dag`"


def test_a_foreach_is_one_box_and_arrows_that_another_way_implies_are_left_out():
    lines = [line.strip() for line in dag.diagram(DVC, PARAMS).splitlines()]
    assert 'metadata["metadata@…"]' in lines and 'table["table"]' in lines
    arrows = {tuple(line.split(" --> ")) for line in lines if "-->" in line}
    assert arrows == {("metadata", "train"), ("train", "inspect"), ("inspect", "learn"), ("learn", "table")}
