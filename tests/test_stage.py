"""What every stage does around its work: mistakes and trouble with files end in one sentence."""

import errno

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
    ],
)
def test_trouble_ends_in_one_sentence(tmp_path, monkeypatch, trouble, told):
    def work(params):
        raise trouble

    monkeypatch.setattr(stage, "SHARDS", tmp_path)
    with pytest.raises(SystemExit) as stopped:
        stage.run("features", work)
    assert str(stopped.value.code).startswith(told) and "\n" not in stopped.value.code


def test_a_fault_of_ours_keeps_its_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "SHARDS", tmp_path)
    with pytest.raises(ZeroDivisionError):
        stage.run("features", lambda params: 1 / 0)
