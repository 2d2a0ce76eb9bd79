"""The features of a corpus: the same bytes whatever happened before, nothing computed twice, nothing lost in silence."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from psl.audio import read_clip, write_clip
from psl.audio_places.looks import look_at
from psl.audio_places.remembered import remembering
from psl.errors import PslError
from psl.features.extract import extract
from psl.features.shards import Job
from psl.features.store import FeatureStore
from psl.files import hash_file
from psl.front_end import FrontEnd
from psl.params import FeaturesParams, FrontEndParams
from psl.runners import Runner
from psl.runners.here import Here
from psl.runners.processes import Processes
from psl.schemas import CLIPS, MANIFEST

FRONT_END = FrontEndParams(
    sample_rate_hz=8000, n_fft=256, win_samples=256, hop_samples=320, mels=16, f_min_hz=0.0, f_max_hz=4000.0, floor_db=120.0
)
PARAMS = dict(shard_clips=4, min_seconds=0.1, silence_db=-80.0, max_failed_share=0.5, min_present_share=0.0)
RUNNER: Callable[[int], Runner] = Processes
RUN = """
import sys; from pathlib import Path; from test_features_extract import run
run(Path(sys.argv[1]), workers=2, shard_clips=2)
"""


def write_manifest(root: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, MANIFEST).sort_by("clip_id"), root / "metadata" / "manifest.parquet")


def row(root: Path, name: str, **changes: Any) -> dict[str, Any]:
    path = root / "metadata" / name
    audio = {"path": name, "audio_hash": hash_file(path) if path.is_file() else "gone", "start_s": 0.0, "end_s": 0.5}
    return {"clip_id": name, "subset": "balanced", "labels": [], "source": "s", **audio, **changes}


def corpus(root: Path, clips: int) -> list[dict[str, Any]]:
    """Clips of half a second of noise, two in three balanced, the others eval; returns the manifest's rows."""
    (root / "metadata").mkdir(exist_ok=True)
    for i in range(clips):
        write_clip(root / "metadata" / f"{i:03d}.flac", np.random.default_rng(i).uniform(-0.5, 0.5, 4000), 8000)
    rows = [row(root, f"{i:03d}.flac", subset="eval" if i % 3 == 2 else "balanced") for i in range(clips)]
    write_manifest(root, rows)
    return rows


def run(root: Path, *, workers: int = 1, front_end: FrontEndParams = FRONT_END, **changes: Any) -> int:
    params = FeaturesParams(**(PARAMS | changes))
    return extract(root / "metadata", root / "features", root / "cache", front_end, params, RUNNER(workers))


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "features").iterdir())}


def clips(root: Path) -> dict[str, tuple[str, str | None]]:
    """Status and reason of every clip."""
    table = pq.read_table(root / "features" / "clips.parquet")
    assert table.schema.equals(CLIPS)
    return {clip["clip_id"]: (clip["status"], clip["reason"]) for clip in table.to_pylist()}


def absent(root: Path) -> list[str]:
    """The clips that are not present."""
    return [clip_id for clip_id, (status, _) in clips(root).items() if status != "present"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in this process: quick, for tests that are not about processes."""
    monkeypatch.setattr(f"{__name__}.RUNNER", Here)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten clips, computed at once by one process: what every other way must equal."""
    root = tmp_path_factory.mktemp("plain")
    corpus(root, 10)
    assert run(root) == 10
    return root


def test_features_are_the_front_end_of_each_clip(plain: Path) -> None:
    store = FeatureStore(plain / "features", ["balanced", "eval"])
    assert store.clip_ids == [f"{i:03d}.flac" for i in (0, 1, 3, 4, 6, 7, 9, 2, 5, 8)]
    for number, mel_TF in store.clips():
        x_T = read_clip(plain / "metadata" / store.clip_ids[number], 0.0, 0.5, 8000)
        assert store.samples_N[number] == len(x_T) == 4000
        np.testing.assert_array_equal(mel_TF, FrontEnd(FRONT_END).mel_of(x_T))


def test_bytes_do_not_depend_on_workers_and_shards(plain: Path, tmp_path: Path) -> None:
    corpus(tmp_path, 10)
    assert run(tmp_path, workers=2, shard_clips=3) == 10
    assert contents(tmp_path) == contents(plain)


@pytest.mark.usefixtures("here")
def test_clips_that_come_later_are_computed_alone_and_bytes_are_the_same(plain: Path, tmp_path: Path) -> None:
    rows = corpus(tmp_path, 10)
    computed = []
    for kept in (rows[3:5], rows[::2], rows, rows):
        write_manifest(tmp_path, kept)
        computed.append(run(tmp_path, shard_clips=3))
    assert computed == [2, 4, 4, 0]
    assert contents(tmp_path) == contents(plain)


@pytest.mark.usefixtures("here")
def test_other_names_and_places_compute_nothing(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 4)
    run(tmp_path)
    folder = tmp_path / "metadata"
    write_manifest(tmp_path, [{**item, "clip_id": f"new{i}", "path": str(folder / item["path"])} for i, item in enumerate(rows)])
    assert run(tmp_path) == 0
    assert FeatureStore(tmp_path / "features", ["balanced"]).clip_ids == ["new0", "new1", "new3"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("change", [{"start_s": 0.1}, {"end_s": 0.4}, {"end_s": None}, {"audio_hash": "other"}])
def test_other_audio_is_computed(tmp_path: Path, change: dict[str, Any]) -> None:
    rows = corpus(tmp_path, 3)
    run(tmp_path)
    write_manifest(tmp_path, [{**rows[0], **change}, *rows[1:]])
    assert run(tmp_path) == 1


@pytest.mark.usefixtures("here")
def test_another_hop_computes_all_with_other_frames_and_the_first_is_still_there(tmp_path: Path) -> None:
    corpus(tmp_path, 3)
    run(tmp_path)
    before = contents(tmp_path)
    assert run(tmp_path, front_end=FRONT_END.model_copy(update={"hop_samples": 160})) == 3
    assert FeatureStore(tmp_path / "features", ["balanced"]).frames_N.tolist() == [26, 26]
    assert run(tmp_path) == 0 and contents(tmp_path) == before


def long_corpus(root: Path) -> None:
    """Forty long clips of one recording: enough work to be killed in the middle."""
    (root / "metadata").mkdir()
    write_clip(root / "metadata" / "long.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * 70), 8000)
    write_manifest(root, [row(root, "long.wav", clip_id=f"{i:02d}", start_s=float(i), end_s=i + 30.0) for i in range(40)])


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    long_corpus(tmp_path)
    tests = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{tests}:{tests.parent}"}
    process = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], env=environment, start_new_session=True)
    while len(list(tmp_path.glob("cache/*/*.arrow"))) < 3 and process.poll() is None:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and not (tmp_path / "features").exists()
    assert 0 < run(tmp_path, workers=2) <= 34
    resumed = contents(tmp_path)
    assert list(tmp_path.rglob("*.part")) == []
    (tmp_path / "cache").rename(tmp_path / "old")
    assert run(tmp_path, workers=2) == 40 and contents(tmp_path) == resumed


@pytest.mark.usefixtures("here")
def test_half_written_and_damaged_shards_are_computed_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus(tmp_path, 6)
    run(tmp_path, shard_clips=3)
    before, (shard, _) = contents(tmp_path), sorted(tmp_path.glob("cache/*/*.arrow"))
    shard.write_bytes(shard.read_bytes()[:1000])
    shard.with_name(".shard.arrow.1.part").write_bytes(b"half")
    assert run(tmp_path, shard_clips=3) == 3 and contents(tmp_path) == before
    assert f"{shard} is damaged" in capsys.readouterr().err and not list(tmp_path.rglob("*.part"))


@pytest.mark.usefixtures("here")
def test_clips_that_cannot_be_read_are_recorded_and_the_others_go_on(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 6)
    for name, data in (("junk.wav", b"junk"), ("none.wav", b"")):
        (tmp_path / "metadata" / name).write_bytes(data)
    bad = [row(tmp_path, "junk.wav"), row(tmp_path, "none.wav"), row(tmp_path, "gone.wav"), {**rows[0], "clip_id": "late", "start_s": 9.0}]
    write_manifest(tmp_path, [*rows, *bad, row(tmp_path, "lost", path=None, audio_hash=None)])
    assert run(tmp_path) == 6
    assert absent(tmp_path) == ["gone.wav", "junk.wav", "late", "lost", "none.wav"]
    told = [clips(tmp_path)[name] for name in absent(tmp_path)]
    expected = ("does not exist", "cannot be read", "ends after", "audio not found", "is empty")
    assert all(part in reason for part, (_, reason) in zip(expected, told, strict=True))
    assert [status for status, _ in told] == ["unreadable", "unreadable", "unreadable", "missing", "unreadable"]
    assert clips(tmp_path)["001.flac"] == ("present", None)
    assert len(FeatureStore(tmp_path / "features", ["balanced", "eval"])) == 6


@pytest.mark.usefixtures("here")
def test_a_mended_clip_is_picked_up(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 4)
    lost = tmp_path / "metadata" / rows[1]["path"]
    whole = lost.read_bytes()
    lost.unlink()
    assert run(tmp_path) == 3 and absent(tmp_path) == ["001.flac"]
    lost.write_bytes(whole)
    assert run(tmp_path) == 1 and absent(tmp_path) == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("remembered", [True, False])
def test_another_file_under_the_old_hash_is_told_and_not_kept(tmp_path: Path, remembered: bool) -> None:
    rows = [item | {"path": str(tmp_path / "metadata" / item["path"])} for item in corpus(tmp_path, 4)]
    paths = [item["path"] for item in rows]
    with remembering(tmp_path / "looks"):
        hashes = look_at(paths, np.zeros(4, bool)).hash_P.astype(str).tolist()
        write_manifest(tmp_path, [item | {"audio_hash": known} for item, known in zip(rows, hashes, strict=True)])
        if not remembered:
            shutil.rmtree(tmp_path / "looks")
        os.rename(paths[1], tmp_path / "aside")
        write_clip(Path(paths[1]), np.random.default_rng(9).uniform(-0.5, 0.5, 4000), 8000)
        assert run(tmp_path) == 3 and absent(tmp_path) == ["001.flac"]
        assert f"{paths[1]} changed since the stage metadata read it" in str(clips(tmp_path)["001.flac"][1])
        os.rename(tmp_path / "aside", paths[1])
        assert run(tmp_path) == 1 and absent(tmp_path) == []
    (tmp_path / "cache").rename(tmp_path / "old")
    before = contents(tmp_path)
    assert run(tmp_path) == 4 and contents(tmp_path) == before


@pytest.mark.usefixtures("here")
def test_clips_that_are_the_same_audio_are_read_once_and_share_their_fate(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 2)
    gone = [row(tmp_path, "gone.wav"), row(tmp_path, "gone.wav", clip_id="again")]
    write_manifest(tmp_path, [*rows, {**rows[0], "clip_id": "twin"}, *gone])
    assert run(tmp_path, max_failed_share=1.0) == 2
    assert absent(tmp_path) == ["again", "gone.wav"]
    first, _, third = (mel_TF for _, mel_TF in FeatureStore(tmp_path / "features", ["balanced"]).clips())
    np.testing.assert_array_equal(first, third)


@pytest.mark.usefixtures("here")
def test_too_many_failures_stop_with_their_number_and_keep_what_was_there(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 6)
    run(tmp_path)
    before = contents(tmp_path)
    write_manifest(tmp_path, [*rows, row(tmp_path, "gone.wav"), row(tmp_path, "lost", path=None, audio_hash=None)])
    with pytest.raises(PslError, match=r"^1 of 7 clips could not be read.*gone.wav does not exist.*cache/clips.parquet"):
        run(tmp_path, max_failed_share=0.13)
    assert contents(tmp_path) == before
    assert pq.read_table(tmp_path / "cache" / "clips.parquet")["status"].to_pylist() == ["present"] * 6 + ["unreadable", "missing"]
    assert run(tmp_path, max_failed_share=0.15) == 0


@pytest.mark.usefixtures("here")
def test_a_corpus_without_audio_is_told(tmp_path: Path) -> None:
    write_manifest(tmp_path, [{**item, "path": None, "audio_hash": None} for item in corpus(tmp_path, 2)])
    with pytest.raises(PslError, match="none of the 2 clips has audio"):
        run(tmp_path)


def test_no_manifest_says_which_stage_to_run(tmp_path: Path) -> None:
    with pytest.raises(PslError, match="run the stage metadata first"):
        run(tmp_path)


@dataclass(frozen=True)
class Killer(Here):
    """A runner in which reading the clip `victim` kills the process."""

    victim: str = "all"

    def __call__(self, work: Callable[[Job], Any], jobs: Iterable[Job], there: Iterable[str] = ()) -> Iterator[tuple[Job, Any]]:
        for job in jobs:
            deadly = any(clip.clip_id == self.victim or self.victim == "all" for clip in job.clips)
            yield job, None if deadly else work(job)


def test_the_clip_that_kills_its_process_is_found_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(tmp_path, 8)
    monkeypatch.setattr(f"{__name__}.RUNNER", partial(Killer, victim="005.flac"))
    assert run(tmp_path) == 7
    assert absent(tmp_path) == ["005.flac"] and "killed the process" in clips(tmp_path)["005.flac"][1]


def test_when_every_process_is_killed_the_run_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(tmp_path, 8)
    monkeypatch.setattr(f"{__name__}.RUNNER", Killer)
    with pytest.raises(PslError, match=r"every process .* was killed"):
        run(tmp_path)


@pytest.mark.usefixtures("here")
def test_files_hold_so_many_clips_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus(tmp_path, 9)
    monkeypatch.setattr("psl.features.extract.FILE_CLIPS", 4)
    run(tmp_path)
    assert list(contents(tmp_path)) == ["balanced-00000.parquet", "balanced-00001.parquet", "clips.parquet", "eval-00000.parquet"]
    assert len(FeatureStore(tmp_path / "features", ["balanced"])) == 6


def quiet_corpus(root: Path) -> None:
    """Three clips of noise, and beside them one each that is short, empty, digital silence, and quiet (its peak at -60 dBFS)."""
    rows = corpus(root, 3)
    for name, x_T in {
        "blink.wav": np.full(80, 0.5),
        "empty.wav": np.zeros(0),
        "mute.wav": np.zeros(4000),
        "quiet.wav": np.random.default_rng(9).choice([-0.001, 0.001], 4000),
    }.items():
        write_clip(root / "metadata" / name, x_T, 8000)
        rows.append(row(root, name))
    write_manifest(root, rows)


@pytest.mark.usefixtures("here")
def test_short_and_silent_clips_are_left_out_with_the_reason(tmp_path: Path) -> None:
    quiet_corpus(tmp_path)
    assert run(tmp_path, silence_db=-55.0) == 6
    assert {name: clips(tmp_path)[name] for name in absent(tmp_path)} == {
        "blink.wav": ("too short", "it lasts 0.010 s, less than features.min_seconds 0.1"),
        "empty.wav": ("unreadable", f"the audio file {tmp_path}/metadata/empty.wav is empty"),
        "mute.wav": ("silent", "all its samples are zero"),
        "quiet.wav": ("silent", "its peak is at -60.0 dBFS, below features.silence_db -55.0"),
    }
    assert FeatureStore(tmp_path / "features", ["balanced"]).clip_ids == ["000.flac", "001.flac"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ({"silence_db": None}, {"blink.wav", "empty.wav", "mute.wav"}),
        ({"silence_db": -65.0}, {"blink.wav", "empty.wav", "mute.wav"}),
        ({"min_seconds": 0.01}, {"empty.wav", "mute.wav"}),
        ({"min_seconds": 0.010_07}, {"blink.wav", "empty.wav", "mute.wav"}),
        ({"min_seconds": 0.5}, {"blink.wav", "empty.wav", "mute.wav"}),
    ],
)
def test_other_limits_compute_nothing_again_and_equal_a_run_without_a_cache(tmp_path: Path, changes: dict, left_out: set[str]) -> None:
    quiet_corpus(tmp_path)
    run(tmp_path, silence_db=-55.0)
    assert run(tmp_path, **changes) == 0 and set(absent(tmp_path)) == left_out
    before = contents(tmp_path)
    (tmp_path / "cache").rename(tmp_path / "old")
    assert run(tmp_path, **changes) == 6 and contents(tmp_path) == before


@pytest.mark.usefixtures("here")
def test_a_small_subset_without_its_clips_does_not_hide_behind_a_large_one(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 9)
    gone = [{**item, "path": None, "audio_hash": None} if item["clip_id"] in ("002.flac", "005.flac") else item for item in rows]
    write_manifest(tmp_path, gone)
    told = r"too few clips are there \(eval: 1 of 3 clips present, 2 missing\), and features.min_present_share is 0.5"
    with pytest.raises(PslError, match=told):
        run(tmp_path, min_present_share=0.5)
    assert not list(tmp_path.glob("cache/*/*.arrow"))  # found before anything was computed
    assert run(tmp_path, min_present_share=1 / 3) == 7


@pytest.mark.usefixtures("here")
def test_silent_clips_are_not_present(tmp_path: Path) -> None:
    quiet_corpus(tmp_path)
    share = {"min_present_share": 0.5}
    assert run(tmp_path, **share) == 6
    with pytest.raises(
        PslError, match=r"\(balanced: 2 of 6 clips present, 1 unreadable, 1 too short, 2 silent\).*cache/clips.parquet says why"
    ):
        run(tmp_path, silence_db=-55.0, **share)


@pytest.mark.usefixtures("here")
def test_when_no_clip_is_left_that_is_told(tmp_path: Path) -> None:
    corpus(tmp_path, 2)
    with pytest.raises(PslError, match="all 2 clips with audio are too short, silent or unreadable"):
        run(tmp_path, min_seconds=0.6)
