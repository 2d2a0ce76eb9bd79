"""params.yaml read into the types of psl/config/, and written if it can be read; each fault is named by its key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from psl.config import Params
from psl.config.faults import in_words
from psl.config.yaml_read import load_yaml
from psl.io.files import atomic_write
from psl.runtime.errors import PslError


def read_params(path: Path) -> Params:
    """Read and check params.yaml. Raises PslError that names each key at fault."""
    try:
        values = _plain(load_yaml(path, YAML(typ="safe")))
    except RecursionError:
        raise PslError(f"{path} has an anchor that holds itself: write the values out") from None
    _require_new_form(path, values)
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        raise PslError(f"{path}: {in_words(error, Params)}") from None


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
