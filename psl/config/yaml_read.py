"""YAML files that people write: each fault is one sentence with its line."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from psl.runtime.errors import PslError

OPEN_MERGE = re.compile(r"^<{7} ", re.MULTILINE)  # the first line of a conflict that git left


def load_yaml(path: Path, loader: YAML) -> Any:
    """What `loader` makes of the file. Raises PslError when it is missing or not YAML, or when a key comes twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run from the root of the repository") from None
    except UnicodeDecodeError as error:
        raise PslError(f"{path} is not YAML: {error}") from None
    try:
        return loader.load(text)
    except DuplicateKeyError as error:
        key = str(error.problem).split('"')[1]
        raise PslError(f"{path} has the key {key} twice, {_line(error)}: remove one of the two") from None
    except MarkedYAMLError as error:
        if conflict := OPEN_MERGE.search(text):
            line = text.count("\n", 0, conflict.start()) + 1
            raise PslError(
                f"{path} holds a merge that git left open, line {line}: choose among the lines up to >>>>>>>"
            ) from None
        raise PslError(f"{path} is not YAML, {_line(error)}: {_problem(error, text)}") from None
    except YAMLError as error:
        raise PslError(f"{path} is not YAML: {' '.join(str(error).split())}") from None


def _line(error: MarkedYAMLError) -> str:
    """Where the fault shows, for people: lines count from 1."""
    return f"line {error.problem_mark.line + 1}"


def _problem(error: MarkedYAMLError, text: str) -> str:
    """What is wrong: in our words for faults of whole files, or else in the library's."""
    said = " ".join(str(error.problem).split())
    here = "".join(text.split("\n")[error.problem_mark.line :][:1])  # empty at the end of the text
    name = re.split(r"[\s,\]}]", here[error.problem_mark.column :].lstrip("&*"), maxsplit=1)[0]
    if said.startswith("found undefined alias"):
        return f"*{name} has no &{name} above it: put the anchor back, or write its values here"
    if said == "second occurrence":
        return f"the anchor &{name} comes twice: give one of the two another name"
    if said == "but found another document":
        return "--- begins a second document: remove that line"
    return said
