"""Where a number comes from: commit, command, parameters, hashes, time and machine, by its stage or file."""

import subprocess

import pytest

from psl.runtime.errors import PslError
from psl.runtime.ran import record_run
from tasks.lineage import lineage
from tasks.stage import RUNS

LOCK = """\
schema: '2.0'
stages:
  evaluate@2:
    cmd: python -m tasks.evaluate --model 2
    deps:
    - {path: data/models/2, hash: md5, md5: aaaa.dir, size: 9}
    params:
      params.yaml:
        evaluate: {confidence: 0.95, seed: 1}
    outs:
    - {path: reports/evaluate/2.json, hash: md5, md5: bbbb, size: 3}
"""
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@t")


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.lock").write_text(LOCK)
    git("init", "--quiet")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def test_a_file_is_traced_to_its_stage_parameters_hashes_and_commit(tmp_path):
    assert "commit     none yet: this result is not committed" in lineage("evaluate@2")
    git("add", "dvc.lock")
    git(*IDENTITY, "commit", "--quiet", "--message", "Better labels")
    (tmp_path / "dvc.lock").write_text(LOCK + "# later\n")
    git(*IDENTITY, "commit", "--quiet", "--all", "--message", "Something else")
    said = lineage("reports/evaluate/2.json").splitlines()
    assert said[0] == "stage      evaluate@2" and said[1] == "command    python -m tasks.evaluate --model 2"
    assert said[2].startswith("commit     ") and said[2].endswith(": Better labels")
    assert "ran        not on this machine" in said and "parameter  evaluate.confidence = 0.95" in said
    assert said[-2:] == ["read       aaaa.dir  data/models/2", "wrote      bbbb  reports/evaluate/2.json"]


def test_time_and_machine_are_those_of_the_last_run_here():
    record_run(RUNS, "evaluate@2", 12.34)
    record_run(RUNS, "evaluate@2", 56.78)
    (ran,) = (line for line in lineage("evaluate@2").splitlines() if line.startswith("ran "))
    assert ran.startswith("ran        56.8 s on ") and " cores" in ran


@pytest.mark.parametrize(
    ("wanted", "said"), [("evaluate@3", "has no stage evaluate@3"), ("reports/x.json", "none that")]
)
def test_what_no_stage_is_or_writes_is_a_sentence(wanted, said):
    with pytest.raises(PslError, match=said):
        lineage(wanted)


def test_without_a_run_there_is_no_lineage(tmp_path):
    (tmp_path / "dvc.lock").unlink()
    with pytest.raises(PslError, match=r"there is no dvc\.lock here"):
        lineage("evaluate@2")
