"""Damage in DVC's cache is found, named with its stage, mended by removing it, and makes no result before."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_dag import Toy

from flows.verify import verify as verify_cache
from psl.runtime.errors import PslError
from tasks.dvc_cache import remedy_for

pytestmark = pytest.mark.flows
STAGES = """\
stages:
  a: {cmd: "mkdir -p data/a && cat seed | tee data/a/x > data/a/y", deps: [seed], outs: [data/a]}
  b: {cmd: "cat data/a/x > data/b", deps: [data/a], outs: [data/b]}
  c: {cmd: "cat data/b > data/c", deps: [data/b], outs: [data/c]}
"""
REPRO = ("python", "-m", "flows.atomic_dvc", "repro")
OBJECT = "b0/26324c6904b2a9cb4b88d6d61c81d1"  # of "1\n"


def damage(path: Path) -> None:
    """Other bytes, of which neither the time nor the size of the file tells."""
    before = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(b"7")
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture(params=["hardlink", "copy"])
def toy(tmp_path: Path, request: pytest.FixtureRequest) -> Toy:
    """Three stages that ran, whose outs are links to the cache or copies of it."""
    toy = Toy(tmp_path, None, STAGES)
    config = f"[core]\n    analytics = false\n[cache]\n    type = {request.param}\n"
    (tmp_path / ".dvc/config").write_text(config)
    toy.run(*REPRO)
    return toy


@pytest.fixture
def verify(toy: Toy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., tuple[str, str]]:
    """Runs the command; returns what it prints, and the sentence in which it ends."""
    monkeypatch.chdir(toy.folder)

    def run(**options: bool) -> tuple[str, str]:
        sentence = ""
        try:
            verify_cache(**{"delete": False, **options})
        except PslError as error:
            sentence = str(error)
        return capsys.readouterr().out, sentence

    return run


def test_a_damaged_object_is_named_with_its_stages_and_made_anew(toy, verify):
    assert verify()[0].startswith("all ")
    damage(toy.folder / f".dvc/cache/files/md5/{OBJECT}")
    shown, sentence = verify()
    assert shown == "damaged: data/a/x of a, data/a/y of a, data/b of b, data/c of c\n"
    assert sentence.startswith("1 of ") and "`python -m flows verify --delete` removes them" in sentence
    assert verify(delete=True) == (shown, "")
    assert "Running stage 'a'" in toy.run(*REPRO).stdout
    assert verify()[0].startswith("all ") and (toy.folder / "data/c").read_text() == "1\n"


def test_a_damaged_file_is_not_read(toy, verify):
    damage(toy.folder / "data/a/x")
    done = toy.run(*REPRO, "--force", "--single-item", "b", check=False)
    assert done.returncode and "damaged on the disk: data/a/x" in done.stderr and "verify --delete" in done.stderr
    assert "data/a/x of a" in verify(delete=True)[0]
    toy.run(*REPRO)
    assert (toy.folder / "data/b").read_text() == "1\n"


def test_a_damaged_list_of_a_folder_and_one_of_an_earlier_run_are_found(toy, verify):
    (toy.folder / "seed").write_text("2\n")
    toy.run(*REPRO)
    for path in (toy.folder / ".dvc/cache/files/md5").glob("*/*.dir"):
        damage(path)
    shown, _ = verify()
    assert "damaged: data/a of a\n" in shown and "(of an earlier run)\n" in shown


def test_a_stage_that_meets_damage_says_what_helps(toy, monkeypatch):
    damage(toy.folder / f".dvc/cache/files/md5/{OBJECT}")
    monkeypatch.chdir(toy.folder)
    assert "(data/a/x of a)" in remedy_for("data/a/x cannot be read: run the stage a again")
    assert "verify --delete" in remedy_for("there is something wrong with data/a.")
    assert remedy_for("data/other is missing") == remedy_for("the seed is 0") == ""
