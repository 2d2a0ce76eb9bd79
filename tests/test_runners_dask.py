"""Dask as a runner: the laws of all runners, and what becomes of shards when workers or the scheduler die."""

import os

import pytest
from clusters import dask_cluster
from feature_corpora import long_corpus
from runner_laws import (  # noqa: F401
    DIE,
    bad_corpus,
    expected_features,
    features,
    test_an_oserror_of_a_job_is_not_taken_for_a_lost_cluster,
    test_each_job_is_done_once_and_no_job_starts_nothing,
    test_features_and_the_reason_of_a_bad_clip_are_the_same,
    test_the_error_of_a_job_is_raised_by_the_runner,
    three_shards,
    when,
)

from psl.runtime.errors import PslError
from psl.runtime.runners import Runner
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.processes import ONE_THREAD, Processes

pytest.importorskip("distributed", reason="the extra dask is not installed")
pytestmark = pytest.mark.cluster


@pytest.fixture
def runner(dask) -> Runner:
    return dask


def test_a_job_that_kills_each_worker_has_no_result_and_the_others_are_done():
    """On a cluster of its own, on this machine."""
    assert dict(Dask(2)(eval, ["1", DIE, "2", "3"])) == {"1": 1, DIE: None, "2": 2, "3": 3}


def test_dask_computes_with_one_thread_and_leaves_malloc_alone(monkeypatch):
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "2")
    jobs = ["__import__('torch').get_num_threads()", "__import__('os').environ.get('MALLOC_TRIM_THRESHOLD_')"]
    assert dict(Dask(1)(eval, jobs)) == {jobs[0]: 1, jobs[1]: None}
    assert {os.environ[name] for name in ONE_THREAD} == {"2"} and "MALLOC_TRIM_THRESHOLD_" not in os.environ


def test_shards_of_a_killed_dask_worker_are_done_again_and_bytes_are_the_same(tmp_path):
    long_corpus(tmp_path)
    with dask_cluster(tmp_path) as workers:
        killing = when(lambda: three_shards(tmp_path), workers.workers[0].kill)
        computed = features(tmp_path, tmp_path / "cluster", Dask(2, workers.address))
        killing.join()
        assert workers.workers[0].wait() == -9 and workers.workers[1].poll() is None
    assert computed == features(tmp_path, tmp_path / "processes", Processes(2))


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


def test_a_killed_dask_scheduler_is_one_sentence_and_finished_shards_are_kept(tmp_path):
    long_corpus(tmp_path)
    with dask_cluster(tmp_path) as workers:
        when(lambda: three_shards(tmp_path), workers.scheduler.kill)
        with pytest.raises(PslError, match=r"^the dask cluster cannot be reached \(.*\): .* finished shards are kept$"):
            features(tmp_path, tmp_path / "cluster", Dask(2, workers.address))
    assert three_shards(tmp_path)
