"""The style rules of CONTRIBUTING.md that a linter has no rule for."""

import ast
import re
import statistics
from pathlib import Path

import pytest
from imports import PACKAGES, ROOT

SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in SOURCES}
FUNCTIONS = [
    (f"{path}:{node.lineno} {node.name}", node)
    for path, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]
SENTENCE = re.compile(r"[A-Za-z0-9`@(](?:(?![.!?] [A-Z]).)*[.:]")


def n_lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def n_positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many arguments can be passed by position, `self` and `cls` not counted."""
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


@pytest.mark.parametrize(
    ("signature", "expected"),
    [("a, b, /, c, d=1, *, e", 4), ("self, a, b", 2), ("cls", 0), ("*, a", 0), ("*args, a", 0)],
)
def test_positional_parameters_are_counted(signature, expected):
    assert n_positional(ast.parse(f"def f({signature}): ...").body[0]) == expected


def test_functions_have_at_most_four_positional_parameters():
    assert [name for name, function in FUNCTIONS if n_positional(function) > 4] == []


def test_functions_are_shorter_than_60_lines():
    assert [name for name, function in FUNCTIONS if function.end_lineno - function.lineno >= 60] == []


def test_modules_open_with_one_sentence_on_one_line():
    first_lines = {path: (ast.get_docstring(tree) or "").split("\n")[0] for path, tree in TREES.items()}
    assert {path: line for path, line in first_lines.items() if not SENTENCE.fullmatch(line)} == {}


def test_files_have_at_most_300_lines():
    files = [*SOURCES, *(ROOT / "tests").glob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert {path.name: n_lines(path) for path in files if n_lines(path) > 300} == {}


def test_half_of_the_files_have_at_most_130_lines():
    assert statistics.median(n_lines(path) for path in SOURCES) <= 130


def test_there_are_at_least_six_lines_of_tests_for_ten_of_code():
    tests = sum(n_lines(path) for path in (ROOT / "tests").rglob("*.py"))
    assert tests / sum(n_lines(path) for path in SOURCES) >= 0.6
