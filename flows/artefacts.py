"""What a run shows in Prefect's UI: its graph, why each stage ran, and the tables and pictures in reports/."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.graph import Stage
from flows.graph_picture import graph_picture
from psl.report.pictures import data_uri, write_picture

REPORTS = Path("reports")
TABLES = {  # of reports/, with the stage that writes it
    "results": ("report", "scores of the models"),
    "transfer": ("transfer_table", "transfer to other sets"),
    "detect": ("detect_table", "sound event detection"),
    "leaks": ("leaks", "leaks"),
}
PICTURES = {
    "label_counts": ("label_counts", "labels per clip, weak beside each window"),
    "results": ("report", "mAP with its interval"),
}
TOUCHED = ("ran", "restored")  # what a stage became whose tables and pictures the run shows


def create_artefacts(
    stages: Sequence[Stage],
    outcomes: Mapping[str, str],
    reasons: Mapping[str, Sequence[str]],
    seconds: Mapping[str, float],
) -> None:
    """Attach artefacts to the current flow run: of tables and pictures, those that it brought up to date.

    `outcomes`, `reasons` and `seconds` are keyed by the stages' names.
    """
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "graph.png"
        write_picture(picture, graph_picture(stages, outcomes), scale=1.0)
        _show_picture(picture, "graph", "the stages", "what ran, and what needs what")
    rows = [
        {"stage": name, "became": outcome, "seconds": f"{seconds[name]:.1f}", "because": "; ".join(reasons[name])}
        for name, outcome in outcomes.items()
    ]
    create_table_artifact(rows, key="stages", description="what became of each stage, and why")
    for name, (stage, description) in TABLES.items():
        table = REPORTS / f"{name}.md"
        if outcomes.get(stage) in TOUCHED and table.exists():
            markdown = table.read_text(encoding="utf-8")
            create_markdown_artifact(markdown, key=_key("table", name), description=description)
    for name, (stage, description) in PICTURES.items():
        picture = REPORTS / f"{name}.png"
        if outcomes.get(stage) in TOUCHED and picture.exists():
            _show_picture(picture, _key("picture", name), description, description)


def _show_picture(picture: Path, key: str, alternative: str, description: str) -> None:
    create_markdown_artifact(f"![{alternative}]({data_uri(picture)})", key=key, description=description)


def _key(kind: str, name: str) -> str:
    """Prefect's keys have no underscores."""
    return f"{kind}-{name}".replace("_", "-")
