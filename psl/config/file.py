"""params.yaml read into the types of psl/config/, and written if it can be read; each fault is named by its key."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from psl.config import Params
from psl.config.old_names import KINDS, new_name
from psl.config.yaml_read import load_yaml
from psl.io.files import atomic_write
from psl.runtime.errors import PslError

UNION = "corpora"  # pydantic puts the type of each corpus into the path, behind the corpus's key


def read_params(path: Path) -> Params:
    """Read and check params.yaml. Raises PslError that names each key at fault."""
    values = _plain(load_yaml(path, YAML(typ="safe")))
    _require_new_form(path, values)
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        raise PslError(f"{path}: {'; '.join(_sentences(error.errors()))}") from None


def write_params(path: Path, text: str) -> None:
    """Put `text` into params.yaml, whose line ends stay.

    Raises PslError, with the file left alone, when the text contradicts itself.
    """
    with params_written(path, text):
        pass


@contextmanager
def params_written(path: Path, text: str) -> Iterator[Params]:
    """Do as `write_params` when the block, which gets the new parameters, ends well."""
    newline = "\r\n" if path.exists() and b"\r\n" in path.read_bytes() else "\n"
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline=newline)
        try:
            params = read_params(temporary)
        except PslError as error:
            raise PslError(str(error).replace(str(temporary), str(path))) from None
        yield params


def _plain(value: Any) -> Any:
    """Lists as tuples, so that frozen types hold nothing that can change."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return tuple(_plain(item) for item in value) if isinstance(value, list) else value


def _require_new_form(path: Path, values: Any) -> None:
    """Raise PslError for a file that is not a mapping, or is from before windows and sizes became students."""
    if not isinstance(values, dict):
        raise PslError(f"{path} holds no parameters: start from presets/default.yaml")
    if "windows" in values and "corpus" not in values:
        raise PslError(
            f"{path} is from before November 2026: `python -m tasks.params convert` rewrites it in today's names"
        )


def _sentences(faults: Sequence[Any]) -> list[str]:
    """A phrase for each fault, once; a key that is missing because its old name is there is not named twice."""
    renamed = {new_name(_key(fault)) for fault in faults if fault["type"] == "extra_forbidden"}
    shown = [fault for fault in faults if fault["type"] != "missing" or _key(fault) not in renamed]
    return list(dict.fromkeys(_sentence(fault) for fault in shown))


def _sentence(fault: Any) -> str:
    """`key.path: what is wrong` of one pydantic fault."""
    key = _key(fault)
    if fault["loc"][-1:] == ("[key]",):
        return f'{key}: a key is quoted and holds letters, digits, "-" and "_" only, such as "0p5"'
    if fault["type"] == "extra_forbidden":
        name = new_name(key)
        return f"{key} is now {name}" if name else f"{key} is not a parameter"
    if fault["type"] == "missing":
        return f"{key} is missing"
    if fault["type"] == "union_tag_not_found":
        return f"{key}.kind is missing"
    if fault["type"] == "union_tag_invalid":
        kind, kinds = fault["ctx"]["tag"], fault["ctx"]["expected_tags"].replace("'", "")
        return f"{key}.kind {kind} is {f'now {KINDS[kind]}' if kind in KINDS else f'none of {kinds}'}"
    message: str = fault["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def _key(fault: Any) -> str:
    """The dotted key as it is in the file: without the types that pydantic chose between."""
    names = [str(name) for name in fault["loc"] if name != "[key]"]
    if names[:1] == [UNION] and len(names) > 2:
        del names[2]
    return ".".join(names)
