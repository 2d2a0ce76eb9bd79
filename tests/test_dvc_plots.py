"""DVC's plots draw the columns that they are meant to, offline, and its metrics fit a screen."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from imports import ROOT
from project import Project
from ruamel.yaml import YAML
from test_report import FOUND, HISTORY, VALUES, evaluation

from psl.report.dvc_plots import plot_tables, write_metrics, write_tables
from psl.report.results import Result

DVC = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())
DRAWN = {next(iter(plot)): next(iter(plot.values())) for plot in DVC["plots"] if isinstance(plot, dict)}
LABELS = [
    {"n": str(n), "labels": name, "share": 12.3456} for name in ("True labels", "PSL-5s") for n in (0, 1, "more than 1")
]
COLUMNS = 120  # of a screen


@pytest.fixture(scope="module")
def dvc(tmp_path_factory) -> Callable[..., str]:
    """A repository with two reports, one committed; what a command of DVC prints there."""
    folder = tmp_path_factory.mktemp("plots")
    environment = Project(folder).env()
    for command in (["git", "init", "--quiet"], [sys.executable, "-m", "dvc", "init", "--quiet"]):
        subprocess.run(command, cwd=folder, env=environment, check=True)
    shutil.copy(ROOT / ".dvc/plots.html", folder / ".dvc")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc")
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
    with (folder / "dvc.yaml").open("w") as file:
        YAML().dump(
            {"plots": [{name: plot} for name, plot in DRAWN.items()], "metrics": ["reports/metrics.json"]}, file
        )
    (folder / "params.yaml").write_text("seed: 1\nother: 2\n")
    write_report(folder, FOUND)
    Project(folder).commit()
    (folder / "params.yaml").write_text("seed: 2\nother: 2\n")
    write_report(folder, FOUND[:-1])

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout

    return run


def write_report(folder: Path, rows: Sequence[Result]) -> None:
    """What the stage report hands to DVC."""
    classes = {key: evaluation(value).classes for key, value in VALUES.items()}
    histories = {row.key: {1: HISTORY, 2: HISTORY} for row in rows}
    write_tables(folder / "reports/plots", plot_tables(rows, classes, histories, LABELS))
    write_metrics(folder / "reports/metrics.json", rows)


def fields(spec: Any) -> Iterator[str]:
    """The fields of all encodings of a Vega-Lite specification."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            if name == "field" and isinstance(value, str):
                yield value
            yield from fields(value) if name != "values" else ()
    elif isinstance(spec, list):
        for part in spec:
            yield from fields(part)


def test_every_plot_draws_columns_of_its_table_against_each_other(dvc):
    plots = json.loads(dvc("plots", "show", "--json"))
    plots = plots.get("data", plots)
    assert {name.removeprefix("dvc.yaml::") for name in plots} == set(DRAWN)
    for name, (plot,) in plots.items():
        spec = plot["content"] if isinstance(plot["content"], dict) else json.loads(plot["content"])
        rows, meant = spec["data"]["values"], DRAWN[name.removeprefix("dvc.yaml::")]
        y = meant["y"] if isinstance(meant["y"], str) else next(iter(meant["y"].values()))
        assert {meant["x"], y} <= set(fields(spec)) <= set(rows[0]), name
        drawn = vl_convert.vegalite_to_svg(spec)
        assert meant["title"] in drawn and "undefined" not in drawn and "NaN" not in drawn, name


def test_every_table_of_a_stage_is_drawn_by_its_columns_and_never_against_the_row_number():
    stages = [stage.get("do", stage) for stage in DVC["stages"].values()]
    tables = [plot for stage in stages for entry in stage.get("plots", []) for plot in entry.values()]
    assert tables and all({"template", "x", "y"} < set(plot) for plot in tables)


def test_what_takes_long_is_restored_from_dvcs_cache():
    """DVC keeps no run of a stage that has an uncached file which is neither a metric nor a plot."""
    stages = {name: stage.get("do", stage) for name, stage in DVC["stages"].items()}
    uncached = {name for name, stage in stages.items() if any(isinstance(out, dict) for out in stage.get("outs", []))}
    assert uncached <= {"leaks", "label_counts", "transfer_table", "detect_table", "report"}


def test_metrics_and_experiments_fit_a_screen(dvc):
    printed = dvc("metrics", "show", "reports/metrics.json")
    assert "mAP.annotator" in printed and "70.0" in printed
    assert max(map(len, printed.splitlines())) <= COLUMNS
    experiments = dvc("exp", "show", "--no-pager", "--only-changed", "--drop", ".*/")
    assert max(map(len, experiments.splitlines())) <= COLUMNS
    assert "mAP.0p5" in experiments and "seed" in experiments and "other" not in experiments


def test_the_page_draws_with_the_script_beside_it(dvc):
    page = Path(dvc("plots", "show").strip().splitlines()[-1].removeprefix("file://")).read_text()
    assert '<script src="vega.js"></script>' in page and "How many labels a clip gets" in page
    loaded = page.replace(page[page.index("<template") : page.index("</template>")], "")
    assert 'src="http' not in loaded
