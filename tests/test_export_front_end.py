"""The exported front end gives the values of psl.features.log_mel before they are rounded, which are torchaudio's."""

import numpy as np
import onnxruntime
import pytest
import torch
from exported_models import sounds
from toy import FRONT_END

from psl.export.front_end import front_end_model
from psl.export.parity import torch_log_mel
from psl.features.log_mel import front_end

PARAMS = [
    FRONT_END,
    FRONT_END.model_copy(update={"n_fft": 400, "win_length_samples": 320, "hop_length_samples": 160}),
    FRONT_END.model_copy(update={"f_min_hz": 200.0, "f_max_hz": 5000.0, "dynamic_range_db": 40.0}),
]


def exported(params, x_BT):
    session = onnxruntime.InferenceSession(front_end_model(params).SerializeToString())
    return session.run(None, {"x_BT": x_BT})[0]


def require_same(mel_TF, params, x_T):
    """Torch's in float32; rounded as features are, those of psl, but for some values that round to the next one."""
    np.testing.assert_allclose(mel_TF, torch_log_mel(torch.from_numpy(x_T[None]), params)[0].numpy(), atol=2e-3)
    expected_TF, rounded_TF = front_end(params).log_mel(x_T), mel_TF.astype(np.float16)
    assert np.abs(rounded_TF - expected_TF).max() <= 0.0625 and (rounded_TF == expected_TF).mean() > 0.98


@pytest.mark.parametrize("params", PARAMS)
@pytest.mark.parametrize("length", [1, 200, 511, 512, 513, 16_000])
def test_values_are_those_of_the_front_end_at_any_length(params, length):
    (x_T,) = sounds((length,))
    require_same(exported(params, x_T[None])[0], params, x_T)


def test_a_clip_is_clipped_below_its_own_maximum_whoever_is_in_its_batch():
    params, x_T = PARAMS[2], sounds((8000,))[0]
    both = exported(params, np.stack([1e-3 * x_T, x_T]))
    for mel_TF, alone_T in zip(both, (1e-3 * x_T, x_T), strict=True):
        require_same(mel_TF, params, alone_T)
    assert np.array_equal(both[:1], exported(params, 1e-3 * x_T[None]))


def test_silence_is_the_least_power():
    assert np.array_equal(exported(FRONT_END, np.zeros((1, 4000), np.float32)), np.full((1, 7, 32), -100, np.float32))


@pytest.mark.parametrize("params", PARAMS)
def test_the_values_that_exports_are_compared_with_are_torchaudios(params):
    x_BT = torch.from_numpy(np.stack(sounds((16_000, 16_000)))).double()
    by_torchaudio = (
        pytest.importorskip("torchaudio")
        .transforms.MelSpectrogram(
            params.sample_rate_hz,
            params.n_fft,
            params.win_length_samples,
            params.hop_length_samples,
            params.f_min_hz,
            params.f_max_hz,
            n_mels=params.n_mels,
        )
        .double()
    )
    mel_BTF = 10 * by_torchaudio(x_BT).mT.clamp(min=1e-10).log10()
    floor_B11 = mel_BTF.amax((1, 2), keepdim=True) - params.dynamic_range_db
    np.testing.assert_allclose(torch_log_mel(x_BT, params), mel_BTF.maximum(floor_B11), atol=1e-3)


def test_the_waves_of_the_transform_are_not_stored():
    stored = front_end_model(FRONT_END).SerializeToString()
    assert len(stored) < 512 * 257 and stored == front_end_model(FRONT_END).SerializeToString()
