"""What every stage does around its work: mistakes and trouble with files end in one sentence."""

import errno
import os

import pytest

from psl.runtime.errors import PslError
from tasks import stage


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (PslError("the bank is empty"), "features: the bank is empty"),
        (
            PermissionError(errno.EACCES, "Permission denied", "data/x"),
            "features: Permission denied: data/x: check the file",
        ),
        (MemoryError(), "features: memory ran out (no more to allocate): free some"),
        (
            ImportError("libtorch_cpu.so: failed to map segment from shared object"),
            "features: memory ran out (libtorch_cpu.so: failed to map segment from shared object): free some",
        ),
        (RuntimeError("CUDA out of memory. Tried\nat"), "features: memory ran out (CUDA out of memory. Tried): free"),
    ],
)
def test_trouble_ends_in_one_sentence(tmp_path, monkeypatch, trouble, told):
    def work(params):
        raise trouble

    monkeypatch.setattr(stage, "SHARDS", tmp_path)
    with pytest.raises(SystemExit) as stopped:
        stage.run("features", work)
    assert str(stopped.value.code).startswith(told) and "\n" not in stopped.value.code


def test_ctrl_c_is_one_line(tmp_path, monkeypatch, capsys):
    def work(params):
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "SHARDS", tmp_path)
    with pytest.raises(SystemExit) as stopped:
        stage.run("features", work)
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "features: stopped; run it again, and it goes on where it was\n"


def test_a_log_beside_a_store_whose_writer_was_killed_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "SHARDS", tmp_path / "shards")
    monkeypatch.setattr(stage, "DATA", tmp_path)
    dead, alive = (f".labels.duckdb.{pid}.part" for pid in (2**30, os.getpid()))
    for part in (dead, alive):
        for name in (part, f"{part}.wal"):
            (tmp_path / name).touch()
    stage.run("label_store", lambda params: None)
    assert {path.name for path in tmp_path.glob(".*")} == {alive, f"{alive}.wal"}


def test_a_fault_of_ours_keeps_its_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "SHARDS", tmp_path)
    with pytest.raises(ZeroDivisionError):
        stage.run("features", lambda params: 1 / 0)
