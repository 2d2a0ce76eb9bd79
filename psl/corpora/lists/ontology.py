"""AudioSet's ontology: 632 classes of sound with their child classes; its class list has 527 of them.

It is a directed acyclic graph: some classes have several parents. Published at https://github.com/audioset/ontology.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from psl.runtime.errors import PslError

ONTOLOGY = "ontology.json"
FETCH = "`psl fetch audioset FOLDER`"


@dataclass(frozen=True)
class SoundClass:
    """A class of sound; `restrictions` says why it labels no clip: it is abstract, or hard to tell from others."""

    mid: str
    name: str
    children: tuple[str, ...]
    restrictions: tuple[str, ...]


def read_ontology(path: Path) -> dict[str, SoundClass]:
    """The classes by mid. Raises PslError that says what is wrong with the file."""
    try:
        nodes = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise PslError(f"the ontology {path} does not exist: fetch it with {FETCH}") from None
    except ValueError as error:
        raise _damaged(path, f"it is not JSON: {error}") from None
    if not isinstance(nodes, list):
        raise _damaged(path, "it is not a list of classes")
    classes = [_sound_class(path, number, node) for number, node in enumerate(nodes, 1)]
    class_of = {sound_class.mid: sound_class for sound_class in classes}
    if len(class_of) < len(classes):
        raise _damaged(path, f"{len(classes) - len(class_of)} ids are repeated")
    _require_graph(path, class_of)
    return class_of


def parents(class_of: Mapping[str, SoundClass]) -> dict[str, set[str]]:
    """The parent classes of each class that has any."""
    parents_of: dict[str, set[str]] = {}
    for sound_class in class_of.values():
        for child in sound_class.children:
            parents_of.setdefault(child, set()).add(sound_class.mid)
    return parents_of


def _sound_class(path: Path, number: int, node: Any) -> SoundClass:
    match node:
        case {"id": str(mid), "name": str(name), "child_ids": list(children), "restrictions": list(restrictions)} if (
            mid
            and name
            and all(isinstance(child, str) for child in children)
            and all(isinstance(restriction, str) for restriction in restrictions)
        ):
            return SoundClass(mid, name, tuple(children), tuple(restrictions))
    raise _damaged(path, f"its entry {number} lacks id, name, child_ids or restrictions")


def _require_graph(path: Path, class_of: Mapping[str, SoundClass]) -> None:
    """Raise PslError for a child that is not in the ontology, and for a cycle."""
    parents_of = parents(class_of)
    unknown = sorted(set(parents_of) - set(class_of))
    if unknown:
        raise _damaged(path, f"{unknown[0]} is a child of {sorted(parents_of[unknown[0]])[0]} and not in it")
    try:
        TopologicalSorter(parents_of).prepare()
    except CycleError as error:
        raise _damaged(path, f"{error.args[1][0]} is its own ancestor") from None


def _damaged(path: Path, cause: str) -> PslError:
    return PslError(f"the ontology {path} is damaged ({cause}): remove it, or fetch it again with {FETCH}")
