"""`psl labels` on a store of a million windows x 527 classes: seconds of each command as a whole process.

`python -m benchmarks.labels_commands --windows 1000000`. The windows are of two lengths, five and one in a clip. Beside
the seconds by the clock stand those of all cores, which say more on a machine that has other work.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.label_store import CLIP_WINDOWS, FLOOR, clip_id, soft_parts, weak_parts, write_corpus, write_parts
from psl.labels.store import build_store

TARGET_SECONDS = 1.0
RUNS = 3
SOME_CLASS, SOME_CLIP = "class 7", clip_id(12_345)
COMMANDS = (
    ["counts"],
    ["missing"],
    ["missing", "--class", SOME_CLASS],
    ["contradictions"],
    ["cooccurrence"],
    ["compare", "2", "10"],
    ["clip", SOME_CLIP],
    ["export", "--above", ".9", "--out", "labels.parquet"],
    ["sql", "SELECT name, count(*) AS clips FROM clip_labels WHERE window_s = 2 AND p > .5 GROUP BY ALL ORDER BY ALL"],
)


def write_store(folder: Path, windows: int) -> Path:
    """A store of that many windows."""
    clips = windows // (CLIP_WINDOWS + 1)
    for key, per_clip in {"2": CLIP_WINDOWS, "10": 1}.items():
        write_parts(folder / f"{key}.parquet", soft_parts(clips * per_clip), per_clip, FLOOR)
    write_parts(folder / "weak.parquet", weak_parts(clips), 1, 0.1)
    write_corpus(folder / "corpus", clips)
    files = {key: folder / f"{key}.parquet" for key in ("10", "2")}
    store = folder / "labels.duckdb"
    build_store(store, files, folder / "weak.parquet", folder / "corpus")
    return store


def seconds_of(arguments: list[str], folder: Path) -> tuple[float, float]:
    """The shortest of some runs of a program: by the clock, and of all cores."""
    clock, cores = [], []
    for _ in range(RUNS):
        (folder / "labels.parquet").unlink(missing_ok=True)
        began, used = time.perf_counter(), _of_children()
        subprocess.run(arguments, cwd=folder, check=True, capture_output=True)
        clock.append(time.perf_counter() - began)
        cores.append(_of_children() - used)
    return min(clock), min(cores)


def _of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print each command's seconds beside the target, and beside Python's own start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=1_000_000)
    windows = parser.parse_args().windows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = write_store(folder, windows)
        print(f"{windows:,} windows; store of {store.stat().st_size / 1e6:.0f} MB; target <= {TARGET_SECONDS:g} s each")
        line("python -c pass", *seconds_of([sys.executable, "-c", "pass"], folder))
        program = [sys.executable, "-c", "from psl.cli import main; main()", "labels"]
        for command in COMMANDS:
            line(" ".join(command), *seconds_of([*program, *command, "--store", str(store)], folder))


def line(name: str, clock: float, cores: float) -> None:
    """Print one measurement."""
    print(f"{name[:26]:<28}{clock:6.2f} s   {cores:5.2f} s of all cores", flush=True)


if __name__ == "__main__":
    main()
