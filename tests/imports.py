"""What a stage imports of this repository, read from the source without running it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("psl", "models", "tasks", "flows")
# Plumbing that checks, tells and starts, but changes no result: a change to it re-runs nothing.
PLUMBING = {
    "psl/__init__.py",
    "psl/errors.py",
    *(path.relative_to(ROOT).as_posix() for path in (ROOT / "psl/params").glob("*.py")),
    "psl/params_file.py",
    "psl/progress.py",
    "tasks/__init__.py",
    "tasks/stage.py",
}


def imported_files(file: Path) -> set[str]:
    """All files of this repository that `file` imports, itself included, directly or not, plumbing left out."""
    found: set[str] = set()
    waiting = [file]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(ROOT).as_posix()
        if name not in found:
            found.add(name)
            if name not in PLUMBING:
                waiting.extend(_direct(path))
    return {name for name in found if name not in PLUMBING and (ROOT / name).read_text().strip()}


def _direct(path: Path) -> set[Path]:
    files = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        files.update(file for name in names if name.split(".")[0] in PACKAGES for file in _files(name))
    return files


def _files(module: str) -> list[Path]:
    """The module's file and the `__init__.py` of the packages above it."""
    parts = module.split(".")
    above = [ROOT.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    return [path for path in (*above, ROOT.joinpath(*parts).with_suffix(".py")) if path.is_file()]
