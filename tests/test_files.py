"""Files are whole or not there, and a full disk or a second run is a sentence."""

import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from psl.errors import PslError
from psl.files import alive, clear_parts, hash_code, hash_file, hash_json, only_one, write_json, write_whole, write_whole_folder


def test_a_file_appears_whole(tmp_path):
    write_json(tmp_path / "deep" / "a.json", {"b": 1, "a": [2]})
    assert (tmp_path / "deep" / "a.json").read_text() == '{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.json"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_whole(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_replaces_the_old_one_only_when_done(tmp_path):
    folder = tmp_path / "out"
    for name in ("first", "second"):
        with write_whole_folder(folder) as temporary:
            (temporary / name).write_text(name)
    with pytest.raises(RuntimeError), write_whole_folder(folder) as temporary:
        raise RuntimeError
    assert [path.name for path in folder.iterdir()] == ["second"] and [p.name for p in tmp_path.iterdir()] == ["out"]


# As pyarrow, DuckDB and safetensors, numpy and torch told it on a small disk.
FULL = [
    (OSError(errno.ENOSPC, "Error writing bytes to file"), 0),
    (ValueError("TransactionContext Error: Failed to commit: Could not write file: No space left on device"), 2**30),
    (OSError("500000 requested and 32752 written"), 0),
    (RuntimeError("unexpected pos 576 vs 534"), 0),
]


@pytest.mark.parametrize("writer", [write_whole, write_whole_folder])
@pytest.mark.parametrize(("error", "free"), FULL, ids=["number", "words", "nothing", "riddle"])
def test_a_full_disk_is_a_sentence(tmp_path, writer, error, free, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    with pytest.raises(PslError, match=r"no space left on the disk of .*out"), writer(tmp_path / "out"):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_other_errors_stay_what_they_are(tmp_path):
    with pytest.raises(PermissionError), write_whole(tmp_path / "out"):
        raise PermissionError(errno.EACCES, "no")


def test_a_second_run_is_told_who_holds_the_lock(tmp_path):
    lock = tmp_path / "locks" / "features@audioset"
    code = f"from pathlib import Path; from psl.files import only_one\nwith only_one(Path({str(lock)!r}), 'the stage'): pass"
    with only_one(lock, "the stage"):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "PslError: the stage is already running here" in second.stderr
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_hashes_tell_contents_apart(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"2")
    assert hash_file(tmp_path / "a") != hash_file(tmp_path / "b")
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1}) != hash_json({"a": 2, "b": 1})


def test_what_a_killed_process_left_is_cleared_and_what_is_being_written_is_not(tmp_path):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True).stdout.strip()
    (tmp_path / f".labels.{dead}.part").write_text("half")
    (tmp_path / "metadata" / f".audioset.{dead}.part" / "audio").mkdir(parents=True)
    (tmp_path / ".model.part").touch()  # somebody else's
    with write_whole(tmp_path / "metadata" / "a.json") as temporary:
        temporary.write_text("{}")
        clear_parts(tmp_path, depth=1)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [".model.part", "metadata", "metadata/a.json"]


def test_a_killed_process_that_nobody_waited_for_is_not_alive():
    zombie = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive(zombie.pid) and alive(os.getpid())
    zombie.kill()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(zombie.pid)
    zombie.wait()
    assert not alive(zombie.pid)


def test_the_hash_of_code_changes_with_any_file_of_a_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "coded").mkdir()
    hashes = set()
    for name, text in [("__init__", ""), ("a", "x = 1"), ("a", "x = 2")]:
        (tmp_path / "coded" / f"{name}.py").write_text(text)
        hashes.add(hash_code("coded"))
    assert len(hashes) == 3 and hash_code("psl.files") != hash_code("psl.errors")
