"""The front end equals torchaudio's, and a clip's features depend on that clip alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.config import FrontEndParams
from psl.features.log_mel import FrontEnd, front_end, mel_filters
from psl.io.features.front_end import front_end_hash
from psl.io.windows import frames_in
from psl.runtime.errors import PslError

PARAMS = FrontEndParams(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length_samples=512,
    hop_length_samples=160,
    n_mels=64,
    f_min_hz=0.0,
    f_max_hz=8000.0,
    dynamic_range_db=120.0,
)
VARIANTS = [
    {},
    {"hop_length_samples": 640},
    {"win_length_samples": 400, "f_min_hz": 50.0, "f_max_hz": 7000.0, "n_mels": 40},
    {"n_fft": 1024},
]


def params(**changes: object) -> FrontEndParams:
    return FrontEndParams.model_validate({**PARAMS.model_dump(), **changes})


def noise(samples: int, seed: int = 0, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def torchaudio_mel(x_T: np.ndarray, p: FrontEndParams) -> np.ndarray:
    """The slow reference: torchaudio's transforms, shape (T, F), without the limited dynamic range."""
    torch, transforms = pytest.importorskip("torch"), pytest.importorskip("torchaudio").transforms
    mel = transforms.MelSpectrogram(
        p.sample_rate_hz,
        p.n_fft,
        p.win_length_samples,
        p.hop_length_samples,
        p.f_min_hz,
        p.f_max_hz,
        n_mels=p.n_mels,
        power=2.0,
        mel_scale="htk",
    )
    return transforms.AmplitudeToDB(stype="power", top_db=None)(mel(torch.from_numpy(x_T))).T.numpy()


@pytest.mark.parametrize("changes", VARIANTS)
@pytest.mark.parametrize("samples", [16_000, 16_123])
def test_mel_vs_torchaudio(changes: dict[str, object], samples: int) -> None:
    p, x_T = params(**changes), noise(samples)
    x_T += np.sin(np.arange(samples) * 0.3, dtype=np.float32)
    mel_TF, reference_TF = FrontEnd(p).log_mel(x_T), torchaudio_mel(x_T, p)
    assert mel_TF.dtype == np.float16 and mel_TF.shape == reference_TF.shape
    np.testing.assert_allclose(mel_TF, reference_TF, atol=0.032)  # half a float16 step at 64 dB and more
    assert np.abs(mel_TF - reference_TF).mean() < 0.008


@pytest.mark.parametrize("changes", VARIANTS)
def test_filters_vs_torchaudio(changes: dict[str, object]) -> None:
    p, functional = params(**changes), pytest.importorskip("torchaudio").functional
    reference = functional.melscale_fbanks(p.n_fft // 2 + 1, p.f_min_hz, p.f_max_hz, p.n_mels, p.sample_rate_hz).numpy()
    np.testing.assert_allclose(mel_filters(p), reference, atol=2e-5)


def test_the_dynamic_range_is_relative_to_the_clips_maximum() -> None:
    quiet_after_loud = np.concatenate([noise(8000), np.zeros(8000, np.float32)])
    for level in (1.0, 0.001):
        mel_TF = FrontEnd(params(dynamic_range_db=40.0)).log_mel(quiet_after_loud * np.float32(level))
        assert float(mel_TF.max()) - float(mel_TF.min()) == pytest.approx(40.0, abs=0.05)


def test_a_dynamic_range_that_is_not_reached_changes_nothing() -> None:
    x_T = noise(16_000)
    np.testing.assert_array_equal(
        FrontEnd(params(dynamic_range_db=120.0)).log_mel(x_T), FrontEnd(params(dynamic_range_db=200.0)).log_mel(x_T)
    )


def test_silence_is_minus_100_db() -> None:
    assert (FrontEnd(PARAMS).log_mel(np.zeros(1000, np.float32)) == -100).all()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x_T = noise(50_000)
    whole_TF = FrontEnd(PARAMS).log_mel(x_T)
    monkeypatch.setattr("psl.features.log_mel.BLOCK_FRAMES", 7)
    np.testing.assert_allclose(FrontEnd(PARAMS).log_mel(x_T), whole_TF, atol=0.032)


@settings(max_examples=40, deadline=None)
@given(samples=st.integers(1, 40_000), hop=st.sampled_from([80, 160, 640]))
def test_frames_follow_the_duration(samples: int, hop: int) -> None:
    frames = len(front_end(params(hop_length_samples=hop)).log_mel(noise(samples)))
    assert frames == 1 + max(samples, 512) // hop
    if samples >= 512:
        assert abs(frames - frames_in(samples // 16, 16_000, hop)) <= 1


def test_samples_that_overflow_are_refused() -> None:
    with pytest.raises(PslError, match="too large"):
        FrontEnd(PARAMS).log_mel(np.full(1000, 1e30, np.float32))


@pytest.mark.parametrize("changes", [{"hop_length_samples": 161}, {"dynamic_range_db": 119.0}, {"f_max_hz": 7999.0}])
def test_the_hash_differs_between_front_ends(changes: dict[str, object]) -> None:
    assert front_end_hash(params(**changes)) != front_end_hash(PARAMS) == front_end_hash(params())


def test_the_hash_differs_between_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    before = front_end_hash(PARAMS)
    monkeypatch.setattr("psl.io.features.front_end.VERSION", 0)
    assert front_end_hash(PARAMS) != before
