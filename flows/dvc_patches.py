"""Everything that relies on DVC's internals, in one place, with the reason: what DVC's public interface does not offer.

Checked with the DVC of constraints.txt; a new version of DVC is checked here and by tests/test_flows_*.

1. Atomic files. DVC empties dvc.lock before it writes it anew, which takes half a second for fifty stages: killed in
   between, it leaves an empty or cut file. `patch_writes` puts a write to a temporary file and a rename in its place;
   docs/dvc_atomic_writes.patch offers the same to DVC.
2. Locks of dead processes. DVC forgets the path locks of processes that do not exist. A killed process exists until its
   new parent, process 1, asks for its exit code (a zombie): some do so every two seconds, in many containers none does,
   and DVC would be blocked for as long. `remove_dead_locks` removes these locks.
3. The order of dvc.lock. DVC appends a stage's entry when the stage ends, so the order after parallel stages is random.
   `sort_lock_entries` rewrites the file as DVC would (see flows/lock_order.py).
4. The plan. `dvc repro` computes which stages it goes through, in which order; `plan` asks for that without running it.
5. What a stage is about to read. DVC remembers the hash of a file by its time and size, so that bytes which changed on
   the disk are not seen. `patch_runs` has them checked before the command of a stage runs; none runs for a cached one.

DVC takes half a second to import, so functions import it where they need it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from psl.io.files import alive, atomic_write
from psl.runtime.errors import PslError

LOCK = Path("dvc.lock")


def patch_writes() -> None:
    """Let DVC in this process write its YAML files atomically."""
    from dvc.utils.serialize import _common

    _common._dump_data = dump_atomically


def dump_atomically(path: str, data: Any, dumper: Any, fs: Any = None) -> None:
    """In place of DVC's function that rewrites a file, with its parameters."""
    with atomic_write(Path(path)) as temporary, temporary.open("w", encoding="utf-8") as handle:
        dumper(data, handle)


def patch_runs(check: Callable[[Mapping[Path, str]], None]) -> None:
    """Let DVC in this process call `check` with the files that a stage depends on, and the MD5 that it knows of each.

    What it raises as PslError is DVC's reason not to run the stage.
    """
    from dvc.exceptions import DvcException
    from dvc.stage import run

    run_command = run.cmd_run

    def run_checked(stage: Any, dry: bool = False, run_env: Any = None) -> None:
        if not dry:
            try:
                check(_known_deps(stage))
            except PslError as error:
                raise DvcException(str(error)) from None
        run_command(stage, dry=dry, run_env=run_env)

    run.cmd_run = run_checked


def _known_deps(stage: Any) -> dict[Path, str]:
    """The files of a stage's deps; of folders, all files in them."""
    stage.save_deps()  # which DVC leaves out before a run that is forced
    files: dict[Path, str] = {}
    for dep in stage.deps:
        path, found = Path(dep.fs_path), dep.hash_info
        if not (found and isinstance(found.value, str)):  # of parameters it is their values
            continue
        inside = {path.joinpath(*key): of_file.value for key, _, of_file in dep.obj} if found.isdir else {}
        files |= inside or {path: found.value}
    return files


@contextmanager
def locked_repo() -> Iterator[Any]:
    """DVC's repository in the current folder, locked against other DVC processes, without locks of dead ones."""
    from dvc.repo import Repo

    with Repo(".", _wait_for_lock=True) as repo, repo.lock:
        remove_dead_locks(repo)
        yield repo


def remove_dead_locks(repo: Any) -> None:
    """Remove path locks whose process is dead; a list that is damaged because its writer was killed is deleted."""
    from dvc.rwlock import RWLOCK_FILE, RWLockFileCorruptedError, _edit_rwlock

    try:
        _keep_living(_edit_rwlock(repo.tmp_dir, repo.fs, repo.config["core"].get("hardlink_lock", False)))
    except RWLockFileCorruptedError:
        (Path(repo.tmp_dir) / RWLOCK_FILE).unlink(missing_ok=True)


def _keep_living(edited: AbstractContextManager[dict]) -> None:
    with edited as locks:
        locks["write"] = {path: holder for path, holder in locks["write"].items() if alive(holder["pid"])}
        locks["read"] = {
            path: [holder for holder in holders if alive(holder["pid"])] for path, holders in locks["read"].items()
        }


def lock_entries() -> list[str]:
    """The names of the stages in dvc.lock, in its order."""
    from dvc.utils.serialize import load_yaml

    return list(load_yaml(LOCK).get("stages", {})) if LOCK.exists() else []


def sort_lock_entries(rank: Callable[[str], int]) -> None:
    """Put the entries of dvc.lock in the order of `rank`, in DVC's own format."""
    from dvc.utils.serialize import dumps_yaml, parse_yaml_for_update

    if (entries := lock_entries()) == sorted(entries, key=rank):
        return
    with locked_repo():
        data = parse_yaml_for_update(LOCK.read_text(), LOCK)
        for name in sorted(data["stages"], key=rank):
            data["stages"].move_to_end(name)
        with atomic_write(LOCK) as temporary:
            temporary.write_text(dumps_yaml(data))


def stage_graph(repo: Any) -> Any:
    """The networkx graph of the stages that can run; edges lead from a stage to those that it needs."""
    from dvc.repo.reproduce import get_active_graph

    return get_active_graph(repo.index.graph)


def plan(graph: Any, targets: list[Any]) -> list[Any]:
    """The stages that `dvc repro TARGETS` goes through, in its order."""
    from dvc.repo.reproduce import plan_repro

    return plan_repro(graph, targets)
