"""What pydantic refuses of the types of psl/config/, in psl's words: the key, the value given, and what is allowed."""

import difflib
from collections.abc import Collection, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from psl.config.old_names import KINDS, new_name

UNION = "corpora"  # pydantic puts the type of each corpus into the path, behind the corpus's key
UNITS = {  # how a name ends, and what it counts, in words
    "hz": "Hz",
    "db": "dB",
    "seconds": "seconds",
    "ms": "milliseconds",
    "samples": "samples",
    "windows": "windows",
    "clips": "clips",
}
ALLOWED = {  # the type of a fault: the rest of the sentence, of pydantic's context of it
    "greater_than": "is not above {gt:g}",
    "greater_than_equal": "is below {ge:g}",
    "less_than": "is not below {lt:g}",
    "less_than_equal": "is above {le:g}",
    "finite_number": "is no finite number",
    "int_type": "is no whole number",
    "float_type": "is no number",
    "string_type": "is no text",
    "bool_type": "is neither true nor false",
    "list_type": "is no list",
    "tuple_type": "is no list",
    "dict_type": "is no mapping of keys to values",
    "model_type": "is no mapping of keys to values",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "is no name of letters and digits",
    "too_short": "has too few entries ({actual_length}): give {min_length} or more",
    "too_long": "has too many entries ({actual_length}): give {max_length} at most",
}
NUMBERS = {"finite_number", "int_type", "float_type"}  # faults of what is no number, whose unit is said as well


def in_words(error: ValidationError, model: type[BaseModel]) -> str:
    """A phrase for each fault of a value that `model` refused, once; the phrases are joined by semicolons.

    A key that is missing because its old name is there is not named twice.
    """
    faults: Sequence[Any] = error.errors()
    renamed = {new_name(_key(fault)) for fault in faults if fault["type"] == "extra_forbidden"}
    shown = [fault for fault in faults if fault["type"] != "missing" or _key(fault) not in renamed]
    return "; ".join(dict.fromkeys(_phrase(fault, model) for fault in shown))


def near(name: str, known: Collection[str]) -> str:
    """` (did you mean NAME?)`, of the known name that is spelt most like `name`; empty where none is like it.

    >>> near("license", ["name", "licence"]), near("speed", ["name", "licence"])
    (' (did you mean licence?)', '')
    """
    return "".join(f" (did you mean {found}?)" for found in difflib.get_close_matches(name, known, 1))


def _phrase(fault: Any, model: type[BaseModel]) -> str:
    """What is wrong, beginning with the dotted key."""
    key, kind, context = _key(fault), fault["type"], fault.get("ctx", {})
    if fault["loc"][-1:] == ("[key]",):
        return f'{key}: a key is quoted and holds letters, digits, "-" and "_" only, such as "0p5"'
    if kind == "extra_forbidden":
        name = new_name(key)
        return f"{key} is now {name}" if name else f"{key} is not a parameter{_known(fault['loc'], model)}"
    if kind == "missing":
        return f"{key} is missing"
    if kind == "union_tag_not_found":
        return f"{key}.kind is missing"
    if kind == "union_tag_invalid":
        tag, tags = context["tag"], context["expected_tags"].replace("'", "")
        return f"{key}.kind {tag} is {f'now {KINDS[tag]}' if tag in KINDS else f'none of {tags}'}"
    if kind == "literal_error":
        values = context["expected"].replace("'", "").replace(" or ", ", ")
        given = fault["input"]
        hint = near(given, values.split(", ")) if isinstance(given, str) else ""
        return f"{key} {_shown(given)} is none of {values}{hint}"
    if kind in ALLOWED:
        words = f"{ALLOWED[kind].format(**context)}{_of_unit(key) if kind in NUMBERS else ''}"
        return " ".join(filter(None, (key, _shown(fault["input"]), words)))
    return _own(key, fault["msg"].removeprefix("Value error, "))


def _of_unit(key: str) -> str:
    """` of Hz` for `sample_rate_hz`, and so on; empty where the name has no unit."""
    unit = UNITS.get(key.rpartition("_")[2])
    return f" of {unit}" if unit else ""


def _own(key: str, message: str) -> str:
    """`key: message`, or `key and what is wrong` where the message begins with the last name of the key."""
    section, dot, name = key.rpartition(".")
    if name and message.startswith(f"{name} "):
        return f"{section}{dot}{message}"
    return f"{key}: {message}" if key else message


def _known(place: Sequence[Any], model: type[BaseModel]) -> str:
    """The near name and all names that stand beside the unknown one at the end of `place`."""
    fields = [name for each in _models_at(place[:-1], model) for name in each.model_fields]
    return f"{near(str(place[-1]), fields)}: there are {', '.join(fields)}" if fields else ""


def _models_at(place: Sequence[Any], root: type[BaseModel]) -> list[type[BaseModel]]:
    """The types of the mapping at this place of a value of the type `root`; of a union that of its `kind`."""
    types: list[Any] = [root]
    for name in place:
        tagged = [each for each in types if _has_kind(each, name)]
        types = tagged or [inner for each in types for inner in _inside(each, name)]
    return [each for each in types if isinstance(each, type) and issubclass(each, BaseModel)]


def _has_kind(model: Any, name: Any) -> bool:
    field = getattr(model, "model_fields", {}).get("kind")
    return field is not None and name in get_args(field.annotation)


def _inside(container: Any, name: Any) -> list[Any]:
    """The types that the entry `name` of a model, mapping or list can have."""
    if fields := getattr(container, "model_fields", None):
        return _choices(fields[name].annotation) if name in fields else []
    return _choices(get_args(container)[-1]) if get_args(container) else []


def _choices(annotation: Any) -> list[Any]:
    """The types of a union, or the one type."""
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [choice for each in get_args(annotation) for choice in _choices(each)]
    return [annotation]


def _key(fault: Any) -> str:
    """The dotted key as it is in the file: without the types that pydantic chose between."""
    names = [str(name) for name in fault["loc"] if name != "[key]"]
    if names[:1] == [UNION] and len(names) > 2:
        del names[2]
    return ".".join(names)


def _shown(value: Any) -> str:
    """A value as it stands in YAML; of a mapping or a list, whose entries have keys of their own, nothing."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "" if isinstance(value, dict | list | tuple) else repr(value)
