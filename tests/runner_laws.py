"""What holds for every runner: the tests of a module that imports these and has a fixture `runner`."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from feature_corpora import FRONT_END as TINY
from feature_corpora import contents, corpus, row, write_manifest

from psl.config import FeaturesParams
from psl.features.extraction.extract import extract
from psl.io.features.clip_status import read_clip_status
from psl.runtime.errors import PslError
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial

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


@pytest.fixture(scope="module")
def expected_features(bad_corpus, tmp_path_factory) -> dict[str, bytes]:
    return features(bad_corpus, tmp_path_factory.mktemp("serial"), Serial())


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


def test_features_and_the_reason_of_a_bad_clip_are_the_same(runner, bad_corpus, expected_features, tmp_path):
    assert features(bad_corpus, tmp_path, runner) == expected_features
    clips = read_clip_status(tmp_path / "features").to_pylist()
    assert [clip["clip_id"] for clip in clips if clip["status"] != "present"] == ["junk.wav"]


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
