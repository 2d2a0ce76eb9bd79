"""Entries taken out of a params.yaml that ruamel loaded, with the comments that belong to them and no others."""

from collections.abc import Mapping
from typing import Any


def remove_entry(params: Any, section: str, key: str) -> None:
    """Remove an entry. Comments below it stay; those above and beside it go with it."""
    entries = params[section]
    following = list(entries)[list(entries).index(key) + 1 :][:1]
    below = _comment_below(entries, key)
    del entries[key]
    if not entries:  # `{}` comes before the comment of the section's line, which the section keeps
        entries.ca.comment = None
        entries.fa.set_flow_style()
    if below.strip():
        after = list(params)[list(params).index(section) + 1 :][:1] or [section]
        place, name = (entries, following[0]) if following else (params, after[0])
        lines = [line.strip().removeprefix("#").removeprefix(" ") for line in below.splitlines()]
        place.yaml_set_comment_before_after_key(name, before="\n".join(lines), indent=2 if following else 0)


def _comment_below(entries: Any, key: str) -> str:
    """The comment lines behind an entry that ruamel keeps with its last line's own comment."""
    value = entries[key]
    if isinstance(value, Mapping) and value and not value.fa.flow_style():  # type: ignore[attr-defined]
        return _comment_below(value, list(value)[-1])
    if isinstance(value, list) and value and not value.fa.flow_style():  # type: ignore[attr-defined]
        comment = (value.ca.items.get(len(value) - 1) or [None])[0]  # type: ignore[attr-defined]
        return comment.value.partition("\n")[2] if comment else ""
    comment = (entries.ca.items.get(key) or [None] * 3)[2]
    return comment.value.partition("\n")[2] if comment else ""
