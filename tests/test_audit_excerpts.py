"""Sounds and spectrograms of the page: small, the same each time, and of the very window."""

import base64
import io
import struct
import zlib

import numpy as np
import soundfile
from audit_cases import HZ, queue_row, record

from psl.audit.excerpts import excerpts
from psl.listening import excerpt as module
from psl.listening.sound import RATE_HZ, mp3
from psl.listening.spectrogram import BANDS, COLOURS, PNG_MAGIC, WIDTH, png, spectrogram

TONE_T = (0.05 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE_HZ) / RATE_HZ)).astype(np.float32)


def levels(data):
    """level_YX of a PNG with a palette, by the rules of W3C's PNG: chunks with checksums, filter 0 in each row."""
    assert data[:8] == PNG_MAGIC
    chunks, at = {}, 8
    while at < len(data):
        (length,), name = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(name + body),)
        chunks[name], at = body, at + 12 + length
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0]) and len(chunks[b"PLTE"]) == 3 * COLOURS
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any() and rows[:, 1:].max() < COLOURS
    return rows[:, 1:]


def test_a_picture_is_a_png_of_these_levels():
    level_YX = np.random.default_rng(0).integers(0, COLOURS, (5, 7)).astype(np.uint8)
    np.testing.assert_array_equal(levels(png(level_YX)), level_YX)


def test_a_tone_is_a_line_at_its_height_and_higher_ones_are_above():
    low, high = (levels(spectrogram(TONE_T[::step].copy())) for step in (1, 4))
    assert low.shape == (BANDS, WIDTH) and low.max() == COLOURS - 1
    assert high.mean(axis=1).argmax() < low.mean(axis=1).argmax()
    assert levels(spectrogram(np.zeros(10, np.float32))).shape == (BANDS, WIDTH)


def test_a_sound_is_a_small_mp3_at_one_loudness_and_the_same_each_time():
    data = mp3(TONE_T)
    x_T, rate_hz = soundfile.read(io.BytesIO(data))
    assert data == mp3(TONE_T) and rate_hz == RATE_HZ and len(data) < 12_000
    assert abs(len(x_T) - len(TONE_T)) < 0.1 * RATE_HZ and 0.45 < np.abs(x_T).max() < 0.56
    assert soundfile.read(io.BytesIO(mp3(np.zeros(RATE_HZ, np.float32))))[0].max() < 1e-3


def test_an_excerpt_is_the_window_with_what_is_around_it(tmp_path):
    record(tmp_path / "a.wav", "", "Alarm", "Cough")
    rows = [queue_row(1, "a.wav", start_ms=1000), queue_row(2, "a.wav"), queue_row(3, "gone.wav")]
    found = excerpts(tmp_path, rows, 2)
    assert [(each.start_ms, each.end_ms) for each in found.values()] == [(500, 2500), (0, 1500)]
    assert found[1].window == (0.25, 0.75) and found[2].window == (0, 1000 / 1500)
    x_T, _ = soundfile.read(io.BytesIO(base64.b64decode(found[1].sound.partition(",")[2])))
    middle = np.abs(np.fft.rfft(x_T[len(x_T) // 2 - 4410 : len(x_T) // 2 + 4410]))
    assert abs(middle.argmax() * RATE_HZ / 8820 - HZ["Alarm"]) < 5


def test_the_page_has_sounds_as_far_as_its_size_goes(tmp_path, monkeypatch):
    record(tmp_path / "a.wav", "Alarm", "Alarm")
    monkeypatch.setattr(module, "PAGE_BYTES", 60_000)
    rows = [queue_row(row, "a.wav") for row in range(1, 10)]
    assert 1 <= len(excerpts(tmp_path, rows, 1)) < 9
