"""One thread for torch: the tests' tiny layers lose more to a second one than they gain, above all on a busy machine.

No deadlines for hypothesis either: on a busy machine they fail tests that are right.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from imports import ROOT
from own_recordings import class_folders
from prefect_server import prefect_server as run_prefect_server
from project import Project

from psl.io.files import wait_for_lock

pytest_plugins = ["clusters", "one_worker"]
collect_ignore = ["by_sed_scores_eval.py", "make_psds_cases.py"]  # they import what only the extra `reference` brings
os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, which costs seconds: not here
settings.register_profile("psl", deadline=None)
settings.load_profile("psl")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    """The address of one Prefect server for all tests that need one; under pytest-xdist, of one for each worker."""
    with run_prefect_server(tmp_path_factory.mktemp("prefect")) as server:
        yield server.url


@pytest.fixture
def run_pipeline(prefect_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Runs the flow `pipeline` of a Toy in this process, which spares three seconds of imports and heartbeat."""
    from prefect.context import refresh_global_settings_context

    from flows.stage_flows import pipeline

    with monkeypatch.context() as patch:
        patch.setenv("PREFECT_API_URL", prefect_server)
        patch.setenv("PREFECT_LOGGING_TO_API_ENABLED", "0")  # it would wait for the server after the last test
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setattr("prefect.flow_engine.BaseFlowRunEngine.heartbeat_seconds", None)  # each flow ends a second later
        refresh_global_settings_context()

        def run(toy: Any, **parameters: Any) -> Any:
            patch.chdir(toy.folder)
            return pipeline(**parameters, return_state=True)

        yield run
    refresh_global_settings_context()


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The whole pipeline, run once on a tiny corpus and committed: tests copy it. Workers of pytest-xdist share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    with wait_for_lock(folder.with_suffix(".lock")):
        if not folder.is_dir():
            shutil.rmtree(part := folder.with_suffix(".part"), ignore_errors=True)
            part.mkdir()
            project = Project.create(part)
            project.dvc("repro")
            project.commit()
            part.rename(folder)
    return Project(folder)


@pytest.fixture(scope="session")
def shared_copy(finished, tmp_path_factory):
    """A copy of it for tests that run no stage."""
    return finished.copy(tmp_path_factory.mktemp("shared") / "project")


@pytest.fixture
def unrun(shared_copy):
    """That copy, which each test finds as it was committed."""
    yield shared_copy
    shared_copy.reset()


@pytest.fixture
def psl(monkeypatch, capsys):
    """Runs `psl ARGUMENTS`; returns exit code or message, stdout and stderr."""
    from psl import cli

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["psl", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run


@pytest.fixture
def recordings(tmp_path):
    """A person's recordings in class folders."""
    return class_folders(tmp_path / "in")


@pytest.fixture
def detectors(tmp_path, monkeypatch):
    """Twelve clips with strong labels, one of them without events; model "2" is right, and a seed of "5" is wrong."""
    from detection_toy import Bands, lay_out, save_bands, some_events

    from psl.io.features.excluded import write_excluded
    from tasks import detect
    from tasks.stage import EXCLUDED

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(detect, "build_network", Bands)
    lay_out(some_events())
    write_excluded(EXCLUDED, [])
    save_bands("2")
    save_bands("5", seed=1)
    save_bands("5", seed=2, slope=-0.2)
