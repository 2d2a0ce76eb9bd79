"""Pictures from Vega-Lite specifications, drawn without a browser and without the network, in one style."""

import base64
from pathlib import Path
from typing import Any

import vl_convert

from psl.io.files import atomic_write
from psl.report.fonts import FONT, prepare_fonts
from psl.runtime.errors import PslError

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
TEXT = {"labelFontSize": 13, "titleFontSize": 14, "titleFontWeight": "normal"}
STYLE = {
    "font": FONT,
    "axis": {**TEXT, "labelAngle": 0, "gridColor": "#e6e6e6", "domainColor": "#888888"},
    "legend": {**TEXT, "symbolSize": 140, "labelLimit": 400},
    "title": {"anchor": "start", "fontSize": 17, "subtitleFontSize": 13, "subtitleColor": "#555555", "offset": 12},
    "view": {"stroke": None},
}


def write_picture(path: Path, spec: dict[str, Any], scale: float = 2.0) -> None:
    """Draw the Vega-Lite `spec` (its data inline) as a PNG at `path`, in STYLE. Same specification, same bytes."""
    whole = {"$schema": SCHEMA, "background": "white", "config": STYLE, **spec}
    prepare_fonts(whole)
    with atomic_write(path) as temporary:
        temporary.write_bytes(vl_convert.vegalite_to_png(whole, scale=scale))


def empty_chart(text: str) -> dict[str, Any]:
    """A picture that says why nothing is drawn."""
    mark = {"type": "text", "fontSize": 14, "limit": 640}
    return {"width": 640, "height": 60, "data": {"values": [{}]}, "mark": mark, "encoding": {"text": {"value": text}}}


def data_uri(path: Path) -> str:
    """A PNG as a data URI. Raises PslError when it does not exist."""
    try:
        return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    except FileNotFoundError:
        raise PslError(f"the picture {path} does not exist: run the stage that draws it (`dvc repro`)") from None
