"""The features of a corpus: the same bytes with any cache and any runner, and nothing is computed twice."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from feature_corpora import FRONT_END, contents, corpus, long_corpus, not_present, run, statuses, write_manifest

from psl.audio.decode import read_clip
from psl.audio.info_cache import file_info_cache
from psl.audio.read_info import read_file_info
from psl.audio.write import write_clip
from psl.features.log_mel import FrontEnd
from psl.io.features.store import FeatureStore
from psl.runtime.runners.processes import Processes

RUN = """
import sys; from pathlib import Path; from feature_corpora import run
from psl.runtime.runners.processes import Processes
run(Path(sys.argv[1]), runner=Processes(2), shard_clips=2)
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten clips, computed by one process: the reference for all other ways."""
    root = tmp_path_factory.mktemp("plain")
    corpus(root, 10)
    assert run(root, runner=Processes(1)) == 10
    return root


def test_features_are_the_front_end_of_each_clip(plain: Path) -> None:
    store = FeatureStore(plain / "features", ["balanced", "eval"])
    assert store.clip_ids == [f"{i:03d}.flac" for i in (0, 1, 3, 4, 6, 7, 9, 2, 5, 8)]
    for number, mel_TF in store.clips():
        x_T = read_clip(plain / "metadata" / store.clip_ids[number], 0.0, 0.5, 8000)
        assert store.samples_N[number] == len(x_T) == 4000
        np.testing.assert_array_equal(mel_TF, FrontEnd(FRONT_END).log_mel(x_T))


def test_bytes_do_not_depend_on_workers_and_shards(plain: Path, tmp_path: Path) -> None:
    corpus(tmp_path, 10)
    assert run(tmp_path, runner=Processes(2), shard_clips=3) == 10
    assert contents(tmp_path) == contents(plain)


def test_only_new_clips_are_computed_and_the_bytes_are_the_same(plain: Path, tmp_path: Path) -> None:
    rows = corpus(tmp_path, 10)
    computed = []
    for kept in (rows[3:5], rows[::2], rows, rows):
        write_manifest(tmp_path, kept)
        computed.append(run(tmp_path, shard_clips=3))
    assert computed == [2, 4, 4, 0]
    assert contents(tmp_path) == contents(plain)


def test_other_ids_and_paths_compute_nothing(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 4)
    run(tmp_path)
    folder = tmp_path / "metadata"
    write_manifest(
        tmp_path, [{**item, "clip_id": f"new{i}", "path": str(folder / item["path"])} for i, item in enumerate(rows)]
    )
    assert run(tmp_path) == 0
    assert FeatureStore(tmp_path / "features", ["balanced"]).clip_ids == ["new0", "new1", "new3"]


@pytest.mark.parametrize("change", [{"start_s": 0.1}, {"end_s": 0.4}, {"end_s": None}, {"audio_hash": "other"}])
def test_other_audio_is_computed(tmp_path: Path, change: dict[str, Any]) -> None:
    rows = corpus(tmp_path, 3)
    run(tmp_path)
    write_manifest(tmp_path, [{**rows[0], **change}, *rows[1:]])
    assert run(tmp_path) == 1


def test_another_hop_computes_all_and_keeps_the_first_in_the_cache(tmp_path: Path) -> None:
    corpus(tmp_path, 3)
    run(tmp_path)
    before = contents(tmp_path)
    assert run(tmp_path, front_end=FRONT_END.model_copy(update={"hop_length_samples": 160})) == 3
    assert FeatureStore(tmp_path / "features", ["balanced"]).frames_N.tolist() == [26, 26]
    assert run(tmp_path) == 0 and contents(tmp_path) == before


def test_a_killed_run_is_resumed(tmp_path: Path) -> None:
    long_corpus(tmp_path)
    tests = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{tests}:{tests.parent}"}
    process = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], env=environment, start_new_session=True)
    while len(list(tmp_path.glob("cache/*/*.arrow"))) < 3 and process.poll() is None:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and not (tmp_path / "features").exists()
    assert 0 < run(tmp_path, runner=Processes(2)) <= 34
    resumed = contents(tmp_path)
    assert list(tmp_path.rglob("*.part")) == []
    (tmp_path / "cache").rename(tmp_path / "old")
    assert run(tmp_path, runner=Processes(2)) == 40 and contents(tmp_path) == resumed


def test_incomplete_and_damaged_shards_are_computed_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus(tmp_path, 6)
    run(tmp_path, shard_clips=3)
    before, (shard, _) = contents(tmp_path), sorted(tmp_path.glob("cache/*/*.arrow"))
    shard.write_bytes(shard.read_bytes()[:1000])
    shard.with_name(f".shard.arrow.{2**22 + 1}.part").write_bytes(b"half")
    assert run(tmp_path, shard_clips=3) == 3 and contents(tmp_path) == before
    assert f"{shard} is damaged" in capsys.readouterr().err and not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("cached", [True, False])
def test_a_changed_file_is_reported_and_not_cached_under_the_old_hash(tmp_path: Path, cached: bool) -> None:
    rows = [item | {"path": str(tmp_path / "metadata" / item["path"])} for item in corpus(tmp_path, 4)]
    paths = [item["path"] for item in rows]
    with file_info_cache(tmp_path / "file_info"):
        hashes = read_file_info(paths, np.zeros(4, bool)).hash_P.astype(str).tolist()
        write_manifest(tmp_path, [item | {"audio_hash": known} for item, known in zip(rows, hashes, strict=True)])
        if not cached:
            shutil.rmtree(tmp_path / "file_info")
        os.rename(paths[1], tmp_path / "aside")
        write_clip(Path(paths[1]), np.random.default_rng(9).uniform(-0.5, 0.5, 4000), 8000)
        assert run(tmp_path) == 3 and not_present(tmp_path) == ["001.flac"]
        assert f"{paths[1]} changed since the stage metadata read it" in str(statuses(tmp_path)["001.flac"][1])
        os.rename(tmp_path / "aside", paths[1])
        assert run(tmp_path) == 1 and not_present(tmp_path) == []
    (tmp_path / "cache").rename(tmp_path / "old")
    before = contents(tmp_path)
    assert run(tmp_path) == 4 and contents(tmp_path) == before
