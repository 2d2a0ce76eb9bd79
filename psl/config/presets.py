"""Presets: params.yaml as presets/default.yaml with the differences that a preset's file states.

`extends: NAME` at its top puts those of another preset below its own.
"""

import io
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from psl.config import Params
from psl.config.file import params_written
from psl.config.yaml_read import load_yaml
from psl.runtime.errors import PslError

DEFAULT, EXTENDS = "default", "extends"


def apply_preset(folder: Path, name: str, target: Path, check: Callable[[Params], None] = lambda _: None) -> None:
    """Write the preset `name` of `folder` to `target`, unless `check` refuses its parameters.

    Refuses to lose parameters that are no preset's.
    """
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in known:
        raise PslError(f"there is no preset {name} in {folder}: choose one of {', '.join(known)}")
    if target.exists() and not any(_is(folder, preset, target) for preset in known):
        raise PslError(
            f"{target} holds changes of your own that the preset {name} would overwrite: "
            f"move it away (`mv {target} mine.yaml`) first"
        )
    with params_written(target, render(folder, name)) as params:
        check(params)


def _is(folder: Path, name: str, target: Path) -> bool:
    """Whether `target` holds the preset; a broken preset is held by no file."""
    try:
        return target.read_text(encoding="utf-8") == render(folder, name)
    except PslError:
        return False


def render(folder: Path, name: str) -> str:
    """The text of params.yaml under a preset, with the default's comments. A section that is null there is empty."""
    default = (folder / f"{DEFAULT}.yaml").read_text(encoding="utf-8")
    if name == DEFAULT:
        return default
    params = round_trip_yaml().load(default)
    for differences in _chain(folder, name):
        _apply(params, differences)
    return text_of(params)


def _chain(folder: Path, name: str, above: tuple[str, ...] = ()) -> list[Mapping[str, Any]]:
    """What the preset states, after what those state that it extends. Raises PslError for one that does not exist."""
    differences = dict(_differences(folder / f"{name}.yaml"))
    base = differences.pop(EXTENDS, None)
    if base is None:
        return [differences]
    if not (folder / f"{base}.yaml").is_file() or base in (DEFAULT, name, *above):
        raise PslError(f"the preset {folder / name}.yaml extends {base}, which is no other preset: name one, or none")
    return [*_chain(folder, base, (name, *above)), differences]


def _apply(params: MutableMapping[str, Any], differences: Mapping[str, Any]) -> None:
    """Set what one preset states; a section that is null is emptied."""
    emptied = [
        key for key, value in differences.items() if value is None and isinstance(params.get(key), MutableMapping)
    ]
    for section in emptied:
        _empty(params, section)
    _overlay(params, {key: value for key, value in differences.items() if key not in emptied})


def _differences(path: Path) -> Mapping[str, Any]:
    differences = load_yaml(path, YAML())
    if not isinstance(differences, Mapping):
        raise PslError(
            f"the preset {path} states no parameter: write those that differ from {DEFAULT}.yaml, or remove the file"
        )
    return differences


def round_trip_yaml() -> YAML:
    """A reader and writer of params.yaml that keeps comments, quotes and anchors."""
    yaml = YAML()
    yaml.preserve_quotes = True  # keys like "10" stay strings
    yaml.width = 4096  # what is on one line stays there
    yaml.representer.add_representer(
        type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return yaml


def text_of(params: Any) -> str:
    """What `round_trip_yaml` loaded, as text again."""
    text = io.StringIO()
    round_trip_yaml().dump(params, text)
    return text.getvalue()


def _empty(params: MutableMapping[str, Any], key: str) -> None:
    """Leave `{}` of the section `key`, and of its comments those above it.

    After a comment on its line ruamel would write `{}` where a key stands, which is no YAML.
    """
    params[key] = {}
    if isinstance(params, CommentedMap):
        params.ca.items.pop(key, None)


def _overlay(params: MutableMapping[str, Any], differences: Mapping[str, Any]) -> None:
    """Set the differences in place. A mapping of a kind, or of another name, replaces the whole; null takes it out."""
    for key, value in differences.items():
        if isinstance(value, Mapping) and not _is_another(params.get(key), value):
            _overlay(params[key], value)
            if not params[key]:
                _empty(params, key)
        elif value is None and isinstance(params.get(key), MutableMapping):
            del params[key]
        else:
            params[key] = value


def _is_another(present: Any, value: Mapping[str, Any]) -> bool:
    """Whether `value` says what it is anew: a kind of corpus or annotator, or another network or augmentation.

    >>> _is_another({"name": "cnn14", "width": 1.0}, {"width": 0.5}), _is_another({"name": "cnn14"}, {"name": "ast"})
    (False, True)
    """
    if not isinstance(present, MutableMapping) or "kind" in value:
        return True
    return "name" in value and value["name"] != present.get("name")
