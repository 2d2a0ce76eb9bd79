"""Each job is done once, the bytes are the same with every runner, and what goes wrong is one sentence."""

import os
import sys

import pytest
import torch
from runner_laws import (  # noqa: F401
    bad_corpus,
    expected_features,
    test_an_oserror_of_a_job_is_not_taken_for_a_lost_cluster,
    test_each_job_is_done_once_and_no_job_starts_nothing,
    test_features_and_the_reason_of_a_bad_clip_are_the_same,
    test_the_error_of_a_job_is_raised_by_the_runner,
)

from psl.config import ShardsParams
from psl.runtime.errors import PslError
from psl.runtime.runners import Runner, choose, cluster
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.in_process import Serial, Threads
from psl.runtime.runners.processes import Processes
from psl.runtime.runners.ray import Ray


@pytest.fixture(params=[Serial(), Threads(3), Processes(2)], ids=lambda runner: type(runner).__name__)
def runner(request) -> Runner:
    return request.param


def test_threads_compute_with_one_thread_each_and_torch_has_its_own_again():
    before = torch.get_num_threads()
    assert {threads for _, threads in Threads(2)(eval, ["__import__('torch').get_num_threads()"] * 4)} == {1}
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("name", "features", "annotation", "on_cuda"),
    [
        ("auto", Processes, Threads, Serial),
        ("processes", Processes, Processes, Serial),
        ("threads", Threads, Threads, Serial),
        ("dask", Dask, Dask, Dask),
    ],
)
def test_the_parameters_choose(monkeypatch, name, features, annotation, on_cuda):
    monkeypatch.setattr("psl.runtime.cores.cores", lambda: 3)
    params = ShardsParams(runner=name, workers=4, address="there:1" if name == "dask" else None)
    chosen = [choose.choose_runner(params, in_threads=bool(number), one_device=number == 2) for number in range(3)]
    assert [type(runner) for runner in chosen] == [features, annotation, on_cuda]
    assert chosen[0].workers == (4 if name == "dask" else 3)  # this machine starts no more than it has cores
    assert name != "dask" or chosen[0].address == "there:1"


@pytest.mark.parametrize("runner", [Dask(2, "tcp://127.0.0.1:9"), Ray(2, "127.0.0.1:9")], ids=["dask", "ray"])
def test_a_cluster_that_is_not_there_is_one_sentence(runner, monkeypatch):
    pytest.importorskip({Dask: "distributed", Ray: "ray"}[type(runner)], reason="the extra is not installed")
    monkeypatch.setattr("psl.runtime.runners.dask.SECONDS_TO_CONNECT", 1)
    with pytest.raises(PslError, match=r"^the (dask|ray) cluster cannot be reached"):
        list(runner(eval, ["1"]))


@pytest.mark.parametrize(("runner", "package"), [(Dask(1), "distributed"), (Ray(1), "ray")])
def test_an_extra_that_is_not_installed_is_named(runner, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PslError, match=r"pip install -e '\.\[(dask|ray)\]'"):
        list(runner(eval, ["1"]))


def test_workers_with_other_code_or_without_the_repository_are_refused(tmp_path):
    here = os.getcwd()
    assert cluster.run_job(here, cluster.installation_hash(), eval, "1 + 1") == 2
    with pytest.raises(PslError, match="runs other code or libraries than this: start the workers again"):
        cluster.run_job(here, "other", eval, "1 + 1")
    with pytest.raises(PslError, match=r"does not see .*/gone: workers need the repository at the same path"):
        cluster.run_job(str(tmp_path / "gone"), cluster.installation_hash(), eval, "1 + 1")
