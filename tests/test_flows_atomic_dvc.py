"""`python -m flows.atomic_dvc repro` is `dvc repro`, and does not stumble over what a killed one left."""

import pytest
from params_files import replaced
from toy_dag import PAIR, Toy

pytestmark = pytest.mark.flows
REPRO = ("-m", "flows.atomic_dvc", "repro")


def test_what_a_killed_dvc_left_is_mended_first(tmp_path):
    toy = Toy(tmp_path, None, PAIR)
    lock = toy.repro()
    (tmp_path / ".dvc/tmp/rwlock").write_text("{")
    (tmp_path / "dvc.lock").write_text(lock[: lock.index("  fast:") + 5])
    (tmp_path / f".dvc.lock.{2**30}.part").touch()
    assert toy.run("dvc", "repro", check=False).returncode == 255
    toy.run("python", *REPRO)
    assert toy.lock() == lock and not list(tmp_path.glob(".*.part"))


def test_an_unquoted_key_is_named_before_dvc_reads_it(tmp_path):
    toy = Toy(tmp_path, None, PAIR)
    replaced(tmp_path, '"2": {', "2: {")
    done = toy.run("python", *REPRO, check=False)
    assert done.returncode == 1 and done.stderr.startswith("dvc: params.yaml: students.2: a key is quoted")
    assert not toy.lock()
