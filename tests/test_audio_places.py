"""Audio is found in folders, tars, Parquet and HDF5, and the locator gives the very samples that were put there."""

import hashlib
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
from audio_containers import DECODES, RATE, encoded, fake_ffmpeg, movie, ramp, write_panns, write_parquet, write_passt, write_tar

from psl.audio import duration_s, hash_audio, read_clip, write_clip
from psl.audio_places import parquet, tar
from psl.audio_places.contents import read_contents
from psl.audio_places.index import find_places
from psl.audio_places.locators import parse, reading_order, spell
from psl.audio_places.names import SUFFIXES, Clip
from psl.errors import PslError

IDS = [f"{head}{n}bcdefghij"[:11] for n, head in enumerate(["-", "--", "_", "Y", "a"])]
CLIPS = [Clip(name, 5000 + 1000 * n, 6000 + 1000 * n) for n, name in enumerate(IDS)]


def clip_samples(clip: Clip) -> np.ndarray:
    return ramp((clip.end_ms - clip.start_ms) / 1000, clip.start_ms / 1000)


def read(clips, audio: Path) -> list[np.ndarray]:
    """Every clip, by the manifest's columns as find_places and read_contents fill them."""
    contents = list(read_contents(clips, find_places(audio, clips)).rows())
    assert [content.audio_hash for content in contents] == [hash_audio(content.path) for content in contents]
    return [read_clip(Path("/elsewhere") / content.path, content.start_s, content.end_s, RATE) for content in contents]


def expect(clips, audio: Path, atol: float = 1e-4) -> None:
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
    write_panns(folder / "balanced_train.h5", [empty, *((f"Y{clip.name}.wav", clip_samples(clip)) for clip in CLIPS), empty])


@pytest.mark.parametrize("put", [in_files, in_tars, in_parquet, in_panns])
def test_each_place_gives_the_samples_that_were_put_there(tmp_path, put):
    put(tmp_path)
    expect(CLIPS, tmp_path)


def test_mp3_bytes_in_hdf5(tmp_path):
    write_passt(tmp_path / "eval.hdf5", [(f"Y{clip.name}.mp3", encoded(clip_samples(clip), "MP3")) for clip in CLIPS])
    expect(CLIPS, tmp_path, atol=0.02)


def test_a_file_for_ffmpeg_is_cut_by_it_and_named_so_that_it_is_no_option(tmp_path, monkeypatch):
    log = fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    audio = tmp_path / "-audio"
    audio.mkdir()
    (audio / f"{IDS[0]}.m4a").write_bytes(movie(ramp(20)))
    monkeypatch.chdir(audio)
    expect(CLIPS[:1], Path())
    describe, cut = (json.loads(line) for line in log.read_text().splitlines())
    assert describe[-2:] == cut[cut.index("-i") :][:2] == ["-i", f"file:{audio}/{IDS[0]}.m4a"]
    assert cut[cut.index("-i") - 2 : cut.index("-i")] == ["-ss", "4.000000"]  # a second before
    assert cut[cut.index("-i") + 2 :][:4] == ["-ss", "1.000000", "-t", "1.000000"]


def test_a_movie_in_a_container_or_under_another_suffix_goes_to_ffmpeg_too(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    write_tar(tmp_path / "a.tar", {f"{CLIPS[0].name}.m4a": movie(ramp(20))})
    write_parquet(tmp_path / "b.parquet", [(CLIPS[1].name, movie(ramp(20)))])
    (tmp_path / f"{CLIPS[2].name}.wav").write_bytes(movie(ramp(20)))
    expect(CLIPS[:3], tmp_path)


def test_a_short_movie_in_a_container_reaches_ffmpeg_whole(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    write_parquet(tmp_path / "a.parquet", [("a", movie(ramp(0.05)))])
    np.testing.assert_array_equal(read_clip(tmp_path / "a.parquet::0+0", 0.0, None, RATE), ramp(0.05))


def test_a_wav_from_a_pipe_does_not_know_its_length_and_is_whole(tmp_path):
    content = encoded(ramp(1), "WAV")
    (tmp_path / "a.wav").write_bytes(content[:40] + b"\xff" * 4 + content[44:])
    assert len(read_clip(tmp_path / "a.wav", 0.0, None, RATE)) == RATE


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="FFmpeg is not here")
# WebM counts in whole milliseconds and Opus begins 6.5 ms early: newer FFmpegs are off by up to 1.3 ms, 5.1 by up to 8.
@pytest.mark.parametrize(("suffix", "codec", "off"), [("m4a", "aac", 0), ("webm", "libopus", 400)])
@pytest.mark.parametrize("start", [0.0, 0.5, 3.5, 7.37])
def test_real_ffmpeg_cuts_where_it_is_asked_to(tmp_path, suffix, codec, off, start):
    x_T = np.convolve(np.random.default_rng(1).normal(0, 0.1, 10 * 48_000), np.ones(16) / 16, "same").astype(np.float32)
    write_clip(tmp_path / "a.wav", x_T, 48_000)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", tmp_path / "a.wav", "-c:a", codec, tmp_path / f"-a.{suffix}"], check=True)
    got_T = read_clip(tmp_path / f"-a.{suffix}", start, start + 1.0, 48_000)
    first = round(start * 48_000)
    shifts = range(-min(first, 500), 501)
    likeness = [np.dot(got_T[:40_000], x_T[first + shift :][:40_000]) for shift in shifts]
    assert abs(shifts[int(np.argmax(likeness))]) <= off and abs(len(got_T) - 48_000) <= off
    assert duration_s(tmp_path / f"-a.{suffix}") == pytest.approx(10.0, abs=0.05)


@pytest.mark.parametrize("put", ["file", "tar", "parquet", "panns"])
def test_a_bare_name_is_the_clip_or_the_recording_that_it_is_cut_from(tmp_path, put):
    short, long = Clip("short000000", 5000, 6000), Clip("-long000000", 5000, 6000)
    for clip, x_T in ((short, ramp(1.0, 5.0)), (long, ramp(20.0))):
        content = encoded(x_T)
        if put == "file":
            (tmp_path / f"Y{clip.name}.flac").write_bytes(content)
        elif put == "tar":
            write_tar(tmp_path / f"{clip.name}.tar", {f"id_{clip.name}.flac": content})
        elif put == "parquet":
            write_parquet(tmp_path / f"{clip.name}.parquet", [(clip.name, content)])
        else:
            write_panns(tmp_path / f"{clip.name}.h5", [(f"Y{clip.name}.wav", x_T)])
    expect([short, long], tmp_path)


def test_clips_of_one_recording_share_it_only_when_it_is_whole(tmp_path, capsys):
    clips = [Clip(name, start, start + 1000) for name in ("whole000000", "cut00000000") for start in (0, 5000)]
    write_clip(tmp_path / "whole000000.flac", ramp(20), RATE)
    write_clip(tmp_path / "cut00000000.flac", ramp(1, 5.0), RATE)
    contents = list(read_contents(clips, find_places(tmp_path, clips)).rows())
    assert [content and (content.start_s, content.end_s) for content in contents] == [(0.0, 1.0), (5.0, 6.0), None, None]
    assert "2 clips share a cut file" in capsys.readouterr().err


def test_of_several_places_the_stated_one_is_taken_and_the_others_are_counted(tmp_path, capsys):
    clip, content = CLIPS[0], encoded(clip_samples(CLIPS[0]))
    write_panns(tmp_path / "a.h5", [(clip.name, clip_samples(clip))])
    places = [f"a.h5{spell('', 0)}"]
    write_parquet(tmp_path / "b.parquet", [(clip.name, content)])
    places.append(f"b.parquet{spell('', 0, 0)}")
    write_tar(tmp_path / "c.tar", {f"{clip.name}.flac": content})
    places.append(f"c.tar{spell('', 512, len(content))}")
    for name in ("z/bare.m4a", "y/bare.mp3", "b/bare.wav", "a/bare.wav", "z/cut.flac", "b/cut.wav"):
        path = tmp_path / name.replace("bare", clip.name).replace("cut", f"{clip.name}_5_6")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        places.append(str(path.relative_to(tmp_path)))
    while places:
        found = find_places(tmp_path, [clip])
        assert (found.found[0].locator, found.copies) == (str(tmp_path / places[-1]), len(places) - 1)
        assert (f"{found.copies} further copies" in capsys.readouterr().err) == (found.copies > 0)
        os.unlink(tmp_path / places.pop().split("::")[0])


def test_missing_clips_keep_their_row_and_are_counted(tmp_path, capsys):
    in_panns(tmp_path)
    clips = [CLIPS[0], Clip("missing0000", 0, 1000), CLIPS[1]]
    places = find_places(tmp_path, clips)
    assert [place is None for place in places.found] == [False, True, False]
    assert list(read_contents(clips, places).rows())[1] is None
    assert "1 of 3 clips have no audio" in capsys.readouterr().err


def test_where_nothing_fits_the_names_are_told(tmp_path, capsys):
    find_places(tmp_path, [CLIPS[0]])
    assert f"looked for as {IDS[0]}_5.000_6.000" in capsys.readouterr().err


def test_other_recordings_are_found_by_their_own_names(tmp_path):
    write_parquet(tmp_path / "dev.parquet", [("64760", encoded(ramp(2)))], name="fname")
    np.testing.assert_allclose(*read([Clip("64760", 0, None)], tmp_path), ramp(2), atol=1e-4)


def test_rows_of_parquet_are_named_by_their_audio_where_no_column_does(tmp_path):
    content = encoded(clip_samples(CLIPS[0]))
    audio = pa.array([{"bytes": content, "path": f"x/{CLIPS[0].name}_5.flac"}])
    pq.write_table(pa.table({"label": ["x"], "audio": audio}), tmp_path / "a.parquet")
    expect(CLIPS[:1], tmp_path)


def test_rows_of_parquet_without_a_name_are_no_clips(tmp_path):
    write_parquet(tmp_path / "a.parquet", [(None, encoded(ramp(1))), ("a", encoded(ramp(1)))])
    found = find_places(tmp_path, [Clip("None", 0, None), Clip("a", 0, None)]).found
    assert [place and place.locator for place in found] == [None, f"{tmp_path}/a.parquet::0+1"]


def test_listing_a_tar_keeps_no_headers(tmp_path, monkeypatch):
    write_tar(tmp_path / "a.tar", {f"{n}.flac": b"x" for n in range(9)})
    kept, true = [], tarfile.TarFile.next
    monkeypatch.setattr(tarfile.TarFile, "next", lambda self: kept.append(len(self.members)) or true(self))
    assert len(list(tar.members(str(tmp_path / "a.tar")))) == 9
    assert max(kept) <= 1


def test_links_to_folders_are_followed_once(tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "disk").mkdir()
    write_clip(tmp_path / "disk" / f"{CLIPS[0].name}_5.wav", clip_samples(CLIPS[0]), RATE)
    for link, target in (("audio/link", "disk"), ("audio/again", "disk"), ("disk/round", "audio")):
        (tmp_path / link).symlink_to(tmp_path / target)
    places = find_places(tmp_path / "audio", CLIPS[:1])
    assert places.found[0].locator == str(tmp_path / f"audio/again/{CLIPS[0].name}_5.wav") and places.copies == 0


def test_locators_survive_odd_folders_and_pathlib(tmp_path):
    folder = tmp_path / "a::1" / "x.tar::7+8" / "-b"
    folder.mkdir(parents=True)
    in_tars(folder)
    write_clip(folder / f"{CLIPS[1].name}_6.0.wav", clip_samples(CLIPS[1]), RATE)
    expect(CLIPS, tmp_path)
    assert all(parse(str(folder / f"a{suffix}")) is None for suffix in SUFFIXES)


def test_places_are_read_in_the_order_in_which_they_lie(tmp_path, monkeypatch):
    in_parquet(tmp_path)
    clips = [CLIPS[n] for n in (4, 0, 2, 1, 3)]
    places, asked = find_places(tmp_path, clips), []
    monkeypatch.setattr(parquet, "_group", lambda path, group, true=parquet._group: asked.append(group) or true(path, group))
    read_contents(clips, places)
    assert asked == sorted(asked)
    order = sorted(["/a.tar::10+5", "/a.tar::9+5", "/a.h5::3", "/a.wav"], key=reading_order)
    assert order == ["/a.h5::3", "/a.tar::9+5", "/a.tar::10+5", "/a.wav"]


def test_a_row_group_is_read_once_for_rows_in_order(tmp_path, monkeypatch):
    path = write_parquet(tmp_path / "a.parquet", [(str(n), b"%d" % n) for n in range(6)], group=3)
    asked, true = [], pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda self, n, **how: asked.append(n) or true(self, n, **how))
    assert [parquet.read_row(parse(spell(str(path), n // 3, n % 3))) for n in range(6)] == [b"%d" % n for n in range(6)]
    assert asked == [0, 1]


def test_only_the_stretch_of_a_long_member_is_read(tmp_path, monkeypatch):
    clip = Clip("-long000000", 100_000, 101_000)
    write_tar(tmp_path / "a.tar", {f"{clip.name}.wav": encoded(ramp(300), "WAV")})
    (place,) = find_places(tmp_path, [clip]).found
    count, true = [], tar._Part.readinto
    monkeypatch.setattr(tar._Part, "readinto", lambda self, buffer: count.append(n := true(self, buffer)) or n)
    assert len(read_clip(place.locator, 100.0, 101.0, RATE)) == RATE
    assert sum(count) < 4 * 2 * RATE


def test_hashes_are_of_the_content_wherever_it_lies(tmp_path):
    content = encoded(ramp(1))
    (tmp_path / "a.flac").write_bytes(content)
    write_tar(tmp_path / "a.tar", {"a.flac": content})
    write_parquet(tmp_path / "a.parquet", [("a", content)])
    write_passt(tmp_path / "b.h5", [("a.mp3", content)])
    names = ["a.flac", f"a.tar::512+{len(content)}", "a.parquet::0+0", "b.h5::0"]
    hashes = {hash_audio(tmp_path / name) for name in names}
    assert hashes == {hashlib.sha256(content).hexdigest()[:32]}


def test_the_hash_of_samples_depends_on_samples_and_rate(tmp_path):
    one, two = ramp(1), ramp(1, 1.0)
    for name, rate, rows in (("a", RATE, [one, two, one]), ("b", RATE, [one]), ("c", 2 * RATE, [one])):
        write_panns(tmp_path / f"{name}.h5", [(str(row), x_T) for row, x_T in enumerate(rows)], rate)
    a0, a1, a2, b0, c0 = (hash_audio(tmp_path / name) for name in ("a.h5::0", "a.h5::1", "a.h5::2", "b.h5::0", "c.h5::0"))
    assert a0 == a2 == b0 and len({a0, a1, c0}) == 3


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(PslError, match="nowhere does not exist"):
        find_places(tmp_path / "nowhere", CLIPS)
