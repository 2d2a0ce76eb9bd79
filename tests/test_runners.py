"""Whoever computes the shards, each is done once and the bytes are the same; what goes wrong is one sentence."""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from clusters import dask_cluster
from imports import ROOT
from test_features_extract import FRONT_END as TINY
from test_features_extract import contents, corpus, long_corpus, row, write_manifest
from toy import ARCHITECTURE, FRONT_END, VOCABULARY, toy_store

from models import MODELS
from psl import annotation
from psl.annotation import annotate
from psl.annotation_shards import Windowing
from psl.annotators.saved import Reopen
from psl.errors import PslError
from psl.features.clip_table import read_clips
from psl.features.extract import extract
from psl.features.store import FeatureStore, front_end_hash
from psl.labels import LabelWriter
from psl.params import FeaturesParams, ShardsParams
from psl.runners import Runner, choose, cluster
from psl.runners.dask import Dask
from psl.runners.here import Here, Threads
from psl.runners.processes import ONE_THREAD, Processes
from psl.runners.ray import Ray
from psl.saved_models import load, save

DIE = "__import__('os').kill(__import__('os').getpid(), 9)"  # jobs are expressions: what runs elsewhere must be importable there
FULL = "(_ for _ in ()).throw(__import__('psl.errors').errors.PslError('full'))"


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """Two workers at an address."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as workers:
        yield Dask(2, workers.address)


@pytest.fixture(scope="module")
def ray():
    """Two nodes of one core at an address."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    os.environ["PYTHONPATH"] = str(ROOT)
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    yield Ray(2, nodes.address)
    nodes.shutdown()


@pytest.fixture(params=[Here(), Threads(1), Threads(3), Processes(2), "dask", "ray"], ids=repr)
def runner(request) -> Runner:
    return request.getfixturevalue(request.param) if isinstance(request.param, str) else request.param


@pytest.fixture(scope="module")
def bad_corpus(tmp_path_factory) -> Path:
    """Ten clips, and one that cannot be read."""
    root = tmp_path_factory.mktemp("corpus")
    rows = corpus(root, 10)
    (root / "metadata" / "junk.wav").write_bytes(b"junk")
    write_manifest(root, [*rows, row(root, "junk.wav")])
    return root


def features(root: Path, to: Path, runner: Runner) -> dict[str, bytes]:
    """Bytes of the features of `root`, made in `to`."""
    extract(
        root / "metadata",
        to / "features",
        to / "cache",
        TINY,
        FeaturesParams(shard_clips=2, min_seconds=0.1, silence_db=None, max_failed_share=0.5, min_present_share=0.0),
        runner,
    )
    return contents(to)


def test_each_job_is_done_once_and_no_job_starts_nothing(runner):
    jobs = [f"{n} * {n}" for n in range(9)]
    assert sorted(runner(eval, jobs)) == sorted((job, n * n) for n, job in enumerate(jobs))
    assert list(runner(eval, [])) == []


def test_what_a_job_raises_is_raised_here(runner):
    with pytest.raises(PslError, match=r"^full$"):
        list(runner(eval, ["1", FULL]))


def test_trouble_with_a_file_is_not_taken_for_a_lost_cluster(runner):
    with pytest.raises(FileNotFoundError, match="gone"):
        list(runner(eval, ["open('/gone')"]))


@pytest.mark.parametrize("name", ["dask", "ray"])
def test_a_job_that_kills_each_worker_is_told_and_the_others_are_done(name, tmp_path):
    """A cluster of this machine's own: the nodes above have workers to lose."""
    pytest.importorskip({"dask": "distributed", "ray": "ray"}[name], reason=f"the extra {name} is not installed")
    runner = {"dask": Dask, "ray": Ray}[name](2)
    assert dict(runner(eval, ["1", DIE, "2", "3"])) == {"1": 1, DIE: None, "2": 2, "3": 3}


def test_features_are_the_same_bytes_and_a_bad_clip_is_told_alike(runner, bad_corpus, tmp_path):
    expected = features(bad_corpus, tmp_path / "here", Here())
    assert features(bad_corpus, tmp_path / "there", runner) == expected
    clips = read_clips(tmp_path / "there/features").to_pylist()
    assert [clip["clip_id"] for clip in clips if clip["status"] != "present"] == ["junk.wav"]


@pytest.fixture(scope="module")
def annotator(tmp_path_factory) -> Path:
    """The folder of a saved network whose probabilities spread over (0, 1)."""
    folder = tmp_path_factory.mktemp("annotator") / "model"
    torch.manual_seed(1)
    network = MODELS["mobilenetv2"](3, ARCHITECTURE)
    with torch.no_grad():
        network.classifier[1].weight.mul_(100)
        for _ in range(30):
            network(torch.randn(16, 40, 32) * 20 - 50)
    save(folder, network, ARCHITECTURE, FRONT_END, front_end_hash(FRONT_END), VOCABULARY, {}, "")
    return folder


def labels(store: FeatureStore, folder: Path, to: Path, runner: Runner) -> bytes:
    """Bytes of the labels by the annotator in `folder`, made in `to`."""
    with LabelWriter(to / "labels.parquet", VOCABULARY, 0.0, {}) as writer:
        reopen = Reopen(folder, "models", "cpu")
        annotate(store, Windowing(400, 300, "shift"), load(folder, MODELS, "cpu"), 8, writer, to / "cache", runner, reopen)
    return (to / "labels.parquet").read_bytes()


def test_labels_are_the_same_bytes(runner, annotator, tmp_path, monkeypatch):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 16)
    store = toy_store(tmp_path / "features", clips=60, frames=(40, 23))
    expected = labels(store, annotator, tmp_path / "here", Here())
    assert labels(store, annotator, tmp_path / "there", runner) == expected
    assert len(list((tmp_path / "there/cache").iterdir())) == 4
    assert labels(store, annotator, tmp_path / "there", runner) == expected


def test_threads_compute_with_one_thread_each_and_torch_has_its_own_again():
    before = torch.get_num_threads()
    assert {threads for _, threads in Threads(2)(eval, ["__import__('torch').get_num_threads()"] * 4)} == {1}
    assert torch.get_num_threads() == before


def test_dask_computes_with_one_thread_without_its_own_malloc_here_or_there(monkeypatch):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "2")
    asked = ["__import__('torch').get_num_threads()", "__import__('os').environ.get('MALLOC_TRIM_THRESHOLD_')"]
    assert dict(Dask(1)(eval, asked)) == {asked[0]: 1, asked[1]: None}
    assert {os.environ[name] for name in ONE_THREAD} == {"2"} and "MALLOC_TRIM_THRESHOLD_" not in os.environ


@pytest.mark.parametrize(
    ("name", "features", "annotation", "on_cuda"),
    [
        ("auto", Processes, Here, Here),
        ("processes", Processes, Processes, Here),
        ("threads", Threads, Threads, Here),
        ("dask", Dask, Dask, Dask),
    ],
)
def test_the_parameters_choose(name, features, annotation, on_cuda):
    params = ShardsParams(runner=name, workers=3, address="there:1" if name == "dask" else None)
    chosen = [choose.runner(params, own_threads=bool(number), one_device=number == 2) for number in range(3)]
    assert [type(runner) for runner in chosen] == [features, annotation, on_cuda] and chosen[0].workers == 3
    assert name != "dask" or chosen[0].address == "there:1"


def when(done: Callable[[], bool], then: Callable[[], object]) -> threading.Thread:
    """Do `then` as soon as `done`, beside what this thread does."""

    def wait() -> None:
        while not done():
            time.sleep(0.002)
        then()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_shards_of_a_killed_dask_worker_are_done_again_and_bytes_are_the_same(tmp_path):
    long_corpus(tmp_path)
    with dask_cluster(tmp_path) as workers:
        killing = when(lambda: len(list(tmp_path.glob("there/cache/*/*.arrow"))) >= 3, workers.workers[0].kill)
        made = features(tmp_path, tmp_path / "there", Dask(2, workers.address))
        killing.join()
        assert workers.workers[0].wait() == -9 and workers.workers[1].poll() is None
    assert made == features(tmp_path, tmp_path / "here", Processes(2))


def test_a_dask_cluster_without_workers_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("psl.runners.dask.SECONDS_WITHOUT_WORKERS", 2.0)
    with dask_cluster(tmp_path) as cluster:
        found = Dask(2, cluster.address)(eval, ["1", "2", "__import__('time').sleep(60)", "__import__('time').sleep(61)"])
        assert sorted(result for _, result in (next(found), next(found))) == [1, 2]
        for worker in cluster.workers:
            worker.kill()
        with pytest.raises(PslError, match=r"^the dask cluster is lost or not there \(it has had no worker for 2 s\)"):
            next(found)


def test_a_lost_dask_scheduler_is_one_sentence_and_finished_shards_are_kept(tmp_path):
    long_corpus(tmp_path)
    with dask_cluster(tmp_path) as workers:
        when(lambda: len(list(tmp_path.glob("there/cache/*/*.arrow"))) >= 3, workers.scheduler.kill)
        with pytest.raises(PslError, match=r"^the dask cluster is lost or not there \(.*\): .* finished shards are kept$"):
            features(tmp_path, tmp_path / "there", Dask(2, workers.address))
    assert len(list(tmp_path.glob("there/cache/*/*.arrow"))) >= 3


def test_shards_of_a_killed_ray_node_are_done_again_and_bytes_are_the_same(tmp_path):
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    long_corpus(tmp_path)
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        second = nodes.add_node(num_cpus=1)
        found = lambda: len(list(tmp_path.glob("there/cache/*/*.arrow"))) >= 3  # noqa: E731
        killing = when(found, lambda: nodes.remove_node(second, allow_graceful=False))
        made = features(tmp_path, tmp_path / "there", Ray(2, nodes.address))
        killing.join()
    finally:
        nodes.shutdown()
    assert made == features(tmp_path, tmp_path / "here", Processes(2))


@pytest.mark.parametrize("runner", [Dask(2, "tcp://127.0.0.1:9"), Ray(2, "127.0.0.1:9")], ids=["dask", "ray"])
def test_a_cluster_that_is_not_there_is_one_sentence(runner, monkeypatch):
    pytest.importorskip({Dask: "distributed", Ray: "ray"}[type(runner)], reason="the extra is not installed")
    monkeypatch.setattr("psl.runners.dask.SECONDS_TO_CONNECT", 1)
    with pytest.raises(PslError, match=r"^the (dask|ray) cluster is lost or not there"):
        list(runner(eval, ["1"]))


@pytest.mark.parametrize(("runner", "package"), [(Dask(1), "distributed"), (Ray(1), "ray")])
def test_an_extra_that_is_not_installed_is_named(runner, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(PslError, match=r"pip install -e '\.\[(dask|ray)\]'"):
        list(runner(eval, ["1"]))


def test_workers_with_other_code_or_without_the_repository_are_refused(tmp_path):
    here = os.getcwd()
    assert cluster.do(here, cluster.code_hash(), eval, "1 + 1") == 2
    with pytest.raises(PslError, match="runs other code or libraries than this: start the workers again"):
        cluster.do(here, "other", eval, "1 + 1")
    with pytest.raises(PslError, match=r"does not see .*/gone: workers need the repository at the same path"):
        cluster.do(str(tmp_path / "gone"), cluster.code_hash(), eval, "1 + 1")


def test_an_annotator_that_changed_is_refused(annotator, tmp_path):
    store = toy_store(tmp_path, clips=3)
    network = load(annotator, MODELS, "cpu")
    changed = replace(network, about={**network.about, "weights_hash": "other"})
    with LabelWriter(tmp_path / "labels.parquet", VOCABULARY, 0.0, {}) as writer, pytest.raises(PslError, match="changed while"):
        annotate(store, Windowing(400, 300, "shift"), changed, 8, writer, tmp_path, Processes(1), Reopen(annotator, "models", "cpu"))
    assert np.all([path.suffix != ".npy" for path in tmp_path.iterdir()])
