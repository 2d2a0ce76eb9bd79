"""Broken audio files: each gives a one-sentence error with the file and the cause, and the others are read."""

import gzip
import os
import re
import tracemalloc

import numpy as np
import pytest
from audio_containers import (
    DECODES,
    FAILS,
    HANGS,
    RATE,
    STREAMS,
    encoded,
    fake_ffmpeg,
    movie,
    ramp,
    write_panns,
    write_parquet,
    write_passt,
    write_tar,
)
from broken_audio import CLIP, FLAC, NAME, WAV, errors_of

from psl.audio import ffmpeg
from psl.audio.decode import measure, read_clip
from psl.audio.places.resolve import resolve_audio
from psl.audio.places.search import find_audio
from psl.runtime.errors import PslError


def nan_file() -> bytes:
    return encoded(np.array([0.0, np.nan] * RATE), "WAV", "FLOAT")


FILES = {
    "no bytes": (f"{NAME}.wav", b"", "is empty"),
    "header without samples": (f"{NAME}.wav", encoded(np.zeros(0), "WAV"), "is empty"),
    "half a header": (f"{NAME}.wav", WAV[:20], "cannot be read: .*Malformed"),
    "text": (f"{NAME}.wav", b"403 Forbidden\n" * 9, "cannot be read: Format not recognised"),
    "web page": (f"{NAME}.wav", b"<html>403 Forbidden</html>\n" * 9, "is a web page and no audio: fetch"),
    "web page named mp3": (f"{NAME}.mp3", b"<!DOCTYPE html>\n<html>\n" * 9, "is a web page and no audio"),
    "pointer": (
        f"{NAME}.flac",
        b"version https://git-lfs.github.com/spec/v1\n",
        "is a pointer of Git LFS.*git lfs pull",
    ),
    "gzip": (f"{NAME}.wav", gzip.compress(WAV), "is compressed by gzip and no audio: unpack it"),
    "text named ogg": (f"{NAME}.ogg", b"video unavailable", "cannot be read"),
    "header that promises more": (
        f"{NAME}.wav",
        WAV[:9000],
        "damaged: its header promises 16000 bytes of samples, and 8956 are there",
    ),
    "cut FLAC": (f"{NAME}.flac", FLAC[: len(FLAC) // 2], "cannot be read|is damaged"),
    "FLAC of zeros": (f"{NAME}.flac", FLAC[:200] + bytes(len(FLAC) - 200), "cannot be read|is damaged"),
    "cut Ogg": (f"{NAME}.ogg", encoded(ramp(1), "OGG")[:200], "cannot be read|is empty"),
    "NaN": (f"{NAME}.wav", nan_file(), "NaN or infinite"),
    "infinite": (f"{NAME}.wav", encoded(np.array([0.0, np.inf] * RATE), "WAV", "FLOAT"), "NaN or infinite"),
}


@pytest.mark.parametrize("container", ["file", "tar", "parquet", "passt"])
@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_alone_and_in_each_container(tmp_path, kind, container):
    name, content, cause = FILES[kind]
    if container == "file":
        (tmp_path / name).write_bytes(content)
    elif container == "tar":
        write_tar(tmp_path / "a.tar", {name: content})
    elif container == "parquet":
        write_parquet(tmp_path / "a.parquet", [(NAME, content)])
    else:
        write_passt(tmp_path / "a.h5", [("Y" + CLIP.name, content)])
    (error,) = errors_of(tmp_path)
    assert str(tmp_path / (name if container == "file" else "a.")) in error
    assert re.search(cause, error), error


def test_a_clip_beyond_the_end_is_refused_in_every_container(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    (tmp_path / "a.flac").write_bytes(FLAC)
    (tmp_path / "a.m4a").write_bytes(movie(ramp(1)))
    write_tar(tmp_path / "a.tar", {"a.flac": FLAC})
    write_parquet(tmp_path / "a.parquet", [("a", FLAC)])
    write_panns(tmp_path / "a.h5", [("a", ramp(1))])
    for locator in ("a.flac", "a.m4a", f"a.tar::512+{len(FLAC)}", "a.parquet::0+0", "a.h5::0"):
        with pytest.raises(PslError, match=f"{locator.replace('+', '.')} ends .*before the clip's start at 3.0 s"):
            read_clip(tmp_path / locator, 3.0, 4.0, RATE)


def test_a_file_for_ffmpeg_without_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / f"{NAME}.m4a").write_bytes(movie(ramp(20)))
    (error,) = errors_of(tmp_path)
    assert f"{NAME}.m4a needs FFmpeg to be read" in error and "install FFmpeg" in error


def test_without_ffmpeg_the_duration_of_a_file_without_times_is_not_guessed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / f"{CLIP.name}.m4a").write_bytes(movie(ramp(1)))
    with pytest.raises(PslError, match=rf"{CLIP.name}\.m4a has no times in its name.*install FFmpeg"):
        errors_of(tmp_path)


def test_a_long_recording_is_decoded_by_ffmpeg_in_constant_memory(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, STREAMS)
    (tmp_path / "a.m4a").write_bytes(movie(ramp(1)))
    tracemalloc.start()
    assert measure(tmp_path / "a.m4a", RATE).samples == 3600 * RATE
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3600 * RATE * 4 / 2


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (STREAMS + FAILS, "cannot be read by FFmpeg: Error opening input files"),
        (FAILS, "cannot be read by FFmpeg: Error opening input files: Invalid data found"),
        (HANGS, "in 1 s"),
    ],
    ids=["fails later", "fails", "hangs"],
)
def test_ffmpeg_that_fails_or_hangs(tmp_path, monkeypatch, body, cause):
    fake_ffmpeg(tmp_path, monkeypatch, body)
    monkeypatch.setattr(ffmpeg, "TIMEOUT_S", 1.0)
    (tmp_path / f"{NAME}.webm").write_bytes(b"\x1aE\xdf\xa3 cut")
    (error,) = errors_of(tmp_path)
    assert cause in error and f"{NAME}.webm" in error


def test_a_file_of_unknown_duration_counts_as_the_recording(tmp_path, monkeypatch):
    (tmp_path / f"{CLIP.name}.webm").write_bytes(movie(ramp(20)))
    fake_ffmpeg(tmp_path, monkeypatch, FAILS)
    (clip,) = list(resolve_audio([CLIP], find_audio(tmp_path, [CLIP])).rows())
    assert (clip.start_s, clip.end_s) == (5.0, 6.0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_missing_permissions_are_reported(tmp_path):
    for name in ("closed", "a.tar", "a.parquet", "a.h5"):
        (tmp_path / name).mkdir() if name == "closed" else (tmp_path / name).write_bytes(b"x")
        (tmp_path / name).chmod(0)
    errors = errors_of(tmp_path)
    assert len(errors) == 4 and "closed cannot be listed (Permission denied)" in "".join(errors)


def test_a_folder_whose_name_is_not_utf_8_is_reported(tmp_path, capsys):
    folder = os.path.join(os.fsencode(tmp_path), b"\xff")
    os.mkdir(folder)
    with open(os.path.join(folder, NAME.encode() + b".flac"), "wb") as file:
        file.write(FLAC)
    (error,) = errors_of(tmp_path)
    assert "is not UTF-8" in error and error in capsys.readouterr().err


def test_many_problems_are_counted(tmp_path, capsys):
    for n in range(8):
        (tmp_path / f"{n}.parquet").write_bytes(b"")
    assert len(find_audio(tmp_path, [CLIP]).problems) == 8
    assert "and 3 more such problems" in capsys.readouterr().err
