"""The fingerprint knows a recording again and no other; steady sounds say nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overlap_corpora import FRONT_END, degraded, sound

from psl.corpora.overlap.fingerprint import _band_weights, compute_fingerprints, concatenate, frames_per_step
from psl.corpora.overlap.fingerprint_index import FingerprintIndex, _distances

MAX_DISTANCE = 0.38


def fingerprints(mels):
    return compute_fingerprints(range(len(mels)), mels, FRONT_END)


def words_by_definition(mel_TF):
    """What rises and what falls, band by band and step by step: the means of six steps, and of the six after them."""
    frames = frames_per_step(FRONT_END)
    steps = [
        mel_TF[first : first + frames].astype(np.float64).mean(axis=0)
        for first in range(0, len(mel_TF) - frames + 1, frames)
    ]
    band_SB = np.stack(steps) @ _band_weights(FRONT_END)[: FRONT_END.n_mels].astype(np.float64) * frames
    band_SB = np.maximum(band_SB, band_SB.max() - 60)
    words = []
    for step in range(len(steps) - 11):
        before_B, after_B = band_SB[step : step + 6].mean(axis=0), band_SB[step + 6 : step + 12].mean(axis=0)
        gain_B = np.diff(after_B) - np.diff(before_B)
        words.append(
            sum(2**bit * (gain > 1.5) + 2 ** (24 + bit) * (gain < -1.5) for bit, gain in enumerate(gain_B.tolist()))
        )
    return words


def search(query, reference, max_distance=MAX_DISTANCE):
    near = FingerprintIndex(fingerprints(reference)).search(
        fingerprints(query), max_distance, lambda a_P, b_P: np.ones(len(a_P), bool)
    )
    return dict(zip(zip(near.a_P.tolist(), near.b_P.tolist(), strict=True), near.distance_P.tolist(), strict=True))


def test_each_degraded_clip_is_found_and_no_other(monkeypatch):
    monkeypatch.setattr("psl.corpora.overlap.fingerprint_index.CANDIDATES", 1)  # the right one has most words
    reference = [sound(seed) for seed in range(40)]
    assert set(search([degraded(mel_TF, seed) for seed, mel_TF in enumerate(reference)], reference)) == {
        (n, n) for n in range(40)
    }
    assert search([sound(seed) for seed in range(100, 140)], reference) == {}


@settings(max_examples=20)
@given(gain_db=st.floats(-20, 20), shift=st.integers(0, 200))
def test_gain_and_shift_change_little(gain_db, shift):
    found = search([degraded(sound(1), 2, shift, gain_db, noise_db=0.0)], [sound(2), sound(1)])
    assert set(found) == {(0, 1)} and found[0, 1] < 0.2


def test_the_distance_is_symmetric_and_nothing_of_a_clip_from_itself():
    a, b = sound(1), degraded(sound(1), 3)
    assert search([a], [a]) == {(0, 0): 0.0}
    assert search([a], [b])[0, 0] == pytest.approx(search([b], [a])[0, 0], abs=1e-12)


def test_distance_vs_reference():
    a, b = fingerprints([sound(1)]), fingerprints([degraded(sound(1), 3), sound(4)])
    for reference, shift in ((0, -7), (1, 0), (1, 20)):
        bits = []
        for clips, clip in ((a, 0), (b, reference)):
            part = slice(clips.first_N[clip], clips.first_N[clip + 1])
            bits.append(
                np.stack(
                    [
                        [w >> side + bit & 1 for bit in range(24)]
                        for side in (0, 24)
                        for w in clips.word_W[part].tolist()
                    ]
                ).reshape(2, -1, 24)
            )
        x, y = bits[0][:, max(0, -shift) :], bits[1][:, max(0, shift) :]
        both = min(x.shape[1], y.shape[1])
        x, y = x[:, :both], y[:, :both]
        distance, _ = _distances(a, b, np.array([0]), np.array([reference]), shift_C=np.array([shift]))
        assert distance[0] == pytest.approx((x != y).sum() / (x.sum() + y.sum()))


def test_a_short_sound_must_agree_better_than_a_long_one():
    short, long = sound(1)[:120], sound(1)
    assert search([short], [short]) == {(0, 0): 0.0} == search([long], [long], max_distance=0.05)
    assert search([short], [short], max_distance=0.05) == {}


@pytest.mark.parametrize(
    "mel_TF", [np.full((600, 64), -100.0), np.tile(np.linspace(-80, -20, 64), (600, 1)), sound(1)[:40]]
)
def test_silence_steady_tones_and_very_short_clips_are_near_nothing(mel_TF):
    assert search([mel_TF], [mel_TF, sound(1)], max_distance=0.5) == {}


def test_search_does_not_depend_on_the_order_or_on_how_clips_are_grouped():
    reference, query = [sound(seed) for seed in range(12)], [degraded(sound(seed), seed) for seed in range(12)]
    forward, backward = search(query, reference), search(query[::-1], reference[::-1])
    assert forward == {(11 - a, 11 - b): distance for (a, b), distance in backward.items()} and len(forward) == 12
    whole, parts = (
        fingerprints(reference),
        concatenate([fingerprints(reference[:5]), concatenate([]), fingerprints(reference[5:])]),
    )
    np.testing.assert_array_equal(whole.word_W, parts.word_W)
    np.testing.assert_array_equal(whole.first_N, parts.first_N)


def test_fingerprints_vs_definition():
    clips = [sound(1), sound(2)[:333], *(sound(3)[:frames] for frames in (0, 1, 3, 4, 20)), sound(4)[:777]]
    found = fingerprints(clips)
    expected = [words_by_definition(mel_TF) if len(mel_TF) > 100 else [] for mel_TF in clips]
    assert np.diff(found.first_N).tolist() == [len(words) for words in expected]
    assert found.word_W.tolist() == [word for words in expected for word in words]


def test_a_word_that_is_in_every_clip_is_not_looked_up(monkeypatch):
    reference = [sound(1)] * 30
    monkeypatch.setattr("psl.corpora.overlap.fingerprint_index.MAX_PLACES", 20)
    assert search([sound(1)], reference) == {}


def test_steps_are_about_forty_milliseconds():
    assert (
        frames_per_step(FRONT_END) == 4
        and frames_per_step(FRONT_END.model_copy(update={"hop_length_samples": 640})) == 1
    )
