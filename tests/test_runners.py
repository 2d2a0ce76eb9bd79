"""Each job is done once, the bytes are the same with every runner, and what goes wrong is one sentence."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from clusters import CLUSTERS, dask_cluster, ray_cluster
from feature_corpora import FRONT_END as TINY
from feature_corpora import contents, corpus, long_corpus, row, write_manifest

from psl.config import FeaturesParams, ShardsParams
from psl.features.extraction.extract import extract
from psl.io.features.clip_status import read_clip_status
from psl.runtime.errors import PslError
from psl.runtime.runners import Runner, choose, cluster
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.in_process import Serial, Threads
from psl.runtime.runners.processes import ONE_THREAD, Processes
from psl.runtime.runners.ray import Ray

# The jobs are expressions, because what another process runs must be importable there.
DIE = "__import__('os').kill(__import__('os').getpid(), 9)"
FULL = "(_ for _ in ()).throw(__import__('psl.runtime.errors').runtime.errors.PslError('full'))"


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
    limits = dict(min_seconds=0.1, channel="mean", silence_db=None, max_failed_share=0.5, min_present_share=0.0)
    params = FeaturesParams(shard_clips=2, **limits)
    extract(root / "metadata", to / "features", to / "cache", TINY, params=params, runner=runner)
    return contents(to)


def test_each_job_is_done_once_and_no_job_starts_nothing(runner):
    jobs = [f"{n} * {n}" for n in range(9)]
    assert sorted(runner(eval, jobs)) == sorted((job, n * n) for n, job in enumerate(jobs))
    assert list(runner(eval, [])) == []


def test_the_error_of_a_job_is_raised_by_the_runner(runner):
    with pytest.raises(PslError, match=r"^full$"):
        list(runner(eval, ["1", FULL]))


def test_an_oserror_of_a_job_is_not_taken_for_a_lost_cluster(runner):
    with pytest.raises(FileNotFoundError, match="gone"):
        list(runner(eval, ["open('/gone')"]))


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_job_that_kills_each_worker_has_no_result_and_the_others_are_done(name):
    """On a cluster of its own, on this machine."""
    pytest.importorskip({"dask": "distributed", "ray": "ray"}[name], reason=f"the extra {name} is not installed")
    runner = {"dask": Dask, "ray": Ray}[name](2)
    assert dict(runner(eval, ["1", DIE, "2", "3"])) == {"1": 1, DIE: None, "2": 2, "3": 3}


@pytest.fixture(scope="module")
def expected_features(bad_corpus, tmp_path_factory) -> dict[str, bytes]:
    return features(bad_corpus, tmp_path_factory.mktemp("serial"), Serial())


def test_features_and_the_reason_of_a_bad_clip_are_the_same(runner, bad_corpus, expected_features, tmp_path):
    assert features(bad_corpus, tmp_path, runner) == expected_features
    clips = read_clip_status(tmp_path / "features").to_pylist()
    assert [clip["clip_id"] for clip in clips if clip["status"] != "present"] == ["junk.wav"]


def test_threads_compute_with_one_thread_each_and_torch_has_its_own_again():
    before = torch.get_num_threads()
    assert {threads for _, threads in Threads(2)(eval, ["__import__('torch').get_num_threads()"] * 4)} == {1}
    assert torch.get_num_threads() == before


@pytest.mark.cluster
def test_dask_computes_with_one_thread_and_leaves_malloc_alone(monkeypatch):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "2")
    jobs = ["__import__('torch').get_num_threads()", "__import__('os').environ.get('MALLOC_TRIM_THRESHOLD_')"]
    assert dict(Dask(1)(eval, jobs)) == {jobs[0]: 1, jobs[1]: None}
    assert {os.environ[name] for name in ONE_THREAD} == {"2"} and "MALLOC_TRIM_THRESHOLD_" not in os.environ


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


def three_shards(folder: Path) -> bool:
    """Whether the cluster has finished three shards."""
    return len(list(folder.glob("cluster/cache/*/*.arrow"))) >= 3


def when(condition: Callable[[], bool], action: Callable[[], object]) -> threading.Thread:
    """Start a thread that does `action` as soon as `condition` holds."""

    def wait() -> None:
        while not condition():
            time.sleep(0.002)
        action()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.cluster
def test_shards_of_a_killed_dask_worker_are_done_again_and_bytes_are_the_same(tmp_path):
    long_corpus(tmp_path)
    with dask_cluster(tmp_path) as workers:
        killing = when(lambda: three_shards(tmp_path), workers.workers[0].kill)
        computed = features(tmp_path, tmp_path / "cluster", Dask(2, workers.address))
        killing.join()
        assert workers.workers[0].wait() == -9 and workers.workers[1].poll() is None
    assert computed == features(tmp_path, tmp_path / "processes", Processes(2))


@pytest.mark.cluster
def test_a_dask_cluster_without_workers_is_one_sentence(tmp_path, monkeypatch):
    with dask_cluster(tmp_path) as cluster:
        results = Dask(2, cluster.address)(
            eval, ["1", "2", "__import__('time').sleep(60)", "__import__('time').sleep(61)"]
        )
        assert sorted(result for _, result in (next(results), next(results))) == [1, 2]
        monkeypatch.setattr("psl.runtime.runners.dask.SECONDS_WITHOUT_WORKERS", 0.5)
        monkeypatch.setattr("psl.runtime.runners.dask.POLL_SECONDS", 0.1)
        for worker in cluster.workers:
            worker.kill()
        with pytest.raises(PslError, match=r"^the dask cluster cannot be reached \(it has had no worker for 0.5 s\)"):
            next(results)


@pytest.mark.cluster
def test_a_killed_dask_scheduler_is_one_sentence_and_finished_shards_are_kept(tmp_path):
    long_corpus(tmp_path)
    with dask_cluster(tmp_path) as workers:
        when(lambda: three_shards(tmp_path), workers.scheduler.kill)
        with pytest.raises(PslError, match=r"^the dask cluster cannot be reached \(.*\): .* finished shards are kept$"):
            features(tmp_path, tmp_path / "cluster", Dask(2, workers.address))
    assert three_shards(tmp_path)


@pytest.mark.cluster
def test_shards_of_a_killed_ray_node_are_done_again_and_bytes_are_the_same(tmp_path):
    long_corpus(tmp_path)
    with ray_cluster() as nodes:
        second = nodes.add_node(num_cpus=1)
        killing = when(lambda: three_shards(tmp_path), lambda: nodes.remove_node(second, allow_graceful=False))
        computed = features(tmp_path, tmp_path / "cluster", Ray(2, nodes.address))
        killing.join()
    assert computed == features(tmp_path, tmp_path / "processes", Processes(2))


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
