"""Types of parameters in words: which values a parameter can take."""

from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from psl.config.plugin import Plugin

LIMITS = (("ge", "from {:,}"), ("gt", "above {:,}"), ("le", "to {:,}"), ("lt", "below {:,}"))
PLAIN = {bool: "`true`, `false`", int: "whole number", float: "number", str: "text", NoneType: "`null`"}


def type_in_words(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """The values of an annotated type; `metadata` has its limits.

    >>> from pydantic import Field
    >>> type_in_words(Annotated[float, Field(ge=0, le=1)] | None)
    'number from 0 to 1, or `null`'
    >>> type_in_words(Literal["a", 1]), type_in_words(tuple[int, ...])
    ('`a`, `1`', 'list (whole number)')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_in_words(arguments[0], arguments[1:])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return ", or ".join(map(type_in_words, arguments))
    if origin is tuple and arguments[1:] == (...,):
        return f"list ({type_in_words(arguments[0])})"
    if origin is tuple:
        return f"pair ({', '.join(map(type_in_words, arguments))})"
    if origin is dict:
        return f"`{{KEY: VALUE, …}}` ({type_in_words(arguments[1])})"
    if isinstance(annotation, type) and issubclass(annotation, Plugin):
        return "`{name: NAME, OPTION: VALUE, …}`"
    return " ".join([PLAIN[annotation], *_limits(metadata)])


def nested(annotation: Any) -> type[BaseModel] | None:
    """The type of a field that is a mapping of parameters, or null; None for any other field."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    for part in parts:
        if isinstance(part, type) and issubclass(part, BaseModel) and part is not Plugin:
            return part
    return None


def _limits(metadata: Sequence[Any]) -> list[str]:
    """The limits of a number in words."""
    flat = [item for each in metadata for item in (each.metadata if isinstance(each, FieldInfo) else (each,))]
    limits: Mapping[str, Any] = {
        name: getattr(item, name) for name, _ in LIMITS for item in flat if hasattr(item, name)
    }
    return [words.format(limits[name]) for name, words in LIMITS if name in limits]
