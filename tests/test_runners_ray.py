"""Ray as a runner: the laws of all runners, and what becomes of shards when a node dies."""

import pytest
from clusters import ray_cluster
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

from psl.runtime.runners import Runner
from psl.runtime.runners.processes import Processes
from psl.runtime.runners.ray import Ray

pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = pytest.mark.cluster


@pytest.fixture
def runner(ray) -> Runner:
    return ray


def test_a_job_that_kills_each_worker_has_no_result_and_the_others_are_done():
    """On a cluster of its own, on this machine."""
    assert dict(Ray(2)(eval, ["1", DIE, "2", "3"])) == {"1": 1, DIE: None, "2": 2, "3": 3}


def test_shards_of_a_killed_ray_node_are_done_again_and_bytes_are_the_same(tmp_path):
    long_corpus(tmp_path)
    with ray_cluster() as nodes:
        second = nodes.add_node(num_cpus=1)
        killing = when(lambda: three_shards(tmp_path), lambda: nodes.remove_node(second, allow_graceful=False))
        computed = features(tmp_path, tmp_path / "cluster", Ray(2, nodes.address))
        killing.join()
    assert computed == features(tmp_path, tmp_path / "processes", Processes(2))
