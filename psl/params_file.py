"""params.yaml read into the types of psl/params/, and written if it can be read: each fault is part of one sentence that names its key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from psl.errors import PslError
from psl.files import write_whole
from psl.params import Params

UNIONS = ("corpora", "students", "models", "detectors")  # pydantic puts the kind of their items into the path, behind the item's key
MERGED = {"window": "windows", "sized": "sizes"}  # kinds of items that stand in a section of their own and are merged into others


def read_params(path: Path) -> Params:
    """Read and check params.yaml. Raises PslError that names each key at fault."""
    try:
        return Params.model_validate(_plain(YAML(typ="safe").load(path.read_text())))
    except FileNotFoundError:
        raise PslError(f"{path} does not exist: run from the root of the repository") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise PslError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise PslError(f"{path}: " + "; ".join(dict.fromkeys(_sentence(fault) for fault in error.errors()))) from None


def write_params(path: Path, text: str) -> None:
    """Put `text` into params.yaml, whose line ends stay. Raises PslError, with the file left alone, when it contradicts itself."""
    with params_written(path, text):
        pass


@contextmanager
def params_written(path: Path, text: str) -> Iterator[None]:
    """As `write_params`, when the block ends well; a contradiction is told before the block."""
    newline = "\r\n" if path.exists() and b"\r\n" in path.read_bytes() else "\n"
    with write_whole(path) as temporary:
        temporary.write_text(text, newline=newline)
        try:
            read_params(temporary)
        except PslError as error:
            raise PslError(str(error).replace(str(temporary), str(path))) from None
        yield


def _plain(value: Any) -> Any:
    """Lists as tuples, so that frozen types hold nothing that can change."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return tuple(_plain(item) for item in value) if isinstance(value, list) else value


def _sentence(fault: Any) -> str:
    """`key.path: what is wrong` of one pydantic fault."""
    key = ".".join(_path(*fault["loc"]))
    if fault["loc"][-1:] == ("[key]",):
        return f'{key}: a key is quoted and holds letters, digits, "-" and "_" only, such as "0p5"'
    if fault["type"] == "extra_forbidden":
        return f"{key} is not a parameter"
    if fault["type"] == "missing":
        return f"{key} is missing"
    told: str = fault["msg"].removeprefix("Value error, ")
    return f"{key}: {told}" if key else told


def _path(section: str = "", *rest: str | int) -> list[str]:
    """The key as it stands in the file: no kinds, and a window that students, models and detectors merge stands in windows."""
    names = [str(name) for name in rest if name != "[key]"]
    kind = names[1] if len(names) > 1 else ""
    if section in UNIONS and kind:
        del names[1]
    return [MERGED.get(kind, section), *names] if section else []
