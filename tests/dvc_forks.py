"""DVC's command line, sooner: it and its stages are forks of one server, so that torch is imported once for all.

Nor is dvc.lock parsed anew at each stage.
"""

import importlib
import os
import runpy
import shlex
import sys
from functools import cache
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TextIO

from dvc.cli import main
from dvc.stage import run
from dvc.stage.exceptions import StageCmdFailedError
from dvc.utils.serialize import _yaml

SLOW_IMPORTS = (
    *("torch._dynamo", "duckdb", "pyarrow.dataset", "pyarrow.parquet", "safetensors.torch", "soundfile", "soxr"),
    *("vl_convert", "numpy.ma", "pydantic", "ruamel.yaml", "rich.progress", "threadpoolctl", "jinja2"),
)
OWN_IMPORTS = ("psl.config", "psl.training.engine.run", "psl.report.page", "psl.features.extraction.extract")
dump, parse = _yaml._dump, _yaml.parse_yaml_for_update
dumped: dict[str, Any] = {}  # what the text means that was written last


def dump_and_remember(data: Any, stream: TextIO) -> None:
    """In place of DVC's function that writes YAML."""
    buffer = StringIO()
    dump(data, buffer)
    dumped.clear()
    dumped[buffer.getvalue()] = data
    stream.write(buffer.getvalue())


def parse_unless_dumped(text: str, path: str) -> Any:
    """In place of DVC's function that reads YAML it will change."""
    return dumped.get(text) or parse(text, path)


def fork(executable: str | None, command: str, *, cwd: str, env: dict[str, str], **_: object) -> None:
    """In place of DVC's function that runs a command, for `python -m MODULE ARGS`."""
    python, option, *words = shlex.split(command)
    assert (python, option) == ("python", "-m"), command
    for name in OWN_IMPORTS:
        importlib.import_module(name)
    sys.stdout.flush()
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        if status:
            raise StageCmdFailedError(command, os.waitstatus_to_exitcode(status))
    else:
        os._exit(run_module(words, cwd, env))


def run_module(words: list[str], cwd: str, env: dict[str, str]) -> int:
    """Run `python -m MODULE ARGS` in this process; its exit code."""
    os.chdir(cwd)
    os.environ.update(env)
    sys.argv = words
    try:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        print(stop.code or "", file=sys.stderr)
        return int(bool(stop.code))
    finally:
        sys.stdout.flush()
    return 0


@cache
def server() -> Any:
    """The context whose processes are forks of one that has imported what is slow."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["dvc.cli", "dvc.repo", *SLOW_IMPORTS])
    return context


def run_dvc(folder: Path, env: dict[str, str], log: Path, *arguments: str) -> int:
    """Run `dvc ARGUMENTS` in the project `folder`, with its code and this environment; its exit code."""
    process = server().Process(target=_main, args=(folder, env, log, arguments))
    process.start()
    process.join()
    return process.exitcode


def _main(folder: Path, env: dict[str, str], log: Path, arguments: tuple[str, ...]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:] = [str(folder), *(path for path in sys.path if not Path(path, "psl").is_dir())]
    with log.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    run._run, _yaml._dump, _yaml.parse_yaml_for_update = fork, dump_and_remember, parse_unless_dumped
    sys.exit(main(list(arguments)))
