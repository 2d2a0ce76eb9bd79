"""Clips are decoded to the sample, and each kind of broken file gives a one-sentence error."""

import tracemalloc
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import soundfile
import soxr
from audio_containers import MP3_RATE, mp3_without_length
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.audio import libsndfile
from psl.audio.decode import decode_clip, duration_s, measure, read_clip
from psl.audio.write import write_clip
from psl.runtime.errors import PslError

RATE = 8000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.9, 0.9, int(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("suffix", ["flac", "wav"])
def test_written_samples_come_back_and_bytes_repeat(tmp_path: Path, suffix: str) -> None:
    x_T, path = noise(0.5), tmp_path / f"a.{suffix}"
    write_clip(path, x_T, RATE)
    first = path.read_bytes()
    write_clip(path, x_T, RATE)
    assert path.read_bytes() == first
    np.testing.assert_allclose(read_clip(path, 0.0, None, RATE), x_T, atol=0.5001 / 32768)


def test_samples_beyond_full_scale_are_clipped_not_wrapped(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.wav", np.array([1.5, -1.5]), RATE)
    assert read_clip(tmp_path / "a.wav", 0.0, None, RATE).tolist() == [32767 / 32768, -1.0]


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 15), length=st.integers(1, 16))
def test_a_clip_is_a_slice_of_the_recording(tmp_path_factory: pytest.TempPathFactory, start: int, length: int) -> None:
    path, x_T = tmp_path_factory.mktemp("audio") / "a.wav", noise(2.0)
    write_clip(path, x_T, RATE)
    whole_T = read_clip(path, 0.0, None, RATE)
    part_T = read_clip(path, start / 8, (start + length) / 8, RATE)
    np.testing.assert_array_equal(part_T, whole_T[start * 1000 : (start + length) * 1000])


def test_only_the_clip_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "long.flac", noise(60.0), RATE)
    frames_read, read = [], soundfile.SoundFile.read
    monkeypatch.setattr(
        soundfile.SoundFile,
        "read",
        lambda self, frames, **options: frames_read.append(frames) or read(self, frames, **options),
    )
    assert len(read_clip(tmp_path / "long.flac", 30.0, 31.0, RATE)) == RATE
    assert frames_read == [RATE]


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = noise(0.1, 1), noise(0.1, 2)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], 1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(read_clip(tmp_path / "a.wav", 0.0, None, RATE), (left + right) / 2, atol=1e-7)


def stereo(folder: Path, left: float, right: float) -> Path:
    """Two seconds of one noise in both channels, each at its own level."""
    x_T = noise(2.0)
    soundfile.write(folder / "a.wav", np.stack([left * x_T, right * x_T], 1), RATE, subtype="FLOAT")
    return folder / "a.wav"


@pytest.mark.parametrize(("channel", "level"), [("mean", 0.1), (1, -0.5), (2, 0.7), ("loudest", 0.7)])
def test_one_of_several_channels_is_taken(tmp_path: Path, channel: str | int, level: float) -> None:
    x_T = read_clip(stereo(tmp_path, -0.5, 0.7), 0.5, 1.5, RATE, channel=channel)
    np.testing.assert_allclose(x_T, level * noise(2.0)[RATE // 2 : RATE * 3 // 2], atol=1e-6)


def test_a_single_channel_is_taken_and_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write_clip(tmp_path / "mono.wav", noise(1.0), RATE)
    assert len(read_clip(tmp_path / "mono.wav", 0.0, None, RATE, channel=2)) == RATE
    with pytest.raises(PslError, match=r"a\.wav has 2 channels, and features.channel is 3: choose another"):
        read_clip(stereo(tmp_path, 0.5, 0.5), 0.0, None, RATE, channel=3)


@pytest.mark.parametrize(("right", "cancels"), [(-0.5, True), (-0.49, True), (0.5, False), (-0.3, False), (0.0, False)])
def test_channels_out_of_phase_are_found(tmp_path: Path, right: float, cancels: bool) -> None:
    path = stereo(tmp_path, 0.5, right)
    peak = float(np.float32(0.5 * np.abs(noise(2.0)).max())) if cancels else 0.0
    assert decode_clip(path, 0.0, None, RATE).cancelled_peak == pytest.approx(peak)
    assert measure(path, 16_000) == (32_000, pytest.approx(peak))
    assert decode_clip(path, 0.0, None, RATE, channel="loudest").cancelled_peak == 0


@pytest.mark.parametrize("rate_hz", [8000, 16_000, 11_025])
def test_blocks_change_no_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate_hz: int) -> None:
    path = stereo(tmp_path, 0.5, 0.3)
    whole_T = soxr.resample(noise(2.0) * np.float32(0.4), RATE, rate_hz, quality="HQ")
    monkeypatch.setattr(libsndfile, "BLOCK_SAMPLES", 1001)
    np.testing.assert_allclose(read_clip(path, 0.0, None, rate_hz), whole_T, atol=1e-6)
    assert measure(path, rate_hz).samples == len(whole_T)


def test_measuring_a_recording_keeps_none_of_it(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((200 * 48_000, 2), np.int16), 48_000)
    tracemalloc.start()
    assert measure(tmp_path / "a.wav", 16_000).samples == 200 * 16_000
    assert tracemalloc.get_traced_memory()[1] < 60e6  # 77 MB of samples
    tracemalloc.stop()


@pytest.mark.parametrize("error", [MemoryError(), ValueError("array is too big"), OSError(5, "Input/output error")])
def test_any_error_of_decoding_is_one_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    write_clip(tmp_path / "a.wav", noise(1.0), RATE)
    monkeypatch.setattr(soundfile.SoundFile, "read", Mock(side_effect=error))
    with pytest.raises(PslError, match=r"the audio file .*a\.wav cannot be read: "):
        read_clip(tmp_path / "a.wav", 0.0, None, RATE)


def test_resampling_keeps_a_tone_and_the_duration(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)
    soundfile.write(tmp_path / "a.ogg", tone * 0.5, 44_100)
    x_T = read_clip(tmp_path / "a.ogg", 0.0, 1.0, 16_000)
    assert x_T.dtype == np.float32 and len(x_T) == 16_000
    assert np.abs(np.fft.rfft(x_T)).argmax() == 440


def test_a_recording_that_ends_early_gives_a_shorter_clip(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.wav", noise(1.5), RATE)
    assert len(read_clip(tmp_path / "a.wav", 1.0, 11.0, RATE)) == RATE // 2


def quiet_then_loud() -> np.ndarray:
    """Ten seconds with a beginning that an encoder of variable rate compresses far better than the rest."""
    x_T = np.random.default_rng(0).normal(0, 0.1, 10 * MP3_RATE)
    x_T[: 3 * MP3_RATE] *= 0.001
    return x_T


VBRI = (b"\xff\xfb\xa0\xc4" + bytes(32) + b"VBRI").ljust(522, b"\0")  # a frame of 160 kbit/s


@pytest.mark.parametrize("before", [b"", b"ID3\4\0\0\0\0\0\x14" + bytes(20), VBRI], ids=["bare", "ID3", "VBRI"])
@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_an_mp3_without_a_stated_length_is_read_to_its_end(tmp_path: Path, mode: str, before: bytes) -> None:
    path, x_T = tmp_path / "a.mp3", quiet_then_loud()
    path.write_bytes(before + mp3_without_length(x_T, mode))
    whole_T = read_clip(path, 0.0, None, MP3_RATE)
    assert len(whole_T) == 384 * 1152 - 529  # frames, and the decoder's delay
    assert duration_s(path) == len(whole_T) / MP3_RATE
    np.testing.assert_allclose(read_clip(path, 8.0, 10.0, MP3_RATE), whole_T[8 * MP3_RATE : 10 * MP3_RATE], atol=1e-4)
    assert np.correlate(whole_T[5 * MP3_RATE :][:6000], x_T[5 * MP3_RATE :][:4000]).argmax() == 576  # LAME's delay


def test_an_mp3_that_replaces_another_is_counted_again(tmp_path: Path) -> None:
    path, x_T = tmp_path / "a.mp3", quiet_then_loud()
    lengths = []
    for seconds in (4, 2):
        path.write_bytes(mp3_without_length(x_T[: seconds * MP3_RATE], "CONSTANT"))
        lengths.append(round(duration_s(path)))
    assert lengths == [4, 2]


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_a_truncated_mp3_without_a_stated_length_is_refused_at_its_end(tmp_path: Path, mode: str) -> None:
    path, content = tmp_path / "a.mp3", mp3_without_length(quiet_then_loud(), mode)
    path.write_bytes(content[: len(content) * 3 // 4 - 100])
    assert len(read_clip(path, 0.0, 5.0, MP3_RATE)) == 5 * MP3_RATE
    with pytest.raises(PslError, match=r"a\.mp3 is damaged: \d+ of \d+ samples could be read"):
        read_clip(path, 0.0, 10.0, MP3_RATE)


def broken(folder: Path, kind: str) -> Path:
    """A file that is broken in one way."""
    path = folder / f"{kind}.flac"
    if kind == "nan":
        soundfile.write(path := folder / "nan.wav", np.array([0.0, np.nan]), RATE, subtype="FLOAT")
    elif kind == "no samples":
        soundfile.write(path := folder / "none.wav", np.zeros(0), RATE)
    elif kind != "missing":
        write_clip(path, noise(2.0), RATE)
        whole = path.read_bytes()
        path.write_bytes({"no bytes": b"", "junk": b"junk" * 99, "cut": whole[: len(whole) // 2], "short": whole}[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "does not exist"),
        ("no bytes", "is empty"),
        ("no samples", "is empty"),
        ("junk", "cannot be read"),
        ("cut", "cannot be read|is damaged"),
        ("nan", "NaN"),
    ],
)
def test_a_broken_file_is_one_sentence_with_its_path(tmp_path: Path, kind: str, reason: str) -> None:
    path = broken(tmp_path, kind)
    with pytest.raises(PslError, match=reason) as caught:
        read_clip(path, 0.0, None, RATE)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("start", "end", "reason"), [(2.0, 3.0, "ends after 2.000 s"), (1.0, 1.0, "is empty"), (1.5, 1.0, "is empty")]
)
def test_a_clip_without_samples_is_refused(tmp_path: Path, start: float, end: float, reason: str) -> None:
    with pytest.raises(PslError, match=reason):
        read_clip(broken(tmp_path, "short"), start, end, RATE)


@pytest.mark.parametrize(("name", "value"), [("a.mp4", 0.0), ("a.wav", np.nan)])
def test_impossible_files_and_samples_are_not_written(tmp_path: Path, name: str, value: float) -> None:
    with pytest.raises(PslError, match=name):
        write_clip(tmp_path / name, np.array([value]), RATE)
