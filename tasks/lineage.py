"""Where numbers come from, `python -m tasks.lineage STAGE or FILE`: commit, command, parameters, hashes, time, machine.

All but time and machine is in dvc.lock, also for results that come from DVC's cache or from a clone.
"""

import argparse
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from psl.report.page import flat
from psl.runtime.errors import PslError, exit_with_message
from psl.runtime.ran import read_run
from tasks.stage import RUNS

LOCK = Path("dvc.lock")


def lineage(wanted: str) -> str:
    """Lines on the stage `wanted`, or on the stage that writes the file or folder of that name."""
    if not LOCK.exists():
        raise PslError(f"there is no {LOCK} here: run this where the pipeline is, after it has run (`make repro`)")
    stages: dict[str, dict[str, Any]] = YAML(typ="safe").load(LOCK.read_text(encoding="utf-8"))["stages"]
    name = _stage(wanted, stages)
    entry = stages[name]
    ran = read_run(RUNS, name)
    lines = [
        ("stage", name),
        ("command", entry["cmd"]),
        ("commit", _commit(entry)),
        ("ran", f"{ran['seconds']} s on {ran['machine']}; ended {ran['ended']}" if ran else "not on this machine"),
        *(("parameter", f"{key} = {value}") for key, value in flat(entry.get("params", {}).get("params.yaml")).items()),
        *((word, f"{_hash(file)}  {file['path']}") for word, file in _files(entry)),
    ]
    return "\n".join(f"{word:<10} {said}" for word, said in lines)


def _stage(wanted: str, stages: Mapping[str, Mapping[str, Any]]) -> str:
    """The stage that is called so, or that writes it."""
    if wanted in stages:
        return wanted
    path = wanted.rstrip("/")
    for name, entry in stages.items():
        if any(path == out["path"] or path.startswith(f"{out['path']}/") for out in entry.get("outs", [])):
            return name
    raise PslError(f"{LOCK} has no stage {wanted}, and none that writes such a file: `dvc stage list` names them")


def _files(entry: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """What the stage read and wrote."""
    return [(word, file) for word, key in (("read", "deps"), ("wrote", "outs")) for file in entry.get(key, [])]


def _hash(file: Mapping[str, Any]) -> str:
    return str(file.get("md5", "-"))


def _commit(entry: Mapping[str, Any]) -> str:
    """The last commit that brought the hash of the first result into dvc.lock."""
    found = [_hash(out) for out in entry.get("outs", [])][:1]
    command = ["git", "log", "-1", "--format=%h of %cs: %s", f"-S{''.join(found)}", "--", LOCK.as_posix()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "none yet: this result is not committed"


def main() -> None:
    """Print the lineage of what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tasks.lineage", description="Where numbers come from.")
    parser.add_argument("wanted", metavar="STAGE or FILE", help="such as evaluate@2 or reports/evaluate/2.json")
    wanted = parser.parse_args().wanted
    with exit_with_message("lineage"):
        print(lineage(wanted))


if __name__ == "__main__":
    main()
