"""AudioSet's ontology: 632 kinds of sound, of which its class list holds 527, each with the narrower kinds below it.

It is a graph without a circle and no tree: some kinds stand below several. Published at https://github.com/audioset/ontology.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from psl.errors import PslError

ONTOLOGY = "ontology.json"


@dataclass(frozen=True)
class Kind:
    """A kind of sound; `restrictions` says why it labels no clip, or should not: it is abstract, or hard to tell."""

    mid: str
    name: str
    children: tuple[str, ...]
    restrictions: tuple[str, ...]


def read_ontology(path: Path) -> dict[str, Kind]:
    """The kinds by mid. Raises PslError that says what is wrong with the file."""
    try:
        nodes = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _damaged(path, "it is not there") from None
    except ValueError as error:
        raise _damaged(path, f"it is no JSON: {error}") from None
    if not isinstance(nodes, list):
        raise _damaged(path, "it is no list of kinds of sound")
    kinds = [_kind(path, number, node) for number, node in enumerate(nodes, 1)]
    kind_of = {kind.mid: kind for kind in kinds}
    if len(kind_of) < len(kinds):
        raise _damaged(path, f"{len(kinds) - len(kind_of)} ids come twice")
    _require_graph(path, kind_of)
    return kind_of


def parents(kind_of: Mapping[str, Kind]) -> dict[str, set[str]]:
    """The kinds right above each that is below any."""
    above: dict[str, set[str]] = {}
    for kind in kind_of.values():
        for child in kind.children:
            above.setdefault(child, set()).add(kind.mid)
    return above


def _kind(path: Path, number: int, node: Any) -> Kind:
    match node:
        case {"id": str(mid), "name": str(name), "child_ids": list(children), "restrictions": list(restrictions)} if (
            mid and name and all(isinstance(child, str) for child in children) and all(isinstance(one, str) for one in restrictions)
        ):
            return Kind(mid, name, tuple(children), tuple(restrictions))
    raise _damaged(path, f"its entry {number} has not id, name, child_ids and restrictions as published")


def _require_graph(path: Path, kind_of: Mapping[str, Kind]) -> None:
    """Raise PslError for a child that is no kind, and for one that stands above itself."""
    above = parents(kind_of)
    unknown = sorted(set(above) - set(kind_of))
    if unknown:
        raise _damaged(path, f"{unknown[0]} stands below {sorted(above[unknown[0]])[0]} and is not in it")
    try:
        TopologicalSorter(above).prepare()
    except CycleError as error:
        raise _damaged(path, f"{error.args[1][0]} stands above itself") from None


def _damaged(path: Path, cause: str) -> PslError:
    return PslError(f"the ontology {path} is damaged ({cause}): remove it, or fetch it anew with `psl fetch audioset FOLDER`")
