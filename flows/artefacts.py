"""What a run shows in Prefect's UI: the graph and why each stage ran, and the tables and pictures that its stages left in reports/."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.graph import Stage
from flows.graph_picture import graph_picture
from psl.pictures import data_uri, write_picture

REPORTS = Path("reports")
TABLES = {"results": "scores of the models", "transfer": "transfer to other sets", "detect": "sound event detection", "leaks": "leaks"}
PICTURES = {"label_counts": "labels per clip, weak beside each window", "results": "mAP with its interval"}


def show(stages: Sequence[Stage], ends: Mapping[str, str], because: Mapping[str, Sequence[str]]) -> None:
    """Artefacts of the flow run that is going on. `ends` say what became of each stage, `because` why."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "graph.png"
        write_picture(picture, graph_picture(stages, ends), scale=1.0)
        create_markdown_artifact(f"![the stages]({data_uri(picture)})", key="graph", description="what ran, and what needs what")
    rows = [{"stage": name, "became": end, "because": "; ".join(because[name])} for name, end in ends.items()]
    create_table_artifact(rows, key="stages", description="what became of each stage, and why")
    for name, description in TABLES.items():
        table = REPORTS / f"{name}.md"
        if table.exists():
            create_markdown_artifact(table.read_text(encoding="utf-8"), key=f"table-{name}".replace("_", "-"), description=description)
    for name, description in PICTURES.items():
        picture = REPORTS / f"{name}.png"
        if picture.exists():
            create_markdown_artifact(
                f"![{description}]({data_uri(picture)})", key=f"picture-{name}".replace("_", "-"), description=description
            )
