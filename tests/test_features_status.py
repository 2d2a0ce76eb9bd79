"""The status of each clip of a corpus: failures are recorded with their reason, and too many of them stop the run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from feature_corpora import contents, corpus, not_present, row, run, statuses, write_manifest

from psl.audio.write import write_clip
from psl.features.extraction.shards import ShardJob
from psl.features.log_mel import FrontEnd
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Serial


def broken_corpus(root: Path) -> None:
    """Six clips of noise, four that cannot be read, and one that is missing."""
    rows = corpus(root, 6)
    for name, data in (("junk.wav", b"junk"), ("none.wav", b"")):
        (root / "metadata" / name).write_bytes(data)
    unreadable = [row(root, name) for name in ("junk.wav", "none.wav", "gone.wav")]
    late = {**rows[0], "clip_id": "late", "start_s": 9.0}
    write_manifest(root, [*rows, *unreadable, late, row(root, "lost", path=None, audio_hash=None)])


def test_unreadable_clips_are_recorded_and_the_others_are_computed(tmp_path: Path) -> None:
    broken_corpus(tmp_path)
    assert run(tmp_path) == 6
    assert not_present(tmp_path) == ["gone.wav", "junk.wav", "late", "lost", "none.wav"]
    pairs = [statuses(tmp_path)[name] for name in not_present(tmp_path)]
    expected = ("does not exist", "cannot be read", "ends after", "audio not found", "is empty")
    assert all(part in reason for part, (_, reason) in zip(expected, pairs, strict=True))
    assert [status for status, _ in pairs] == ["unreadable", "unreadable", "unreadable", "missing", "unreadable"]
    assert statuses(tmp_path)["001.flac"] == ("present", None)
    assert len(FeatureStore(tmp_path / "features", ["balanced", "eval"])) == 6


def test_a_repaired_clip_is_computed(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 4)
    lost = tmp_path / "metadata" / rows[1]["path"]
    whole = lost.read_bytes()
    lost.unlink()
    assert run(tmp_path) == 3 and not_present(tmp_path) == ["001.flac"]
    lost.write_bytes(whole)
    assert run(tmp_path) == 1 and not_present(tmp_path) == []


def test_clips_with_the_same_audio_are_read_once_and_have_the_same_status(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 2)
    gone = [row(tmp_path, "gone.wav"), row(tmp_path, "gone.wav", clip_id="again")]
    write_manifest(tmp_path, [*rows, {**rows[0], "clip_id": "twin"}, *gone])
    assert run(tmp_path, max_failed_share=1.0) == 2
    assert not_present(tmp_path) == ["again", "gone.wav"]
    first, _, third = (mel_TF for _, mel_TF in FeatureStore(tmp_path / "features", ["balanced"]).clips())
    np.testing.assert_array_equal(first, third)


def test_too_many_failures_stop_the_run_and_keep_the_old_features(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 6)
    run(tmp_path)
    before = contents(tmp_path)
    write_manifest(tmp_path, [*rows, row(tmp_path, "gone.wav"), row(tmp_path, "lost", path=None, audio_hash=None)])
    with pytest.raises(
        PslError, match=r"^1 of 7 clips could not be read.*gone.wav does not exist.*cache/clips.parquet"
    ):
        run(tmp_path, max_failed_share=0.13)
    assert contents(tmp_path) == before
    assert pq.read_table(tmp_path / "cache" / "clips.parquet")["status"].to_pylist() == ["present"] * 6 + [
        "unreadable",
        "missing",
    ]
    assert run(tmp_path, max_failed_share=0.15) == 0


def test_a_corpus_without_audio_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, [{**item, "path": None, "audio_hash": None} for item in corpus(tmp_path, 2)])
    with pytest.raises(PslError, match="none of the 2 clips has audio"):
        run(tmp_path)


def test_no_manifest_says_which_stage_to_run(tmp_path: Path) -> None:
    with pytest.raises(PslError, match="run the stage metadata first"):
        run(tmp_path)


@dataclass(frozen=True)
class Killer(Serial):
    """A runner in which reading the clip `victim` kills the process."""

    victim: str = "all"

    def __call__(
        self, work: Callable[[ShardJob], Any], jobs: Iterable[ShardJob], cached: Iterable[str] = ()
    ) -> Iterator[tuple[ShardJob, Any]]:
        for job in jobs:
            deadly = any(clip.clip_id == self.victim or self.victim == "all" for clip in job.clips)
            yield job, None if deadly else work(job)


def test_the_clip_that_kills_its_process_is_found_and_recorded(tmp_path: Path) -> None:
    corpus(tmp_path, 8)
    assert run(tmp_path, runner=Killer(1, victim="005.flac")) == 7
    assert not_present(tmp_path) == ["005.flac"] and "killed the process" in statuses(tmp_path)["005.flac"][1]


def test_when_every_process_is_killed_the_run_stops(tmp_path: Path) -> None:
    corpus(tmp_path, 8)
    with pytest.raises(PslError, match=r"every process .* was killed"):
        run(tmp_path, runner=Killer(1))


def quiet_corpus(root: Path) -> None:
    """Three clips of noise, and one each that is short, empty, digital silence, and quiet (its peak at -60 dBFS)."""
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


def test_short_and_silent_clips_have_no_features_and_a_reason(tmp_path: Path) -> None:
    quiet_corpus(tmp_path)
    assert run(tmp_path, silence_db=-55.0) == 6
    assert {name: statuses(tmp_path)[name] for name in not_present(tmp_path)} == {
        "blink.wav": ("too short", "it lasts 0.010 s, less than features.min_seconds 0.1"),
        "empty.wav": ("unreadable", f"the audio file {tmp_path}/metadata/empty.wav is empty"),
        "mute.wav": ("silent", "all its samples are zero"),
        "quiet.wav": ("silent", "its peak is at -60.0 dBFS, below features.silence_db -55.0"),
    }
    assert FeatureStore(tmp_path / "features", ["balanced"]).clip_ids == ["000.flac", "001.flac"]


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
def test_other_limits_compute_nothing_and_give_the_bytes_of_a_run_without_a_cache(
    tmp_path: Path, changes: dict, left_out: set[str]
) -> None:
    quiet_corpus(tmp_path)
    run(tmp_path, silence_db=-55.0)
    assert run(tmp_path, **changes) == 0 and set(not_present(tmp_path)) == left_out
    before = contents(tmp_path)
    (tmp_path / "cache").rename(tmp_path / "old")
    assert run(tmp_path, **changes) == 6 and contents(tmp_path) == before


def test_channels_that_cancel_are_said_so_and_one_of_them_can_be_taken(tmp_path: Path) -> None:
    rows, x_T = corpus(tmp_path, 3), np.random.default_rng(0).choice([-0.5, 0.5], 4000)
    soundfile.write(tmp_path / "metadata" / "wide.wav", np.stack([x_T, -x_T], 1), 8000)
    write_manifest(tmp_path, [*rows, row(tmp_path, "wide.wav")])
    reason = "its channels cancel each other, the loudest has its peak at -6.1 dBFS: set features.channel to loudest"
    for silence_db in (None, -80.0):
        run(tmp_path, silence_db=silence_db)
        assert statuses(tmp_path)["wide.wav"] == ("silent", reason)
    assert FeatureStore(tmp_path / "features", ["balanced"]).channel == "mean"
    assert run(tmp_path, channel="loudest") == 4 and not_present(tmp_path) == []
    store = FeatureStore(tmp_path / "features", ["balanced"])
    assert "wide.wav" in store.clip_ids and store.channel == "loudest"
    assert run(tmp_path) == 0 and not_present(tmp_path) == ["wide.wav"]


@pytest.mark.parametrize("error", [MemoryError(), ValueError("array is too big"), ZeroDivisionError()])
def test_no_error_of_one_clip_ends_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    corpus(tmp_path, 4)
    mel_TF = np.zeros((3, 16), np.float16)
    monkeypatch.setattr(FrontEnd, "log_mel", Mock(side_effect=[error, mel_TF, mel_TF, mel_TF]))
    assert run(tmp_path) == 3
    assert "000.flac cannot be computed: " + type(error).__name__ in statuses(tmp_path)["000.flac"][1]


def test_the_share_of_present_clips_is_checked_for_each_subset(tmp_path: Path) -> None:
    rows = corpus(tmp_path, 9)
    gone = [
        {**item, "path": None, "audio_hash": None} if item["clip_id"] in ("002.flac", "005.flac") else item
        for item in rows
    ]
    write_manifest(tmp_path, gone)
    message = (
        r"too few clips are present \(eval: 1 of 3 clips present, 2 missing\), and features.min_present_share is 0.5"
    )
    with pytest.raises(PslError, match=message):
        run(tmp_path, min_present_share=0.5)
    assert not list(tmp_path.glob("cache/*/*.arrow"))  # found before anything was computed
    assert run(tmp_path, min_present_share=1 / 3) == 7


def test_silent_clips_do_not_count_as_present(tmp_path: Path) -> None:
    quiet_corpus(tmp_path)
    share = {"min_present_share": 0.5}
    assert run(tmp_path, **share) == 6
    counts = r"\(balanced: 2 of 6 clips present, 1 unreadable, 1 too short, 2 silent\)"
    with pytest.raises(PslError, match=rf"{counts}.*cache/clips.parquet gives the reason"):
        run(tmp_path, silence_db=-55.0, **share)


def test_without_any_present_clip_the_run_stops(tmp_path: Path) -> None:
    corpus(tmp_path, 2)
    with pytest.raises(PslError, match="all 2 clips with audio are too short, silent or unreadable"):
        run(tmp_path, min_seconds=0.6)
