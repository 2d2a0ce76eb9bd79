"""psl's wheel in an empty environment with an exported model: how soon the first result is there, without torch.

`python -m benchmarks.wheel data/exports/mixed-2`; target: 1.5 s for the whole command `psl tag MODEL FILE`, median of
`--rounds` after a first one. It builds the wheel and installs it with what it needs from the package index.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

SECONDS, RATE_HZ = 10, 44_100  # of the recording


def main() -> None:
    """Print the packages, and the seconds of a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        python = _environment(root)
        installed = _run(python, "-m", "pip", "list", "--format", "freeze").split()
        assert not any(package.startswith("torch==") for package in installed)
        soundfile.write(root / "a.wav", np.random.default_rng(0).normal(0, 0.1, SECONDS * RATE_HZ), RATE_HZ)
        command = root / "env/bin/psl", "tag", options.model.absolute(), root / "a.wav"
        seconds = [_timed(*command) for _ in range(1 + options.rounds)]
    print(f"{len(installed)} packages; first {seconds[0]:.2f} s, then {median(seconds[1:]):.2f} s")


def _environment(root: Path) -> Path:
    """The Python of a new environment that has the wheel."""
    _run(sys.executable, "-m", "venv", root / "env")
    python = root / "env/bin/python"
    _run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", root, ".")
    _run(python, "-m", "pip", "install", "--quiet", next(root.glob("psl-*.whl")))
    return python


def _run(*command: object) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, capture_output=True, text=True, env=environment).stdout


def _timed(*command: object) -> float:
    began = time.perf_counter()
    _run(*command)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
