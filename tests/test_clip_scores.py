"""Whole clips are scored in the store's order, each as it would be alone, with few of them in memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.annotators.inference import clip_scores as tagging
from psl.annotators.inference.clip_scores import clip_scores
from psl.config import FrontEndParams
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.runtime.errors import PslError

FRONT_END = FrontEndParams(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length_samples=512,
    hop_length_samples=160,
    n_mels=3,
    f_min_hz=0.0,
    f_max_hz=8000.0,
    dynamic_range_db=120.0,
)


class Store:
    """What `clip_scores` asks of a feature store; counts the clips that were handed out."""

    def __init__(self, mels) -> None:
        self.n_mels, self.given = mels, 0
        self.clip_ids = [f"clip{number}" for number in range(len(mels))]

    def clips(self):
        for number, mel_TF in enumerate(self.n_mels):
            self.given = number + 1
            yield number, mel_TF


class Tagger:
    """First and last frame and mean of a clip as its scores; remembers the shapes it saw."""

    def __init__(self) -> None:
        self.shapes = []

    def __call__(self, mel_BTF):
        assert mel_BTF.dtype == np.float32
        self.shapes.append(mel_BTF.shape)
        return np.stack([mel_BTF[:, 0, 0], mel_BTF[:, -1, 0], mel_BTF.mean(axis=(1, 2))], axis=1)


def random_mels(frames) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(size=(length, 3)).astype(np.float16) for length in frames]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40), st.integers(1, 7))
def test_each_clip_scores_as_if_alone_in_batches_of_one_length(frames, inference_batch_size):
    store, tagger = Store(random_mels(frames)), Tagger()
    score_NC = clip_scores(tagger, store, inference_batch_size)
    alone_NC = np.concatenate([Tagger()(mel[None].astype(np.float32)) for mel in store.n_mels])
    np.testing.assert_allclose(score_NC, alone_NC, rtol=1e-6)
    assert sorted(n for shape in tagger.shapes for n in [shape[1]] * shape[0]) == sorted(frames)
    assert all(shape[0] <= inference_batch_size for shape in tagger.shapes)


def test_clips_of_one_length_fill_their_batches():
    tagger = Tagger()
    clip_scores(tagger, Store(random_mels([5] * 10)), inference_batch_size=4)
    assert [shape[0] for shape in tagger.shapes] == [4, 4, 2]


def test_few_clips_wait_even_if_every_length_differs():
    store, waiting, scored = Store(random_mels(range(1, 200))), [], 0

    def tagger(mel_BTF):
        nonlocal scored
        waiting.append(store.given - scored)
        scored += len(mel_BTF)
        return mel_BTF[:, 0]

    clip_scores(tagger, store, inference_batch_size=2)
    assert scored == 199 and max(waiting) == 2 * tagging.WAITING_BATCHES


def test_the_fullest_batch_goes_first_when_too_many_clips_wait():
    tagger = Tagger()
    clip_scores(
        tagger, Store(random_mels([5, 5, 5, *range(6, 6 + 4 * tagging.WAITING_BATCHES)])), inference_batch_size=4
    )
    assert tagger.shapes[0] == (3, 5, 3) and {shape[0] for shape in tagger.shapes[1:]} == {1}


def test_a_real_store_is_read_in_its_order(tmp_path):
    mels = random_mels([4, 2, 4])
    write_features(tmp_path / "eval-00000.parquet", FRONT_END, [(f"clip{n}", 1000, mel) for n, mel in enumerate(mels)])
    score_NC = clip_scores(Tagger(), FeatureStore(tmp_path, ["eval"]), inference_batch_size=8)
    np.testing.assert_array_equal(score_NC[:, 0], [mel[0, 0] for mel in mels])
    assert score_NC.dtype == np.float32


def test_an_empty_store_is_refused():
    with pytest.raises(PslError, match="there are no features, so no clip can be scored"):
        clip_scores(Tagger(), Store([]), inference_batch_size=4)
