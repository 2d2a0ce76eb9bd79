"""The synthesised bank: real classes, as many recordings as it says, each another, each what its name says."""

import csv
from pathlib import Path

import numpy as np
import pytest

from psl.corpora.synthetic.procedural.bank import RECORDINGS, ProceduralBank
from psl.corpora.synthetic.procedural.synths import SOUNDS
from psl.corpora.synthetic.procedural.tones import decaying_tone, gate, mix_at, noise, tone
from psl.runtime.errors import PslError

CLASS_LIST = Path(__file__).parents[2] / "shared/metadata/audioset/class_labels_indices.csv"
RATE = 16_000
BANK = ProceduralBank(seed=1)


def spectrum(name, number=0):
    """Power over 1 Hz bands of one recording of a class."""
    recordings = [r for r in BANK.recordings if BANK.vocabulary.names[BANK.vocabulary.index[r.mid]] == name]
    x_T = BANK.read(recordings[number], RATE)
    return np.abs(np.fft.rfft(x_T[:RATE])) ** 2


@pytest.mark.skipif(not CLASS_LIST.exists(), reason="the official class list is not here")
def test_classes_are_audiosets_in_its_order():
    with CLASS_LIST.open(newline="") as handle:
        official = [(row[1], row[2]) for row in csv.reader(handle)]
    ours = [(mid, name) for mid, name, _ in SOUNDS]
    assert len(ours) >= 12 and [row for row in official if row in ours] == ours


def test_each_class_has_its_recordings_and_no_two_are_alike():
    assert len(BANK.recordings) == len(SOUNDS) * sum(RECORDINGS.values()) == len({r.source for r in BANK.recordings})
    first = [r for r in BANK.recordings if r.mid == "/m/02fs_r"]
    sounds = [BANK.read(recording, RATE).tobytes() for recording in first]
    assert len(set(sounds)) == len(first)
    assert BANK.read(first[3], RATE).tobytes() == sounds[3] != ProceduralBank(seed=2).read(first[3], RATE).tobytes()


@pytest.mark.parametrize("number", range(len(SOUNDS)))
@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_every_sound_is_finite_full_scale_and_of_the_stated_length(number, rate_hz):
    recording = next(r for r in BANK.recordings if r.mid == SOUNDS[number][0])
    x_T = BANK.read(recording, rate_hz)
    assert x_T.dtype == np.float32 and x_T.shape == (4 * rate_hz,)
    assert np.isfinite(x_T).all() and np.abs(x_T).max() == 1


def test_sounds_are_what_they_are_called():
    sine = spectrum("Sine wave")
    assert sine[sine.argmax() - 5 : sine.argmax() + 6].sum() > 0.95 * sine.sum()
    assert 2_400 < spectrum("Smoke detector, smoke alarm").argmax() < 3_700
    white, pink = spectrum("White noise"), spectrum("Pink noise")
    assert white[2_000:].sum() / white.sum() > 0.6 > 0.5 > pink[2_000:].sum() / pink.sum()
    assert spectrum("Mains hum")[:1_000].sum() > 0.95 * spectrum("Mains hum").sum()


def test_pieces():
    np.testing.assert_allclose(tone(np.full(8, 2.0), 8, [0.0, 1.0]), 0, atol=1e-12)  # the second harmonic would alias
    assert gate([(0.25, 0.5)], 8_000, 8_000)[[0, 1_900, 2_100, 3_900, 4_100]].tolist() == [0, 0, 1, 1, 0]
    np.testing.assert_array_equal(mix_at([(-1.0, np.arange(3.0)), (2.0, np.ones(5))], 4, 1), [1, 2, 1, 1])
    died = decaying_tone(100.0, 0.5, 8_000)
    assert np.abs(died[-100:]).max() < 1.3e-3 < 0.9 < np.abs(died[:100]).max()


def test_noise_has_the_slope_it_is_asked_for():
    power = np.abs(np.fft.rfft(noise(np.random.default_rng(1), 2**18, -6.02))) ** 2
    octaves = [10 * np.log10(power[2**i : 2 ** (i + 1)].mean()) for i in range(10, 16)]
    np.testing.assert_allclose(np.diff(octaves), -6.02, atol=0.5)


def test_a_rate_without_room_for_the_sounds_is_refused():
    with pytest.raises(PslError, match="sample_rate_hz 4000 is too low"):
        BANK.read(BANK.recordings[0], 4_000)
