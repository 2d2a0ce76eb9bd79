"""What the flow costs over plain `dvc repro`: seconds per stage on trivial stages, and a run over this graph when nothing changed.

`python -m benchmarks.flows`; targets with a server running: at most 1.5 s per stage more than `dvc repro`, and at most 15 s for
this repository's graph, which is only measured when DVC says that it is up to date. Interpreter, imports and exit are in it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flows.server import free_port, serving

CHAIN, PLAIN, FLOW = 10, ["dvc", "repro"], [sys.executable, "-m", "flows.pipeline", "--at-once", "1"]
STAGE = '  s{n}: {{cmd: "cat {before} > s{n}", deps: [{before}], outs: [s{n}]}}\n'


def main() -> None:
    """Print both, the flow with a server running and with one of its own."""
    with tempfile.TemporaryDirectory() as name, serving(free_port(), ui=False) as url:
        served = {"PREFECT_API_URL": url}
        plain, flow = _toy(Path(name) / "plain"), _toy(Path(name) / "flow")
        seconds = {"dvc repro": _time(PLAIN, plain, {}), "flow": _time(FLOW, flow, served)}
        more = (seconds["flow"] - seconds["dvc repro"]) / CHAIN
        print(f"{CHAIN} trivial stages: dvc repro {seconds['dvc repro']:.1f} s, flow {seconds['flow']:.1f} s: {more:.2f} s more per stage")
        print(f"same lock: {(plain / 'dvc.lock').read_bytes() == (flow / 'dvc.lock').read_bytes()}; {_nothing_to_do(flow, served)}")
        here = Path.cwd()
        if "up to date" in subprocess.run(["dvc", "status"], cwd=here, capture_output=True, text=True).stdout:
            print(f"this graph: {_nothing_to_do(here, served)}")
        else:
            print("this graph is not up to date: run `dvc repro` first")


def _nothing_to_do(folder: Path, served: dict[str, str]) -> str:
    plain, flow, own = _time(PLAIN, folder, {}), _time(FLOW, folder, served), _time(FLOW, folder, {})
    return f"nothing to do: dvc repro {plain:.1f} s, flow {flow:.1f} s, with a temporary server {own:.1f} s"


def _toy(folder: Path) -> Path:
    """A chain of stages that copy a file."""
    folder.mkdir()
    (folder / "s0").write_text("1\n")
    (folder / "dvc.yaml").write_text("stages:\n" + "".join(STAGE.format(n=n, before=f"s{n - 1}") for n in range(1, CHAIN + 1)))
    shutil.copy("prefect.toml", folder)
    for command in ("git init --quiet", "dvc init --quiet", "dvc config core.analytics false"):
        subprocess.run(command.split(), cwd=folder, check=True)
    return folder


def _time(command: list[str], folder: Path, env: dict[str, str]) -> float:
    whole = {**os.environ, "PYTHONPATH": str(Path.cwd()), **env}
    began = time.monotonic()
    subprocess.run(command, cwd=folder, env=whole, check=True, capture_output=True)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
