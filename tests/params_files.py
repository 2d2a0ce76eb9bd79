"""Copies of the default parameters with a change, and what reading them says."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from psl.config.file import read_params
from psl.runtime.errors import PslError

ROOT = Path(__file__).parents[1]
PRESETS = ROOT / "presets"
DEFAULT = PRESETS / "default.yaml"


def changed(folder, key, value):
    """A params.yaml with one key set or, with `...`, removed; a mapping is merged into what stands there."""
    params = YAML(typ="safe").load(DEFAULT.read_text())
    *sections, last = key.split(".")
    section = params
    for name in sections:
        section = section[name]
    if value is ...:
        del section[last]
    elif isinstance(value, dict) and value:
        section[last] = section.get(last, {}) | value
    else:
        section[last] = value
    return dumped(folder, params)


def dumped(folder, params):
    """A params.yaml of these plain values."""
    path = folder / "params.yaml"
    writer = YAML(typ="safe")
    writer.sort_base_mapping_type_on_output = False
    with path.open("w") as file:
        writer.dump(params, file)
    return path


def replaced(folder, old, new):
    """A params.yaml whose text is the default's with `new` for `old`."""
    text = DEFAULT.read_text()
    assert old in text
    path = folder / "params.yaml"
    path.write_text(text.replace(old, new))
    return path


def fault_in(path):
    """What reading the file raises: one sentence that begins with its path, which is left out."""
    with pytest.raises(PslError) as error:
        read_params(path)
    message = str(error.value)
    assert message.startswith(str(path)) and "\n" not in message
    return message.removeprefix(f"{path}: ").removeprefix(str(path)).strip()
