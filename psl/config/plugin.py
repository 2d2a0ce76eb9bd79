"""A part that is chosen by the name of its file, with that file's own options; checked without importing the file."""

import ast
import math
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from psl.config.base import Count, Positive, Share, Whole
from psl.config.faults import ALLOWED

NUMBERS: dict[str, Any] = {"Count": Count, "Positive": Positive, "Share": Share, "Whole": Whole}  # that have limits


def _option(value: Any) -> Any:
    """The value of an option: a scalar, or a tuple of scalars or of plugins. Raises ValueError for anything else."""
    items = value if isinstance(value, list | tuple) else (value,)
    if all(map(_is_scalar, items)):
        return tuple(value) if isinstance(value, list) else value
    if value is items and any(isinstance(item, dict | Plugin) for item in items):
        return TypeAdapter(tuple[Plugin, ...]).validate_python(value)
    raise ValueError("an option is a number, a text, true, false or null, or a list of these")


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


Option = Annotated[Any, BeforeValidator(_option)]


class Plugin(BaseModel):
    """`{name: NAME, OPTION: VALUE, ...}`: the module NAME of a package, and keywords for its function.

    An option may be a list of plugins itself.
    """

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Option]

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]

    @property
    def options(self) -> dict[str, Any]:
        """All but the name."""
        return dict(self.__pydantic_extra__)

    def parts(self) -> Iterator["Plugin"]:
        """Itself, and the plugins in its options, and in theirs."""
        yield self
        for value in self.options.values():
            for item in value if isinstance(value, tuple) else ():
                if isinstance(item, Plugin):
                    yield from item.parts()


def check_plugin(package: str, plugin: Plugin, key: str, function: str) -> None:
    """Raise ValueError unless `function` in the module `plugin.name` of `package` takes `plugin.options`.

    Options are the keyword-only parameters of `function`, which is read and not run. Plugins in an option are of the
    same package, and checked likewise. Messages begin with `key`.
    """
    options = plugin_options(find_plugin(package, plugin.name, function, f"{key}.name "), function)
    for option, value in plugin.options.items():
        if option not in options:
            known = ", ".join(options) or "none"
            raise ValueError(f"{key}.{option} is not an option of {plugin.name}: it has {known}")
        annotation, _ = options[option]
        if fault := _fault(value, annotation):
            raise ValueError(f"{key}.{option} {fault}")
        for number, part in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(part, Plugin):
                check_plugin(package, part, f"{key}.{option}.{number}", function)
    missing = [option for option, (_, default) in options.items() if default is None and option not in plugin.options]
    if missing:
        raise ValueError(f"{key}.{missing[0]} is missing: {plugin.name} has no default for it")


def find_plugin(package: str, name: str, symbol: str, key: str = "") -> Path:
    """The file `name` of `package`. Raises ValueError, beginning with `key`, unless it defines `symbol`."""
    files = _files(package)
    if name not in files or symbol not in _defined(files[name]):
        folder, names = package.replace(".", "/"), ", ".join(names_with(package, symbol))
        raise ValueError(f"{key}{name} is no file with {symbol} in {folder}/: choose one of {names}")
    return files[name]


def names_with(package: str, symbol: str) -> list[str]:
    """The names of the files of `package` that define `symbol`, sorted."""
    return sorted(name for name, path in _files(package).items() if symbol in _defined(path))


def _defined(file: Path) -> set[str]:
    """Names of the functions and variables of a module."""
    body = _body(file)
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    targets = (target for node in body if isinstance(node, ast.Assign) for target in node.targets)
    return functions | {target.id for target in targets if isinstance(target, ast.Name)}


def _body(file: Path) -> list[ast.stmt]:
    """The statements of a module. Raises ValueError for one that is not Python."""
    try:
        return ast.parse(file.read_text(encoding="utf-8")).body
    except SyntaxError as error:
        raise ValueError(f"{file} is not Python, line {error.lineno}: {error.msg}") from None


def _files(package: str) -> dict[str, Path]:
    """The files of a package by name.

    The command `psl` cannot import `models`, which is not installed with it: then they are those in the current folder.
    """
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else [package]
    return {path.stem: path for folder in folders for path in Path(folder).glob("[!_]*.py")}


def plugin_options(file: Path, function: str) -> dict[str, tuple[ast.expr | None, ast.expr | None]]:
    """Annotation and default of each keyword-only parameter of a function in `file`."""
    for node in _body(file):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {argument.arg: (argument.annotation, default) for argument, default in pairs}
    raise ValueError(f"{file} has no function {function}")


def _fault(value: Any, annotation: ast.expr | None) -> str:
    """What is wrong with a value of an annotated type; nothing where it fits."""
    kind = ast.unparse(annotation) if annotation else ""
    if kind in NUMBERS:
        try:
            TypeAdapter(NUMBERS[kind]).validate_python(value, strict=True)
        except ValidationError as error:
            fault = error.errors()[0]
            return f"{value!r} {ALLOWED[fault['type']].format(**fault.get('ctx', {}))}"
    if annotation is None or _fits(value, annotation):
        return ""
    if kind == "tuple[Plugin, ...]":
        return "is no list of {name: NAME, OPTION: VALUE, ...}"
    return f"{value!r} is not of the type {kind}"


def _fits(value: Any, annotation: ast.expr) -> bool:
    """Whether a value is of an annotated type; types that are not simple fit everything.

    >>> _fits(1, ast.parse("float | None", mode="eval").body)
    True
    >>> _fits((1, "a"), ast.parse("tuple[int, ...]", mode="eval").body)
    False
    """
    match annotation:
        case ast.Name(id="float"):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.Name(id="int"):
            return isinstance(value, int) and not isinstance(value, bool)
        case ast.Name(id="str" | "bool"):
            return isinstance(value, {"str": str, "bool": bool}[annotation.id])
        case ast.Name(id="Plugin"):
            return isinstance(value, Plugin)
        case ast.Constant(value=None):
            return value is None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _fits(value, left) or _fits(value, right)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[item, ast.Constant(value=last)])) if (
            last is ...
        ):
            return isinstance(value, tuple) and all(_fits(element, item) for element in value)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=items)):
            fits = isinstance(value, tuple) and len(value) == len(items)
            return fits and all(map(_fits, value, items))
        case ast.Subscript(value=ast.Name(id="Literal")):
            values = ast.literal_eval(annotation.slice)
            return value in (values if isinstance(values, tuple) else (values,))
    return True
