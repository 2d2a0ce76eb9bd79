"""Files are complete or absent; a full disk and a second run give clear errors."""

import errno
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from psl.io.files import alive, atomic_folder, atomic_write, file_lock, remove_stale_parts, wait_for_lock, write_json
from psl.io.hashes import hash_file, hash_json
from psl.runtime.errors import PslError


def test_a_file_is_written_with_its_folder(tmp_path):
    write_json(tmp_path / "deep" / "a.json", {"b": 1, "a": [2]})
    assert (tmp_path / "deep" / "a.json").read_text() == '{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.json"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_replaces_the_old_one_only_when_done(tmp_path):
    folder = tmp_path / "out"
    for name in ("first", "second"):
        with atomic_folder(folder) as temporary:
            (temporary / name).write_text(name)
    with pytest.raises(RuntimeError), atomic_folder(folder) as temporary:
        raise RuntimeError
    assert [path.name for path in folder.iterdir()] == ["second"] and [p.name for p in tmp_path.iterdir()] == ["out"]


# As pyarrow, DuckDB and safetensors, numpy and torch report it on a small disk.
FULL = [
    (OSError(errno.ENOSPC, "Error writing bytes to file"), 0),
    (ValueError("TransactionContext Error: Failed to commit: Could not write file: No space left on device"), 2**30),
    (OSError("500000 requested and 32752 written"), 0),
    (RuntimeError("unexpected pos 576 vs 534"), 0),
]


@pytest.mark.parametrize("writer", [atomic_write, atomic_folder])
@pytest.mark.parametrize(("error", "free"), FULL, ids=["errno", "message", "sizes", "positions"])
def test_a_full_disk_is_explained_and_leaves_nothing(tmp_path, writer, error, free, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    with pytest.raises(PslError, match=r"no space left on the disk of .*out"), writer(tmp_path / "out"):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_other_errors_are_not_changed(tmp_path):
    with pytest.raises(PermissionError), atomic_write(tmp_path / "out"):
        raise PermissionError(errno.EACCES, "no")


def test_a_second_run_is_refused_while_the_lock_is_held(tmp_path):
    lock = tmp_path / "locks" / "features@audioset"
    imports = "from pathlib import Path; from psl.io.files import file_lock"
    code = f"{imports}\nwith file_lock(Path({str(lock)!r}), 'the stage'): pass"
    with file_lock(lock, "the stage"):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "PslError: the stage is already running here" in second.stderr
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_hashes_differ_with_the_content(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    assert hash_file(tmp_path / "a") != hash_file(tmp_path / "b")
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1}) != hash_json({"a": 2, "b": 1})


def test_only_the_temporary_files_of_dead_processes_are_removed(tmp_path):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    ).stdout.strip()
    (tmp_path / f".labels.{dead}.part").write_text("half")
    (tmp_path / "metadata" / f".audioset.{dead}.part" / "audio").mkdir(parents=True)
    (tmp_path / ".model.part").touch()  # another program's
    with atomic_write(tmp_path / "metadata" / "a.json") as temporary:
        temporary.write_text("{}")
        remove_stale_parts(tmp_path, depth=1)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        ".model.part",
        "metadata",
        "metadata/a.json",
    ]


def test_a_zombie_is_not_alive():
    zombie = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive(zombie.pid) and alive(os.getpid())
    zombie.kill()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(zombie.pid)
    zombie.wait()
    assert not alive(zombie.pid)


def test_a_second_holder_of_a_lock_waits_for_the_first(tmp_path):
    order, started = [], threading.Event()

    def second():
        started.set()
        with wait_for_lock(tmp_path / "lock"):
            order.append("second")

    thread = threading.Thread(target=second)
    with wait_for_lock(tmp_path / "lock"):
        thread.start()
        started.wait()
        time.sleep(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
