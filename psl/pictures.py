"""Pictures from Vega-Lite specifications, drawn without a browser and without the network, in one look."""

import base64
from pathlib import Path
from typing import Any

import vl_convert

from psl.errors import PslError
from psl.files import write_whole

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
ANNOTATOR_COLOUR, WEAK_COLOUR = "#222222", "#9a9a9a"
WINDOW_COLOURS = ("#1b3a6b", "#2e7ebc", "#f28e2b", "#c43c39", "#59a14f", "#8f6bb3")  # windows in the order of the parameters
TEXT = {"labelFontSize": 13, "titleFontSize": 14, "titleFontWeight": "normal"}
LOOK = {
    "axis": {**TEXT, "labelAngle": 0, "gridColor": "#e6e6e6", "domainColor": "#888888"},
    "legend": {**TEXT, "symbolSize": 140},
    "title": {"anchor": "start", "fontSize": 17, "subtitleFontSize": 13, "subtitleColor": "#555555", "offset": 12},
    "view": {"stroke": None},
}


def write_picture(path: Path, spec: dict[str, Any], scale: float = 2.0) -> None:
    """Draw the Vega-Lite `spec` (its data inline) as a PNG at `path`; its look is LOOK unless it has a `config`."""
    whole = {"$schema": SCHEMA, "background": "white", "config": LOOK, **spec}
    with write_whole(path) as temporary:
        temporary.write_bytes(vl_convert.vegalite_to_png(whole, scale=scale))


def data_uri(path: Path) -> str:
    """A PNG as a data URI. Raises PslError when it is not there."""
    try:
        return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    except FileNotFoundError:
        raise PslError(f"the picture {path} does not exist: run the stage that draws it (`dvc repro`)") from None
