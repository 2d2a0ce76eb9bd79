"""Commands that the documentation shows, and whether the programs that they name take them, without running them."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from imports import ROOT

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
}
LOG = "docs/LOG.md"  # dated: it shows what was run when names were others
FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:psl (?!needs)|make |dvc |pip install |python -m )[^`]+)`")
SEPARATOR = re.compile(r" && (?=(?:[^']*'[^']*')*[^']*$)")  # not in quotes
# of commands, without what they need
NAMES = {
    "psl init",
    "psl tag",
    "psl tag --kind events",
    "psl audit",
    "psl compare",
    "psl labels",
    "psl labels apply",
    "psl labels sql",
    "psl false-alarms",
    "psl clips",
    "psl fetch",
    "dvc metrics",
    "python -m flows",
    "python -m flows.atomic_dvc",
}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def fenced(text: str) -> list[str]:
    """The commands in the sh blocks of a page, without comments; `a && b` are two, lines that end in \\ go on."""
    lines = "".join(FENCED.findall(text)).replace("\\\n", " ").splitlines()
    commands = [re.sub(r"\s+# .*", "", line).strip() for line in lines]
    return [part.strip() for command in commands for part in SEPARATOR.split(command) if part.strip()]


def inline(text: str) -> list[str]:
    """The commands in the sentences and tables of a page, but for those with a gap (…, a choice) in them."""
    found = INLINE.findall(FENCED.sub("", text))
    return [command for command in found if not re.search(r"…|\.\.\.|\|", command) and command not in NAMES]


def check(command: str) -> None:
    """Fail for a command whose program does not take it: an unknown subcommand, option, target, module or extra."""
    words = shlex.split(command.partition(" < ")[0])
    program, takes = next((each for each in PROGRAMS.items() if words[: len(each[0])] == list(each[0])), (None, None))
    assert takes, f"no test knows the program of: {command}"
    try:
        takes(words[len(program) :])
    except SystemExit as end:
        assert not end.code, f"refused: {command}"


def _psl(words: Sequence[str]) -> None:
    from typer.main import get_command

    from psl.cli import app

    _click(get_command(app), "psl", words)


def _click(command: object, name: str, words: Sequence[str]) -> None:
    """What click or typer says of the words; a group passes them on to the command that they name."""
    context = command.make_context(name, list(words), resilient_parsing="--help" in words)
    if hasattr(command, "resolve_command"):
        given = [*getattr(context, "_protected_args", []), *context.args]
        name, inner, rest = command.resolve_command(context, given)
        _click(inner, name, rest)


def _flows(words: Sequence[str]) -> None:
    from flows.__main__ import parser

    parser().parse_args(["pipeline" if word == "COMMAND" else word for word in words])


def _params(words: Sequence[str]) -> None:
    from tasks.params import parser

    options = parser().parse_args(words)
    assert options.command != "preset" or (ROOT / f"presets/{options.name}.yaml").is_file()


def _dvc(words: Sequence[str]) -> None:
    from dvc.cli.parser import get_main_parser

    get_main_parser().parse_args(words)


def _benchmark(path: Path, words: Sequence[str]) -> None:
    source = (path / "__main__.py" if path.is_dir() else path).read_text()
    assert [word for word in words if word.startswith("--") and f'"{word}"' not in source] == []


def _make(words: Sequence[str]) -> None:
    variables = dict(word.split("=") for word in words if "=" in word)
    makefile = (ROOT / "Makefile").read_text()
    assert {name for name in variables if f"$({name})" not in makefile} == set()
    assert (ROOT / f"presets/{variables.get('PRESET', 'default')}.yaml").is_file()
    subprocess.run(["make", "--dry-run", *words], cwd=ROOT, check=True, capture_output=True)


def _pip(words: Sequence[str]) -> None:
    if words == ["psl-*.whl"]:
        return
    extras = re.fullmatch(r"-e \.\[(.*)\]", " ".join(words))
    assert extras and {*extras[1].split(",")} <= {*EXTRAS}


def _code_deps(words: Sequence[str]) -> None:
    assert words in ([], ["--check"])


def _lineage(words: Sequence[str]) -> None:
    assert len(words) == 1


def _nothing(words: Sequence[str]) -> None:
    assert words == []


def _dask(words: Sequence[str]) -> None:
    if find_spec("distributed") is None:
        pytest.skip("needs the package distributed")
    from distributed.cli import dask_scheduler, dask_worker

    program = {"scheduler": dask_scheduler, "worker": dask_worker}[words[0]]
    program.main.make_context(f"dask {words[0]}", list(words[1:]))


PROGRAMS: dict[tuple[str, ...], Callable[[Sequence[str]], None]] = {
    ("psl",): _psl,
    ("python", "-m", "flows"): _flows,
    ("python", "-m", "flows.atomic_dvc"): _dvc,
    ("python", "-m", "tasks.params"): _params,
    ("python", "-m", "tasks.code_deps"): _code_deps,
    ("python", "-m", "tasks.lineage"): _lineage,
    ("python", "-m", "tasks.dag"): _nothing,
    ("dvc",): _dvc,
    ("make",): _make,
    ("pip", "install"): _pip,
    ("dask",): _dask,
}
for path in (ROOT / "benchmarks").glob("[a-z]*"):
    PROGRAMS["python", "-m", f"benchmarks.{path.stem}"] = partial(_benchmark, path)
