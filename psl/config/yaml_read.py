"""YAML files that people write: each fault is one sentence with its line."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from psl.runtime.errors import PslError


def load_yaml(path: Path, loader: YAML) -> Any:
    """What `loader` makes of the file. Raises PslError when it is missing or not YAML, or when a key comes twice."""
    try:
        return loader.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run from the root of the repository") from None
    except DuplicateKeyError as error:
        key = str(error.problem).split('"')[1]
        raise PslError(f"{path} has the key {key} twice, {_line(error)}: remove one of the two") from None
    except MarkedYAMLError as error:
        problem = " ".join(str(error.problem).split())
        raise PslError(f"{path} is not YAML, {_line(error)}: {problem}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise PslError(f"{path} is not YAML: {' '.join(str(error).split())}") from None


def _line(error: MarkedYAMLError) -> str:
    """Where the fault shows, for people: lines count from 1."""
    return f"line {error.problem_mark.line + 1}"
