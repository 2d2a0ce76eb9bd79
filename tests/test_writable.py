"""A place that is full or read-only is found before the work, by every stage and by the flow."""

import errno
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from params_files import DEFAULT
from toy_dag import PAIR, Toy

from psl.runtime.errors import PslError
from psl.runtime.writable import require_writable
from tasks import stage


@pytest.fixture
def read_only(monkeypatch):
    """Makes the folders of that name read-only, as a mount does."""
    temporary_file = tempfile.TemporaryFile

    def make(name):
        def refuse(dir):
            if dir.name == name:
                raise OSError(errno.EROFS, "Read-only file system")
            return temporary_file(dir=dir)

        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

    return make


def test_what_can_be_written_to_stays_as_it_is(tmp_path):
    require_writable([tmp_path, tmp_path / "not/there/yet"])
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named_with_what_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 << 20))
    with pytest.raises(PslError, match=f"the disk of {tmp_path} has 3.0 MiB free, and results need 64 or more"):
        require_writable([tmp_path / "models"])


@pytest.mark.parametrize("name", ["data", "reports"])
def test_a_stage_does_not_begin_where_it_cannot_end(tmp_path, monkeypatch, read_only, name):
    monkeypatch.chdir(tmp_path)
    shutil.copy(DEFAULT, "params.yaml")
    Path(name).mkdir()
    read_only(name)
    with pytest.raises(SystemExit, match=f"^train_student: .*/{name}, where results belong, cannot be written to"):
        stage.run("train_student", lambda params: pytest.fail("it trained"))


@pytest.mark.flows
@pytest.mark.parametrize("place", ["results", ".dvc/cache"])
def test_a_flow_does_not_begin_where_a_later_stage_or_dvc_cannot_end(
    tmp_path, prefect_server, run_pipeline, read_only, place
):
    toy = Toy(tmp_path, prefect_server, PAIR.replace("> fast", "> results/fast").replace("[fast]", "[results/fast]"))
    for folder in ("results", place):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    read_only(Path(place).name)
    state = run_pipeline(toy)
    assert state.is_failed() and f"/{place}, where results belong" in state.message and not toy.lock()
