"""The stages and what they hand to each other as a Mermaid diagram in docs/views.md: `python -m tasks.dag`.

`dvc dag --mermaid` draws each key of a `foreach` for itself, a hundred boxes; here a `foreach` is one box, and what a
stage also gets through another one has no arrow of its own.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from psl.io.files import write_text

DVC, PARAMS, PAGE = Path("dvc.yaml"), Path("params.yaml"), Path("docs/views.md")
BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def diagram(dvc: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """The diagram of the stages in `dvc`; `params` say what a key's `source` is."""
    needs = {name: _needs(name, dvc["stages"], params) for name in dvc["stages"]}
    boxes = [f'  {name}["{name}{"@…" if "do" in stage else ""}"]' for name, stage in dvc["stages"].items()]
    arrows = [
        f"  {need} --> {name}"
        for name in needs
        for need in sorted(needs[name])
        if not any(need in _above(other, needs) for other in needs[name] - {need})
    ]
    return "\n".join(["```mermaid", "flowchart LR", *boxes, *arrows, "```"])


def with_diagram(page: str, block: str) -> str:
    """The page with this diagram in place of the one it has."""
    return BLOCK.sub(lambda _: block, page, count=1)


def read_diagram() -> str:
    """The diagram of this repository."""
    read = YAML(typ="safe").load
    return diagram(read(DVC.read_text(encoding="utf-8")), read(PARAMS.read_text(encoding="utf-8")))


def _needs(name: str, stages: Mapping[str, Any], params: Mapping[str, Any]) -> set[str]:
    """The stages that write what a stage reads; of a path that is named as a whole, the one that writes it."""
    written = {other: _outs(stages[other]) for other in stages if other != name}
    found: set[str] = set()
    for dep in _deps(stages[name], params):
        exactly = {other for other, outs in written.items() if dep in outs}
        found |= exactly or {other for other, outs in written.items() if any(_overlap(out, dep) for out in outs)}
    return found


def _deps(stage: Mapping[str, Any], params: Mapping[str, Any]) -> list[str]:
    """The deps, with those that a key's `source` names."""
    body = stage.get("do", stage)
    keyed = params.get(str(stage.get("foreach", "")).strip("${}"), {})
    sources = [entry["source"] for entry in keyed.values() if isinstance(entry, Mapping) and "source" in entry]
    return [dep for each in body.get("deps", []) for dep in (sources if each == "${item.source}" else [each])]


def _outs(stage: Mapping[str, Any]) -> list[str]:
    body = stage.get("do", stage)
    entries = [*body.get("outs", []), *body.get("metrics", [])]
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def _overlap(out: str, dep: str) -> bool:
    """Whether one may be the other, or lie in it; a star stands for what parameters decide."""
    parts = (re.sub(r"\$\{.*?\}", "*", path).split("/") for path in (out, dep))
    return all(fnmatchcase(one, other) or fnmatchcase(other, one) for one, other in zip(*parts, strict=False))


def _above(name: str, needs: Mapping[str, set[str]]) -> set[str]:
    """All that a stage needs, directly or not."""
    return needs[name].union(*(_above(need, needs) for need in needs[name]))


def main() -> None:
    """Write the diagram into the page."""
    write_text(PAGE, with_diagram(PAGE.read_text(encoding="utf-8"), read_diagram()))


if __name__ == "__main__":
    main()
