"""Which files of this repository a module imports, read from the source without running it.

A plugin is a file that a parameter names, imported by `import_module(f"package.{name}")`. What plugins import counts
for all of them; a plugin itself is a dependency of the stages that name it only.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("psl", "models", "tasks", "flows")
MODULE = re.compile(r"\w+(\.\w+)+")
# What checks parameters, starts work and reports on it, and decides no result: files and whole folders.
NO_RESULT = (
    "psl/__init__.py",
    "psl/config/",
    "psl/runtime/",
    "tasks/__init__.py",
    "tasks/distributed.py",
    "tasks/dvc_cache.py",
    "tasks/seeds.py",
    "tasks/shard_recorder.py",
    "tasks/shard_runs.py",
    "tasks/stage.py",
)


def imported_files(file: Path, root: Path, *, plugins: bool = False) -> set[str]:
    """Paths relative to `root` of all files that `file` imports, directly or not, itself included.

    Files that decide no result are left out, also those of a docstring alone; `plugins`: plugins themselves count, too.
    """
    files: set[str] = set()
    queue = [file.relative_to(root).as_posix()]
    while queue:
        name = queue.pop()
        if name not in files and not decides_nothing(name):
            files.add(name)
            queue.extend(_direct_imports(root, name, plugins))
    return {name for name in files if decides_result(root, name)}


def decides_result(root: Path, name: str) -> bool:
    """Whether the file, named relative to `root`, holds more than a docstring and may change a result."""
    return not decides_nothing(name) and not _is_docstring(_tree(root / name))


def _direct_imports(root: Path, name: str, plugins: bool) -> set[str]:
    """The files that a file imports itself, and those that the plugins import which it may load."""
    tree = _tree(root / name)
    modules = set(_modules(tree))
    for package in _plugin_packages(tree):
        for plugin in root.joinpath(*package.split(".")).glob("*.py"):
            modules |= {*_modules(_tree(plugin)), *([f"{package}.{plugin.stem}"] if plugins else [])}
    return {file for module in modules if module.split(".")[0] in PACKAGES for file in _files(root, module)}


def _tree(path: Path) -> ast.Module:
    return _parsed(path.read_text(encoding="utf-8"))


def decides_nothing(name: str) -> bool:
    """Whether the file `name`, relative to the repository, decides no result.

    >>> decides_nothing("psl/config/base.py"), decides_nothing("psl/io/hashes.py")
    (True, False)
    """
    return name.startswith(NO_RESULT)


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def _is_docstring(tree: ast.Module) -> bool:
    """Whether there is nothing but strings, or nothing at all."""
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)


def _modules(tree: ast.Module) -> Iterator[str]:
    """Dotted names that are, or may be, modules, whether imported or named in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE.fullmatch(node.value):
            yield node.value


def _plugin_packages(tree: ast.Module) -> Iterator[str]:
    """`package` of each f-string f"package.{name}"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and len(node.values) == 2 and isinstance(node.values[0], ast.Constant):
            package, dot, rest = str(node.values[0].value).rpartition(".")
            if dot and not rest and package.split(".")[0] in PACKAGES:
                yield package


def _files(root: Path, module: str) -> list[str]:
    """The module's file, and the `__init__.py` of the packages above it."""
    parts = module.split(".")
    above = [root.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    files = [*above, root.joinpath(*parts).with_suffix(".py")]
    return [path.relative_to(root).as_posix() for path in files if path.is_file()]
