"""The page of all parameters, docs/parameters.md, made from their types and the default preset."""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from psl.config.annotators import AnnotatorParams
from psl.config.comments import field_comments
from psl.config.file import read_params
from psl.config.params import Params
from psl.config.plugin import find_plugin, names_with, plugin_options
from psl.config.type_words import nested, type_in_words
from psl.config.yaml_read import load_yaml

PLUGINS = {"models": "`architecture`", "psl.training.augmentations": "`augmentation`"}
TOP = """# Parameters

All parameters of `params.yaml`, written by `python -m tasks.params page` from the types in `psl/config/` and the
default preset; a test fails when this page is older than they are. Change a comment there, not here. A name ends in
the unit of its value. Where a section has one value for each parameter, *default* is what `presets/default.yaml` sets;
where it has an entry for each KEY, *if not stated* is what counts where the entry does not say (required: it must).
What one parameter demands of another is checked before anything runs, by `python -m tasks.params check`, in a sentence
that names both.
"""
HEAD = ["| parameter | values | {} | meaning |", "|---|---|---|---|"]
CONTRACT = "see [annotators.md](annotators.md#the-contract)"


def parameters_page(default: Path) -> str:
    """The text of docs/parameters.md; `default` is the file of the default preset. Raises PslError for a broken one."""
    read_params(default)
    written = load_yaml(default, YAML(typ="safe"))
    plain = {name: field for name, field in Params.model_fields.items() if not _is_section(field)}
    lines = [TOP, *_table(Params, written, of=plain)]
    for name, field in Params.model_fields.items():
        if name not in plain:
            lines += _section(name, field, written.get(name))
    return "\n".join([*lines, *_plugins()]) + "\n"


def _is_section(field: FieldInfo) -> bool:
    return nested(field.annotation) is not None or bool(_entry_types(field))


def _entry_types(field: FieldInfo) -> list[type[BaseModel]]:
    """The types of the entries of a section that has one for each key, of several kinds maybe; none for any other."""
    kinds = get_args(field.annotation)[1:]
    found: list[type[BaseModel]] = []
    while kinds:
        found += [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        kinds = tuple(part for kind in kinds for part in get_args(kind))
    return found


def _section(name: str, field: FieldInfo, value: Any) -> Iterator[str]:
    """The heading, the sentence and the table or tables of a section."""
    yield f"## {name}\n"
    if model := nested(field.annotation):
        yield _sentence(model)
        yield from _table(model, value)
        return
    types = _entry_types(field)
    for model in types:
        yield f"### {_kinds(model)}\n" if len(types) > 1 else f"One entry for each KEY, `{name}.KEY`.\n"
        yield _sentence(model)
        yield from _table(model, None)


def _kinds(model: type[BaseModel]) -> str:
    return "kind: " + type_in_words(model.model_fields["kind"].annotation)


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split()) + "\n"


def _table(
    model: type[BaseModel], value: Mapping[str, Any] | None, *, of: Mapping[str, FieldInfo] | None = None
) -> list[str]:
    """The rows of a type; `value` is what the default preset states, None where an entry states it."""
    head = "if not stated" if value is None else "default"
    return [HEAD[0].format(head), HEAD[1], *_rows(model, value, of or model.model_fields, ""), ""]


def _rows(
    model: type[BaseModel], value: Mapping[str, Any] | None, fields: Mapping[str, FieldInfo], prefix: str
) -> Iterator[str]:
    comments = field_comments(model)
    for name, field in fields.items():
        inner = nested(field.annotation)
        stated = None if value is None else value.get(name, field.default)
        if model is AnnotatorParams and name == "contract":
            yield _row(prefix + name, CONTRACT, _left_out(field), comments.get(name, ""))
        elif inner:
            yield from _rows(inner, stated, inner.model_fields, f"{prefix}{name}.")
        elif not (name == "kind" and len(get_args(field.annotation)) == 1):
            shown = _left_out(field) if value is None else f"`{_yaml(stated)}`"
            words = type_in_words(field.annotation, field.metadata)
            yield _row(prefix + name, words, shown, comments.get(name, ""))


def _row(*cells: str) -> str:
    name, *others = map(_cell, cells)
    return f"| `{name}` | {' | '.join(others)} |"


def _left_out(field: FieldInfo) -> str:
    """What counts where an entry does not state the field."""
    return "required" if field.is_required() else f"`{_yaml(field.default)}`"


def _yaml(value: Any) -> str:
    """A value as it stands in params.yaml, on one line.

    >>> _yaml(None), _yaml([1, "2"]), _yaml({"name": "none"})
    ('null', '[1, "2"]', '{name: none}')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if isinstance(value, str):
        return f'"{value}"' if value.isdigit() else value
    return json.dumps(value)


def _plugins() -> Iterator[str]:
    """The options of networks and augmentations, from their files."""
    yield "## Networks and augmentations\n"
    yield "Each `name` is a file. [layout.md](layout.md#augmentations) says what the options do.\n"
    yield "| of | name | options |\n|---|---|---|"
    for package, key in PLUGINS.items():
        for name in names_with(package, "build"):
            options = plugin_options(find_plugin(package, name, "build"), "build")
            shown = ", ".join(f"`{option}: {ast.unparse(kind)}`" for option, (kind, _) in options.items() if kind)
            yield f"| {key} | `{name}` | {_cell(shown)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
