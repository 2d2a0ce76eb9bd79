"""What the flow costs over plain `dvc repro`: seconds per stage, and a run over this graph when nothing changed.

`python -m benchmarks.flows`; targets with a server running: at most 1.5 s per trivial stage more than `dvc repro`, and
at most 8 s for this repository's graph, which is only measured when DVC says that it is up to date. Interpreter,
imports and exit are in it. In brackets the seconds of CPU, the server's left out, which say more on a busy machine.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from flows.server import free_port, running_server

CHAIN, PLAIN, FLOW = 10, ["dvc", "repro"], [sys.executable, "-m", "flows", "pipeline", "--at-once", "1"]
STAGE = '  s{n}: {{cmd: "cat {before} > s{n}", deps: [{before}], outs: [s{n}]}}\n'


def main() -> None:
    """Print both, the flow with a server running and without one."""
    with tempfile.TemporaryDirectory() as name, running_server(free_port(), ui=False) as url:
        served = {"PREFECT_API_URL": url}
        plain, flow = _toy(Path(name) / "plain"), _toy(Path(name) / "flow")
        by_dvc, by_flow = _time(PLAIN, plain, {}), _time(FLOW, flow, served)
        more = [(ours - theirs) / CHAIN for ours, theirs in zip(by_flow, by_dvc, strict=True)]
        print(f"{CHAIN} trivial stages: dvc repro {_told(by_dvc)}, flow {_told(by_flow)}; per stage {_told(more)} more")
        print(
            f"same lock: {(plain / 'dvc.lock').read_bytes() == (flow / 'dvc.lock').read_bytes()}; "
            f"{_nothing_to_do(flow, served)}"
        )
        here = Path.cwd()
        if "up to date" in subprocess.run(["dvc", "status"], cwd=here, capture_output=True, text=True).stdout:
            print(f"this graph: {_nothing_to_do(here, served)}")
        else:
            print("this graph is not up to date: run `dvc repro` first")


def _nothing_to_do(folder: Path, served: dict[str, str]) -> str:
    plain, flow, own = (
        _told(_time(*what)) for what in ((PLAIN, folder, {}), (FLOW, folder, served), (FLOW, folder, {}))
    )
    return f"nothing to do: dvc repro {plain}, flow {flow}, without a server {own}"


def _told(seconds: Sequence[float]) -> str:
    wall, cpu = seconds
    return f"{wall:.2f} s ({cpu:.2f})"


def _toy(folder: Path) -> Path:
    """A chain of stages that copy a file."""
    folder.mkdir()
    (folder / "s0").write_text("1\n")
    (folder / "dvc.yaml").write_text(
        "stages:\n" + "".join(STAGE.format(n=n, before=f"s{n - 1}") for n in range(1, CHAIN + 1))
    )
    shutil.copy("prefect.toml", folder)
    for command in ("git init --quiet", "dvc init --quiet", "dvc config core.analytics false"):
        subprocess.run(command.split(), cwd=folder, check=True)
    return folder


def _time(command: list[str], folder: Path, env: dict[str, str]) -> tuple[float, float]:
    """Seconds that passed, and seconds of CPU of the command and what it started."""
    whole = {**os.environ, "PYTHONPATH": str(Path.cwd()), **env}
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=whole, check=True, capture_output=True)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - began, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


if __name__ == "__main__":
    main()
