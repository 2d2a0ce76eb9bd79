"""What the types say of each parameter: the comments beside the fields, read from their sources."""

import ast
import inspect
import io
import tokenize
from functools import cache
from pathlib import Path

from pydantic import BaseModel


def field_comments(model: type[BaseModel]) -> dict[str, str]:
    """The comment of each field of a type that has one: on its line, or on the lines right above it.

    What a type inherits counts as its own, and what it states anew takes the place of that.
    """
    said: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            said |= _of_class(base)
    return {name: said[name] for name in model.model_fields if said.get(name)}


def _of_class(model: type[BaseModel]) -> dict[str, str]:
    """The comments of the fields that the class itself states, empty where there is none."""
    path = inspect.getsourcefile(model)
    if path is None:
        return {}
    tree, comments = _parsed(Path(path))
    body = next((node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == model.__name__), [])
    fields = [node for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    return {node.target.id: _comment(node, comments) for node in fields if isinstance(node.target, ast.Name)}


def _comment(node: ast.AnnAssign, comments: dict[int, tuple[str, bool]]) -> str:
    """The comments above and beside a field; `comments` has the text of each line, and whether it stands alone."""
    beside = [
        comments[line][0] for line in range(node.lineno, (node.end_lineno or node.lineno) + 1) if line in comments
    ]
    above: list[str] = []
    line = node.lineno - 1
    while comments.get(line, ("", False))[1]:
        above.insert(0, comments[line][0])
        line -= 1
    return " ".join([*above, *beside])


@cache
def _parsed(path: Path) -> tuple[ast.Module, dict[int, tuple[str, bool]]]:
    """The syntax tree of a file, and its comments by line."""
    text = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    found = [token for token in tokens if token.type == tokenize.COMMENT]
    return ast.parse(text), {
        token.start[0]: (token.string.lstrip("# ").rstrip(), not token.line[: token.start[1]].strip())
        for token in found
    }
