"""What every stage does around its work: typed parameters, one run at a time, a sentence for a user's mistake.

Parameters are refused in half a second: stages that train or run networks import what needs torch, which takes
seconds, inside the functions that use it.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from psl.config import Params
from psl.config.file import read_params
from psl.io.files import PART, file_lock, remove_stale_parts
from psl.runtime.errors import PslError, exit_with_message
from psl.runtime.ran import record_run
from psl.runtime.writable import require_writable
from tasks.dvc_cache import remedy_for

PARAMS = Path("params.yaml")
DATA = Path("data")
METADATA, FEATURES, LABELS, TRAINED = (DATA / name for name in ("metadata", "features", "labels", "models"))
ANNOTATORS, CALIBRATION = DATA / "annotators", DATA / "calibration"
NETWORKS, SCORES = DATA / "networks", DATA / "scores"
TRANSFERRED, DETECTED = DATA / "transfer", DATA / "detect"
REPORTS = Path("reports")
BOOTSTRAP = DATA / "bootstrap"
LEAKS, STORE = DATA / "leaks", DATA / "labels.duckdb"
EXCLUDED = LEAKS / "excluded.parquet"  # clips that leaks leave out: see psl/io/features/excluded.py
SHARDS = Path(".shards")  # caches that outlive DVC's outs, so that a killed stage goes on where it was
RUNS = SHARDS / "runs"  # seconds and machine of each stage's last run
STAGE_PID = "PSL_STAGE_PID"  # environment: the stage that started this process as one of several
Item = TypeVar("Item")


def run(stage: str, work: Callable[[Params], None]) -> None:
    """Run a stage that has no key."""
    _run(stage, lambda params: work(params))


def run_key(stage: str, option: str, work: Callable[[Params, str], None]) -> None:
    """Run a stage of a `foreach`: its key is given as `--OPTION KEY`."""
    parser = argparse.ArgumentParser(prog=f"python -m tasks.{stage}")
    parser.add_argument(f"--{option}", required=True, dest="key")
    key = parser.parse_args().key
    _run(f"{stage}@{key}", lambda params: work(params, key))


def pick(section: Mapping[str, Item], name: str, key: str) -> Item:
    """`section[key]`, or a PslError that lists the keys there are."""
    if key not in section:
        raise PslError(f"{name}.{key} is not in {PARAMS}: there are {', '.join(section)}")
    return section[key]


def _run(name: str, work: Callable[[Params], None]) -> None:
    lock = file_lock(SHARDS / "locks" / name, f"the stage {name}") if holds_the_lock() else nullcontext()
    with exit_with_message(name), lock:
        remove_stale_parts(DATA, depth=2)
        _remove_stale_logs()
        params = read_params(PARAMS)
        require_writable((DATA, REPORTS, SHARDS))
        began = time.monotonic()
        with _remedy_for_damage():
            work(params)
        if holds_the_lock():
            record_run(RUNS, name, time.monotonic() - began)


@contextmanager
def _remedy_for_damage() -> Iterator[None]:
    """Add what helps to the sentence about a file that is damaged in DVC's cache, too."""
    try:
        yield
    except PslError as error:
        raise PslError(f"{error}{remedy_for(str(error))}") from error


def _remove_stale_logs() -> None:
    """Remove the write-ahead logs of DuckDB that were left beside the temporary files of killed stages."""
    for log in DATA.glob(f".*{PART}.wal"):
        if not log.with_suffix("").exists():
            log.unlink(missing_ok=True)


def is_member() -> bool:
    """Whether this process is one of several that torchrun, or a stage, started."""
    return "WORLD_SIZE" in os.environ and "RANK" in os.environ


def holds_the_lock() -> bool:
    """Whether this process answers for the stage: of several, the first, unless a stage that started them does."""
    return not is_member() or (os.environ["RANK"] == "0" and STAGE_PID not in os.environ)
