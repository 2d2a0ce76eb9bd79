"""One self-contained page: the tables as HTML, the pictures inside it as data URIs."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from psl.io.files import write_text
from psl.report.pictures import data_uri
from psl.report.sections import Section

TEMPLATE = "page.html.jinja"


def write_page(path: Path, headline: str, sections: Sequence[Section], parameters: Mapping[str, Any]) -> None:
    """Write the page. `parameters` are the sections of params.yaml as plain values. Same inputs, same bytes."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(data_uri=data_uri, anchor=anchor)
    environment.tests["numeric"] = numeric
    text = environment.get_template(TEMPLATE).render(
        headline=headline,
        sections=sections,
        parameters={name: flat(values) for name, values in parameters.items()},
    )
    write_text(path, text)


def anchor(title: str) -> str:
    """A heading as the name of a link.

    >>> anchor("Labels per clip")
    'labels-per-clip'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def numeric(cell: str) -> bool:
    """Whether a table's cell is aligned to the right, with the numbers.

    >>> [numeric(cell) for cell in ("1.5", "1,900", "92 %", "PSL-2s")]
    [True, True, True, False]
    """
    return not re.search(r"[^\W\d_]", cell)


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested parameters as dotted names and texts, in their order.

    >>> flat({"clips": {"eval": 258}, "events": (1, 4), "alpha": None})
    {'clips.eval': '258', 'events': '1, 4', 'alpha': 'null'}
    >>> flat({"parts": ({"name": "mixup"}, {"name": "none"})})
    {'parts.0.name': 'mixup', 'parts.1.name': 'none'}
    """
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        value = dict(enumerate(value))
    if isinstance(value, Mapping):
        return {
            name: text
            for key, item in value.items()
            for name, text in flat(item, f"{prefix}.{key}" if prefix else str(key)).items()
        }
    if isinstance(value, list | tuple):
        return {prefix: ", ".join(str(item) for item in value) or "none"}
    return {prefix: "null" if value is None else str(value)}
