"""Pictures from Vega-Lite specifications, drawn without a browser and without the network, in one style."""

import base64
from pathlib import Path
from typing import Any

import vl_convert

from psl.io.files import atomic_write, write_text
from psl.report.fonts import FONT, prepare_fonts
from psl.runtime.errors import PslError

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
FONTS = f"psl Sans, {FONT}, Arimo, Arial, Helvetica, sans-serif"  # all of one width; the page brings the first
SANS = Path(__file__).parent / "sans"  # Liberation Sans 2.1.5 (SIL Open Font License), fewer characters
MEDIA = {".png": "image/png", ".svg": "image/svg+xml"}
TEXT = {"labelFontSize": 13, "titleFontSize": 14, "titleFontWeight": "normal"}
STYLE = {
    "font": FONT,
    "axis": {**TEXT, "labelAngle": 0, "gridColor": "#e6e6e6", "domainColor": "#888888"},
    "legend": {**TEXT, "symbolSize": 140, "labelLimit": 400},
    "title": {"anchor": "start", "fontSize": 17, "subtitleFontSize": 13, "subtitleColor": "#555555", "offset": 12},
    "view": {"stroke": None},
}


def write_picture(path: Path, spec: dict[str, Any], scale: float = 2.0) -> None:
    """Draw the Vega-Lite `spec` (its data inline), in STYLE: as a PNG at `path`, and as an SVG beside it.

    Same specification, same bytes. A program without the SVG's fonts may cut off long names.
    """
    whole = {"$schema": SCHEMA, "background": "white", "config": STYLE, **spec}
    prepare_fonts(whole)
    drawn = vl_convert.vegalite_to_svg(whole)
    with atomic_write(path) as temporary:
        temporary.write_bytes(vl_convert.svg_to_png(drawn, scale=scale))
    write_text(path.with_suffix(".svg"), drawn.replace(f'font-family="{FONT}"', f'font-family="{FONTS}"') + "\n")


def empty_chart(text: str) -> dict[str, Any]:
    """A picture that says why nothing is drawn."""
    mark = {"type": "text", "fontSize": 14, "limit": 640}
    return {"width": 640, "height": 60, "data": {"values": [{}]}, "mark": mark, "encoding": {"text": {"value": text}}}


def with_fonts(svg: str) -> str:
    """The SVG with the letters of its fonts in it: a browser loads none for a picture."""
    styles = {"normal": "regular", **({"bold": "bold"} if 'font-weight="bold"' in svg else {})}
    faces = [_face(weight, (SANS / f"{name}.woff2").read_bytes()) for weight, name in styles.items()]
    head, end, rest = svg.partition(">")
    return f"{head}{end}<style>{''.join(faces)}</style>{rest}" if end else svg


def _face(weight: str, font: bytes) -> str:
    source = f"url(data:font/woff2;base64,{base64.b64encode(font).decode()})"
    return f'@font-face{{font-family:"psl Sans";font-weight:{weight};src:{source}}}'


def data_uri(path: Path) -> str:
    """A PNG or SVG as a data URI, an SVG with its fonts. Raises PslError when it does not exist."""
    try:
        data = path.read_bytes()
        whole = with_fonts(data.decode()).encode() if path.suffix == ".svg" else data
        return f"data:{MEDIA[path.suffix]};base64,{base64.b64encode(whole).decode()}"
    except FileNotFoundError:
        raise PslError(f"the picture {path} does not exist: run the stage that draws it (`dvc repro`)") from None
