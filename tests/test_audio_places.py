"""Audio is found in folders, tars, Parquet and HDF5, and its locator gives exactly the samples that were stored."""

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from audio_containers import (
    DECODES,
    RATE,
    encoded,
    fake_ffmpeg,
    movie,
    ramp,
    write_panns,
    write_parquet,
    write_passt,
    write_tar,
)

from psl.audio.decode import duration_s, read_clip
from psl.audio.hashes import hash_audio
from psl.audio.places import parquet, tar
from psl.audio.places.locators import format_locator, parse_locator, reading_order
from psl.audio.places.names import SUFFIXES
from psl.audio.places.resolve import resolve_audio
from psl.audio.places.search import find_audio
from psl.audio.places.segments import Segment
from psl.audio.write import write_clip
from psl.runtime.errors import PslError

IDS = [f"{head}{n}bcdefghij"[:11] for n, head in enumerate(["-", "--", "_", "Y", "a"])]
CLIPS = [Segment(name, 5000 + 1000 * n, 6000 + 1000 * n) for n, name in enumerate(IDS)]


def clip_samples(clip: Segment) -> np.ndarray:
    return ramp((clip.end_ms - clip.start_ms) / 1000, clip.start_ms / 1000)


def read(clips, audio: Path) -> list[np.ndarray]:
    """Every clip, by the manifest's columns as find_audio and resolve_audio fill them."""
    rows = list(resolve_audio(clips, find_audio(audio, clips)).rows())
    assert [row.audio_hash for row in rows] == [hash_audio(row.path) for row in rows]
    return [read_clip(Path("/elsewhere") / row.path, row.start_s, row.end_s, RATE) for row in rows]


def expect_clips(clips, audio: Path, atol: float = 1e-4) -> None:
    for clip, x_T in zip(clips, read(clips, audio), strict=True):
        np.testing.assert_allclose(x_T, clip_samples(clip), atol=atol)


def in_files(folder: Path) -> None:
    for n, (clip, suffix) in enumerate(zip(CLIPS, ["wav", "flac", "WAV", "FLAC", "wav"], strict=True)):
        path = folder / f"part{n % 2:02d}" / f"deep{n}" / f"{clip.name}_{clip.start_ms / 1000}.{suffix.lower()}"
        path.parent.mkdir(parents=True)
        write_clip(path, clip_samples(clip), RATE)
        path.rename(path.with_suffix(f".{suffix}"))


def in_tars(folder: Path) -> None:
    for shard in range(2):
        members = {f"./x/{clip.name}_{clip.start_ms}.flac": encoded(clip_samples(clip)) for clip in CLIPS[shard::2]}
        write_tar(folder / f"shard-{shard}.tar", {"x/meta.json": b"{}", **members})


def in_parquet(folder: Path) -> None:
    write_parquet(folder / "train-00000.parquet", [(clip.name, encoded(clip_samples(clip))) for clip in CLIPS])


def in_panns(folder: Path) -> None:
    empty = ("", np.zeros(RATE, np.float32))
    write_panns(
        folder / "balanced_train.h5", [empty, *((f"Y{clip.name}.wav", clip_samples(clip)) for clip in CLIPS), empty]
    )


@pytest.mark.parametrize("store", [in_files, in_tars, in_parquet, in_panns])
def test_each_kind_of_storage_gives_the_stored_samples(tmp_path, store):
    store(tmp_path)
    expect_clips(CLIPS, tmp_path)


def test_mp3_bytes_in_hdf5(tmp_path):
    write_passt(tmp_path / "eval.hdf5", [(f"Y{clip.name}.mp3", encoded(clip_samples(clip), "MP3")) for clip in CLIPS])
    expect_clips(CLIPS, tmp_path, atol=0.02)


def test_ffmpeg_decodes_only_the_clip_and_gets_an_absolute_file_name(tmp_path, monkeypatch):
    log = fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    audio = tmp_path / "-audio"
    audio.mkdir()
    (audio / f"{IDS[0]}.m4a").write_bytes(movie(ramp(20)))
    monkeypatch.chdir(audio)
    expect_clips(CLIPS[:1], Path())
    describe, cut = (json.loads(line) for line in log.read_text().splitlines())
    assert describe[-2:] == cut[cut.index("-i") :][:2] == ["-i", f"file:{audio}/{IDS[0]}.m4a"]
    assert cut[cut.index("-i") - 2 : cut.index("-i")] == ["-ss", "4.000000"]  # a second before
    assert cut[cut.index("-i") + 2 :][:4] == ["-ss", "1.000000", "-t", "1.000000"]


def test_a_movie_in_a_container_or_with_another_suffix_is_decoded_by_ffmpeg(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    write_tar(tmp_path / "a.tar", {f"{CLIPS[0].name}.m4a": movie(ramp(20))})
    write_parquet(tmp_path / "b.parquet", [(CLIPS[1].name, movie(ramp(20)))])
    (tmp_path / f"{CLIPS[2].name}.wav").write_bytes(movie(ramp(20)))
    expect_clips(CLIPS[:3], tmp_path)


def test_a_short_movie_in_a_container_is_copied_completely_for_ffmpeg(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    write_parquet(tmp_path / "a.parquet", [("a", movie(ramp(0.05)))])
    np.testing.assert_array_equal(read_clip(tmp_path / "a.parquet::0+0", 0.0, None, RATE), ramp(0.05))


def test_a_wav_from_a_pipe_without_a_length_is_read_completely(tmp_path):
    content = encoded(ramp(1), "WAV")
    (tmp_path / "a.wav").write_bytes(content[:40] + b"\xff" * 4 + content[44:])
    assert len(read_clip(tmp_path / "a.wav", 0.0, None, RATE)) == RATE


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="FFmpeg is not installed")
# WebM counts in whole milliseconds and Opus begins 6.5 ms early: newer FFmpegs are off by up to 1.3 ms, 5.1 by up to 8.
@pytest.mark.parametrize(("suffix", "codec", "tolerance"), [("m4a", "aac", 0), ("webm", "libopus", 400)])
@pytest.mark.parametrize("start", [0.0, 0.5, 3.5, 7.37])
def test_real_ffmpeg_cuts_at_the_right_sample(tmp_path, suffix, codec, tolerance, start):
    x_T = np.convolve(np.random.default_rng(1).normal(0, 0.1, 10 * 48_000), np.ones(16) / 16, "same").astype(np.float32)
    write_clip(tmp_path / "a.wav", x_T, 48_000)
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-i", tmp_path / "a.wav", "-c:a", codec, tmp_path / f"-a.{suffix}"], check=True
    )
    clip_T = read_clip(tmp_path / f"-a.{suffix}", start, start + 1.0, 48_000)
    first = round(start * 48_000)
    shifts = range(-min(first, 500), 501)
    similarity = [np.dot(clip_T[:40_000], x_T[first + shift :][:40_000]) for shift in shifts]
    assert abs(shifts[int(np.argmax(similarity))]) <= tolerance and abs(len(clip_T) - 48_000) <= tolerance
    assert duration_s(tmp_path / f"-a.{suffix}") == pytest.approx(10.0, abs=0.05)


@pytest.mark.parametrize("storage", ["file", "tar", "parquet", "panns"])
def test_a_name_without_times_is_the_clip_or_its_recording(tmp_path, storage):
    short, long = Segment("short000000", 5000, 6000), Segment("-long000000", 5000, 6000)
    for clip, x_T in ((short, ramp(1.0, 5.0)), (long, ramp(20.0))):
        content = encoded(x_T)
        if storage == "file":
            (tmp_path / f"Y{clip.name}.flac").write_bytes(content)
        elif storage == "tar":
            write_tar(tmp_path / f"{clip.name}.tar", {f"id_{clip.name}.flac": content})
        elif storage == "parquet":
            write_parquet(tmp_path / f"{clip.name}.parquet", [(clip.name, content)])
        else:
            write_panns(tmp_path / f"{clip.name}.h5", [(f"Y{clip.name}.wav", x_T)])
    expect_clips([short, long], tmp_path)


def test_clips_share_a_file_only_if_it_is_the_whole_recording(tmp_path, capsys):
    clips = [Segment(name, start, start + 1000) for name in ("whole000000", "cut00000000") for start in (0, 5000)]
    write_clip(tmp_path / "whole000000.flac", ramp(20), RATE)
    write_clip(tmp_path / "cut00000000.flac", ramp(1, 5.0), RATE)
    rows = resolve_audio(clips, find_audio(tmp_path, clips)).rows()
    assert [row and (row.start_s, row.end_s) for row in rows] == [(0.0, 1.0), (5.0, 6.0), None, None]
    assert "2 clips share a file that is one of them" in capsys.readouterr().err


def in_all_kinds_of_storage(folder: Path, clip: Segment) -> list[str]:
    """Store the clip many times; returns the locators, the least preferred first."""
    content = encoded(clip_samples(clip))
    write_panns(folder / "a.h5", [(clip.name, clip_samples(clip))])
    write_parquet(folder / "b.parquet", [(clip.name, content)])
    write_tar(folder / "c.tar", {f"{clip.name}.flac": content})
    locators = ["a.h5::0", "b.parquet::0+0", f"c.tar::512+{len(content)}"]
    for name in ("z/bare.m4a", "y/bare.mp3", "b/bare.wav", "a/bare.wav", "z/cut.flac", "b/cut.wav"):
        path = folder / name.replace("bare", clip.name).replace("cut", f"{clip.name}_5_6")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        locators.append(str(path.relative_to(folder)))
    return locators


def test_the_preferred_of_several_matches_is_taken_and_the_others_are_counted(tmp_path, capsys):
    clip = CLIPS[0]
    locators = in_all_kinds_of_storage(tmp_path, clip)
    while locators:
        matches = find_audio(tmp_path, [clip])
        assert (matches.locators[0], matches.n_duplicates) == (str(tmp_path / locators[-1]), len(locators) - 1)
        assert (f"{matches.n_duplicates} duplicates" in capsys.readouterr().err) == (matches.n_duplicates > 0)
        os.unlink(tmp_path / locators.pop().split("::")[0])


def test_missing_clips_keep_their_row_and_are_counted(tmp_path, capsys):
    in_panns(tmp_path)
    clips = [CLIPS[0], Segment("missing0000", 0, 1000), CLIPS[1]]
    matches = find_audio(tmp_path, clips)
    assert [match is None for match in matches.rows()] == [False, True, False]
    assert list(resolve_audio(clips, matches).rows())[1] is None
    assert "1 of 3 clips have no audio" in capsys.readouterr().err


def test_without_any_match_the_accepted_names_are_logged(tmp_path, capsys):
    find_audio(tmp_path, [CLIPS[0]])
    assert f"searched for as {IDS[0]}_5.000_6.000" in capsys.readouterr().err


def test_other_recordings_are_found_by_their_own_names(tmp_path):
    write_parquet(tmp_path / "dev.parquet", [("64760", encoded(ramp(2)))], name_column="fname")
    np.testing.assert_allclose(*read([Segment("64760", 0, None)], tmp_path), ramp(2), atol=1e-4)


def test_rows_of_parquet_without_a_name_column_are_named_by_their_audio(tmp_path):
    content = encoded(clip_samples(CLIPS[0]))
    audio = pa.array([{"bytes": content, "path": f"x/{CLIPS[0].name}_5.flac"}])
    pq.write_table(pa.table({"label": ["x"], "audio": audio}), tmp_path / "a.parquet")
    expect_clips(CLIPS[:1], tmp_path)


def test_rows_of_parquet_without_a_name_are_ignored(tmp_path):
    write_parquet(tmp_path / "a.parquet", [(None, encoded(ramp(1))), ("a", encoded(ramp(1)))])
    matches = find_audio(tmp_path, [Segment("None", 0, None), Segment("a", 0, None)])
    assert matches.locators == [None, f"{tmp_path}/a.parquet::0+1"]


def test_listing_a_tar_keeps_no_headers(tmp_path, monkeypatch):
    write_tar(tmp_path / "a.tar", {f"{n}.flac": b"x" for n in range(9)})
    n_members, original = [], tarfile.TarFile.next
    monkeypatch.setattr(tarfile.TarFile, "next", lambda self: n_members.append(len(self.members)) or original(self))
    assert len(list(tar.members(str(tmp_path / "a.tar")))) == 9
    assert max(n_members) <= 1


def test_links_to_folders_are_followed_once(tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "disk").mkdir()
    write_clip(tmp_path / "disk" / f"{CLIPS[0].name}_5.wav", clip_samples(CLIPS[0]), RATE)
    for link, target in (("audio/link", "disk"), ("audio/again", "disk"), ("disk/round", "audio")):
        (tmp_path / link).symlink_to(tmp_path / target)
    matches = find_audio(tmp_path / "audio", CLIPS[:1])
    assert matches.locators[0] == str(tmp_path / f"audio/again/{CLIPS[0].name}_5.wav") and matches.n_duplicates == 0


def test_locators_survive_odd_folders_and_pathlib(tmp_path):
    folder = tmp_path / "a::1" / "x.tar::7+8" / "-b"
    folder.mkdir(parents=True)
    in_tars(folder)
    write_clip(folder / f"{CLIPS[1].name}_6.0.wav", clip_samples(CLIPS[1]), RATE)
    expect_clips(CLIPS, tmp_path)
    assert all(parse_locator(str(folder / f"a{suffix}")) is None for suffix in SUFFIXES)


def test_containers_are_read_in_storage_order(tmp_path, monkeypatch):
    in_parquet(tmp_path)
    clips = [CLIPS[n] for n in (4, 0, 2, 1, 3)]
    matches, row_groups = find_audio(tmp_path, clips), []
    monkeypatch.setattr(
        parquet, "_group", lambda path, group, read=parquet._group: row_groups.append(group) or read(path, group)
    )
    resolve_audio(clips, matches)
    assert row_groups == sorted(row_groups)
    order = sorted(["/a.tar::10+5", "/a.tar::9+5", "/a.h5::3", "/a.wav"], key=reading_order)
    assert order == ["/a.h5::3", "/a.tar::9+5", "/a.tar::10+5", "/a.wav"]


def test_a_row_group_is_read_once_for_rows_in_order(tmp_path, monkeypatch):
    path = write_parquet(tmp_path / "a.parquet", [(str(n), b"%d" % n) for n in range(6)], group=3)
    row_groups, read = [], pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile, "read_row_group", lambda self, n, **options: row_groups.append(n) or read(self, n, **options)
    )
    assert [parquet.read_row(parse_locator(format_locator(str(path), n // 3, n % 3))) for n in range(6)] == [
        b"%d" % n for n in range(6)
    ]
    assert row_groups == [0, 1]


def test_only_the_clip_is_read_from_a_long_member(tmp_path, monkeypatch):
    clip = Segment("-long000000", 100_000, 101_000)
    write_tar(tmp_path / "a.tar", {f"{clip.name}.wav": encoded(ramp(300), "WAV")})
    (locator,) = find_audio(tmp_path, [clip]).locators
    n_bytes, read = [], tar.Spliced.readinto
    monkeypatch.setattr(tar.Spliced, "readinto", lambda self, buffer: n_bytes.append(n := read(self, buffer)) or n)
    assert len(read_clip(locator, 100.0, 101.0, RATE)) == RATE
    assert sum(n_bytes) < 4 * 2 * RATE


def test_a_missing_audio_folder_is_refused(tmp_path):
    with pytest.raises(PslError, match="nowhere does not exist"):
        find_audio(tmp_path / "nowhere", CLIPS)
