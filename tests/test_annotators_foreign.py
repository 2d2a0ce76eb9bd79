"""Annotators of others: the batches that their models are given, and labels that depend on nothing but the window."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from contracts import contract
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.annotators.foreign import CPU_SECONDS, ForeignAnnotator
from psl.annotators.inference.clips import TimeAxis
from psl.annotators.inference.scorer import Clip, Windowing, score_clips
from psl.io.metadata.vocabulary import Vocabulary

RATE_HZ = 1000
CLASSES = Vocabulary(("a", "b"), ("a", "b"))


@dataclass
class Loudness:
    """A model that says how many windows it was given each time, and lets the whole batch count for a millionth."""

    device: str = "cpu"
    batches: list[int] = field(default_factory=list)

    def __call__(self, x_BT):
        self.batches.append(len(x_BT))
        raw_B = np.abs(x_BT).mean(axis=1) + np.float32(1e-6) * len(x_BT)
        return np.stack([raw_B, -raw_B], axis=1)


def annotator(device="cpu", **fields):
    return ForeignAnnotator(contract(sample_rate_hz=RATE_HZ, **fields), CLASSES, Loudness(device), "hash")


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)


@pytest.mark.parametrize(
    ("fields", "windows", "seconds", "expected"),
    [
        ({}, 64, 2, [8] * 8),
        ({}, 3, 2, [8]),
        ({}, 3, 10, [2] * 2),
        ({}, 2, 25, [1] * 2),
        ({"device": "cuda"}, 64, 2, [64]),
        ({"device": "cuda", "batch_windows": 4}, 5, 2, [4] * 2),
        ({"batch_windows": 3}, 4, 2, [3] * 2),
        ({"window_samples": 2 * RATE_HZ, "shorter_windows": "zeros", "longer_windows": "mean"}, 3, 10, [8] * 2),
    ],
)
def test_a_forward_on_the_cpu_computes_a_few_seconds_whatever_it_is_given(fields, windows, seconds, expected):
    made = annotator(**fields)
    assert made(random(windows, seconds * RATE_HZ)).shape == (windows, 2)
    assert made.model.batches == expected
    assert made.fills_batches == (fields.get("device") != "cuda" or "batch_windows" in fields)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(1, 2 * CPU_SECONDS * RATE_HZ), st.data())
def test_labels_are_the_same_bytes_in_any_batch(windows, samples, data):
    made, x_BT = annotator(), random(windows, samples)
    cut = data.draw(st.integers(0, windows - 1))
    parts = [made(part) for part in (x_BT[:cut], x_BT[cut:]) if len(part)]
    assert np.concatenate(parts).tobytes() == made(x_BT).tobytes()


@pytest.mark.parametrize(("device", "expected"), [("cpu", [2] * 2), ("cuda", [8])])
def test_only_the_batch_of_a_model_is_filled_up(device, expected):
    made = annotator(device)
    clips = [Clip(x_T, 10_000) for x_T in random(3, 10 * RATE_HZ)]
    whole = Windowing(10_000, 10_000, "shift")
    labels = list(score_clips(clips, whole, TimeAxis(RATE_HZ, 1), made, inference_batch_size=8))
    assert [p_WC.shape for p_WC in labels] == [(1, 2)] * 3 and made.model.batches == expected
