"""Write the code among the `deps` of dvc.yaml, `python -m tasks.code_deps`; or check that it is up to date, `--check`.

DVC re-runs a stage when one of its `deps` changes, and cannot template a list into them: so the list is written here,
from what the stage's file imports. A folder stands for its files where a stage imports three quarters of its modules,
or any module of one of WHOLE; one of PLUGINS only by hand. Networks and what they share are left out: stages that use
one depend on data/networks/KEY.json, which has a hash of its code.
"""

import argparse
import re
from pathlib import Path

from ruamel.yaml import YAML

from psl.io.files import write_text
from psl.runtime.errors import PslError, exit_with_message
from psl.runtime.imports import decides_result, imported_files
from psl.runtime.progress import log

DVC = Path("dvc.yaml")
CODE = ("psl/", "models/", "tasks/")
# A stage that imports a module directly in one of these depends on the whole folder: dvc.yaml and dvc.lock stay short.
WHOLE = (
    "psl/annotators/inference",
    "psl/annotators/inference/network",
    "psl/audio",
    "psl/corpora/lists",
    "psl/evaluation/detection",
    "psl/evaluation/scores",
    "psl/evaluation/scores/ranking",
    "psl/evaluation/tagging",
    "psl/evaluation/transfer",
    "psl/io",
    "psl/training/engine",
)
# Folders with files that parameters name: they stand for their files only where dvc.yaml has them by hand.
PLUGINS = ("psl/annotators/kinds", "psl/corpora/readers", "psl/training/augmentations")
NETWORKS = "models/"
WIDTH = 120
DEPS = re.compile(r"^( +)deps:.*\n(?:\1 .*\n)*", re.MULTILINE)


def code_of(task: Path) -> list[str]:
    """The code of a stage: folders of which it imports every file, else files, and data files that modules read."""
    root = Path.cwd()
    files = {name for name in imported_files(root / task, root) if not name.startswith(NETWORKS)}
    data = {path.relative_to(root).as_posix() for file in files for path in _data_files(root / file)}
    return sorted(_as_folders(root, files | data))


def with_code(text: str) -> str:
    """The text of dvc.yaml with the code that its stages import now."""
    stages = YAML(typ="safe").load(text)["stages"]
    heads = [match for match in re.finditer(r"^  (\w+):$", text, re.MULTILINE) if match[1] in stages]
    ends = [head.start() for head in heads[1:]] + [len(text)]
    blocks = [
        _with_deps(text[head.start() : end], stages[head[1]].get("do", stages[head[1]]))
        for head, end in zip(heads, ends, strict=True)
    ]
    return text[: heads[0].start()] + "".join(blocks)


def _with_deps(block: str, stage: dict) -> str:
    """The text of one stage with its deps: those written by hand as they were, then code."""
    task = re.match(r"python -m (\S+)", stage["cmd"])
    if task is None:
        raise PslError(f"the command {stage['cmd']} in {DVC} does not begin with `python -m`")
    by_hand = [dep for dep in stage["deps"] if "${" in dep or dep in PLUGINS or not dep.startswith(CODE)]
    code = code_of(Path(task[1].replace(".", "/")).with_suffix(".py"))
    return DEPS.sub(lambda match: _wrapped(match[1], [*by_hand, *code]), block, count=1)


def _wrapped(indent: str, deps: list[str]) -> str:
    """`deps: [...]` over as many lines as it takes."""
    lines = [f"{indent}deps: ["]
    for number, dep in enumerate(deps):
        item = (f'"{dep}"' if "{" in dep else dep) + ("]" if number + 1 == len(deps) else ",")
        if len(lines[-1]) + len(item) + 1 > WIDTH:
            lines.append(f"{indent}  {item}")
        else:
            lines[-1] += item if lines[-1].endswith("[") else f" {item}"
    return "\n".join(lines) + "\n"


def _data_files(file: Path) -> list[Path]:
    """Templates and tables, or folders of them, beside the module, whose names are in its source."""
    source = file.read_text(encoding="utf-8")
    named = [path for path in file.parent.iterdir() if f'"{path.name}"' in source and path.suffix != ".py"]
    return [path for path in named if path.is_file() or not (path.name == "__pycache__" or any(path.rglob("*.py")))]


def _as_folders(root: Path, files: set[str], folder: str = "") -> list[str]:
    """The `files` of a folder, with a folder below it in place of its files where it is imported whole."""
    whole = []
    below = [file for file in files if file.startswith(folder)]
    for name in sorted({file[len(folder) :].split("/")[0] for file in below}):
        path = folder + name
        inside = {file for file in below if file.startswith(f"{path}/")}
        if not inside or (folder and _stands_whole(root, path, inside)):
            whole.append(path)
        else:
            whole += _as_folders(root, inside, f"{path}/")
    return whole


def _stands_whole(root: Path, folder: str, inside: set[str]) -> bool:
    """Whether the folder stands for the files `inside` it: by WHOLE, or as at most a quarter of it is not imported."""
    if folder in WHOLE:
        return any(Path(file).parent == Path(folder) for file in inside)
    modules = _modules(root, folder)
    has_plugins = any(f"{plugins}/".startswith(f"{folder}/") for plugins in PLUGINS)
    return not has_plugins and 4 * len(modules - inside) <= len(modules)


def _modules(root: Path, folder: str) -> set[str]:
    """The modules below a folder that may change a result."""
    names = {path.relative_to(root).as_posix() for path in (root / folder).rglob("*.py")}
    return {name for name in names if decides_result(root, name)}


def main() -> None:
    """Write or check, as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tasks.code_deps", description="Write the code deps of dvc.yaml.")
    parser.add_argument("--check", action="store_true", help="change nothing, and fail when something would change")
    check = parser.parse_args().check
    with exit_with_message("code_deps"):
        text = DVC.read_text(encoding="utf-8")
        written = with_code(text)
        if check and written != text:
            raise PslError(f"{DVC} does not list the code that its stages import: run `python -m tasks.code_deps`")
        if written != text:
            write_text(DVC, written)
            log(f"{DVC} is written")


if __name__ == "__main__":
    main()
