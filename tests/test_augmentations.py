"""Augmentations change what they say they change, by the generator's random numbers alone, and keep all else."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from params_files import changed, fault_in
from toy import training_params

from psl.config import Plugin
from psl.config.file import read_params
from psl.runtime.errors import PslError
from psl.training.engine.augment import build_augmentation

SPEC_AUGMENT = {"name": "spec_augment", "time_masks": 2, "max_time_share": 0.3, "mel_masks": 1, "max_mel_bands": 3}
MIXUP = {"name": "mixup", "domain": "db", "beta": 0.5, "labels": "weighted", "share": 1.0}
CHAIN = {"name": "chain", "parts": [MIXUP, SPEC_AUGMENT]}
ALL = [SPEC_AUGMENT, MIXUP, MIXUP | {"domain": "power", "labels": "union"}, CHAIN]
HALVES = {"beta": 1e12}  # both weights are one half
NAN = float("nan")


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def batch(windows=6, frames=20, bands=8):
    """Features between -100 and 20 dB, and targets."""
    random = generator(0)
    shape = windows, frames, bands
    return torch.rand(shape, generator=random) * 120 - 100, torch.rand((windows, 3), generator=random)


def augmented(options, mel_BTF, target_BC, seed=1):
    return build_augmentation(Plugin.model_validate(options))(mel_BTF, target_BC, generator(seed))


def equal(first, second) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("options", ALL)
def test_the_batch_keeps_its_form_and_is_itself_left_alone(options):
    mel, target = batch()
    given_mel, given_target = mel.clone(), target.clone()
    out_mel, out_target = augmented(options, mel, target)
    assert (out_mel.shape, out_mel.dtype) == (mel.shape, mel.dtype) and not torch.equal(out_mel, mel)
    assert (out_target.shape, out_target.dtype) == (target.shape, target.dtype)
    assert out_mel.isfinite().all() and out_target.min() >= 0 and out_target.max() <= 1
    assert equal((mel, target), (given_mel, given_target))


@pytest.mark.parametrize("options", ALL)
def test_random_numbers_come_from_the_generator_alone(options):
    before = torch.get_rng_state()
    first, other = (augmented(options, *batch(), seed)[0] for seed in (1, 2))
    assert torch.equal(torch.get_rng_state(), before) and not torch.equal(first, other)
    torch.rand(9)
    assert torch.equal(augmented(options, *batch())[0], first)


@pytest.mark.parametrize("options", ALL)
def test_two_batches_in_turn_get_other_random_numbers(options):
    augment, random = build_augmentation(Plugin.model_validate(options)), generator()
    assert not torch.equal(augment(*batch(), random)[0], augment(*batch(), random)[0])


@pytest.mark.parametrize("options", ALL)
@pytest.mark.parametrize("windows", [0, 1])
def test_a_batch_may_be_a_single_window_or_none(options, windows):
    mel, target = batch(windows)
    out_mel, out_target = augmented(options, mel, target)
    assert out_mel.shape == mel.shape and torch.equal(out_target, target)


def runs(masked_T) -> list[int]:
    """Lengths of the stretches that are true."""
    return [len(run) for run in "".join("x" if masked else " " for masked in masked_T).split()]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.integers(1, 12), st.floats(0, 1), st.integers(0, 12), st.booleans(), st.integers(0, 99))
def test_a_mask_is_within_its_limit_and_leaves_the_rest_untouched(frames, bands, share, most, in_time, seed):
    mel, target = batch(3, frames, bands)
    most = min(most, bands)
    masks = {"time_masks": int(in_time), "max_time_share": share, "mel_masks": int(not in_time), "max_mel_bands": most}
    out, out_target = augmented(SPEC_AUGMENT | masks, mel, target, seed)
    cells = out.ne(mel)
    masked = cells.any(dim=2 if in_time else 1)
    filled = mel.mean((1, 2), keepdim=True).expand_as(mel)
    assert torch.equal(out, torch.where(masked[:, :, None] if in_time else masked[:, None, :], filled, mel))
    limit = share * frames if in_time else most
    assert all(len(runs(window)) <= 1 and sum(runs(window)) <= limit for window in masked)
    assert torch.equal(out_target, target)


def test_masks_have_all_lengths_up_to_the_limit_and_reach_both_ends():
    mel, target = batch(400, 10, 5)
    options = SPEC_AUGMENT | {"time_masks": 1, "max_time_share": 0.4, "mel_masks": 0}
    masked_BT = augmented(options, mel, target)[0].ne(mel).any(dim=2)
    assert set(masked_BT.sum(dim=1).tolist()) == {0, 1, 2, 3, 4}
    assert masked_BT.any(dim=0).all() and not masked_BT.all(dim=0).any()


def test_several_masks_are_made_in_time_and_in_mel():
    mel, target = batch(200, 40, 8)
    options = SPEC_AUGMENT | {"time_masks": 3, "max_time_share": 0.1, "mel_masks": 2, "max_mel_bands": 2}
    changed_BTF = augmented(options, mel, target)[0].ne(mel)
    time, bands = changed_BTF.all(dim=2), changed_BTF.all(dim=1)
    assert max(len(runs(window)) for window in time) == 3 and max(len(runs(window)) for window in bands) == 2
    assert torch.equal(changed_BTF, time[:, :, None] | bands[:, None, :])


def test_masks_of_more_bands_than_there_are_end_in_a_sentence():
    with pytest.raises(PslError, match=r"^augmentation spec_augment: max_mel_bands 9 is above the 8 mel bands"):
        augmented(SPEC_AUGMENT | {"max_mel_bands": 9}, *batch())


@pytest.mark.parametrize("domain", ["db", "power"])
def test_equal_windows_mixed_are_the_same_window(domain):
    mel, target = (part[:1].repeat_interleave(5, dim=0) for part in batch())
    out_mel, out_target = augmented(MIXUP | {"domain": domain}, mel, target)
    assert torch.allclose(out_mel, mel, atol=1e-4) and torch.equal(out_target, target)


@pytest.mark.parametrize(("domain", "expected"), [("db", -60.0), ("power", -23.0103)])
def test_a_window_and_silence_mixed(domain, expected):
    mel = torch.stack([torch.full((4, 3), -20.0), torch.full((4, 3), -100.0)])
    out, _ = augmented(MIXUP | HALVES | {"domain": domain}, mel, torch.zeros(2, 1))
    assert torch.allclose(out, torch.full_like(mel, expected), atol=1e-3)


@pytest.mark.parametrize(
    ("labels", "expected"), [("weighted", [0.5, 0.25, 0.5, NAN, NAN]), ("union", [1.0, 0.5, 0.75, NAN, NAN])]
)
def test_the_targets_of_two_windows(labels, expected):
    target = torch.tensor([[1.0, 0.0, 0.5, NAN, 1.0], [0.0, 0.5, 0.5, 0.0, NAN]])
    _, out = augmented(MIXUP | HALVES | {"labels": labels}, torch.zeros(2, 4, 3), target)
    assert torch.allclose(out, torch.tensor([expected, expected]), atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("domain", ["db", "power"])
def test_features_and_targets_have_the_same_weights(domain):
    windows = torch.eye(8)
    level = windows if domain == "db" else 10 * windows.clamp(min=1e-10).log10()
    out_mel, out_target = augmented(MIXUP | {"domain": domain, "beta": 2.0}, level[:, None, :], windows)
    weights = out_mel[:, 0] if domain == "db" else 10 ** (out_mel[:, 0] / 10)
    assert torch.allclose(weights, out_target, atol=1e-5)
    assert (out_target > 0).sum(dim=1).eq(2).all() and out_target.sum(dim=0).ne(0).all()


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_share_of_the_windows_is_mixed(share):
    mel, target = batch(8)
    out_mel, out_target = augmented(MIXUP | {"share": share, "beta": 2.0}, mel, target)
    mixed = out_mel.ne(mel).any(dim=2).any(dim=1)
    assert mixed.sum() == 8 * share and torch.equal(out_target[~mixed], target[~mixed])


def test_weights_are_those_of_the_beta_distribution():
    windows = torch.eye(1000)
    weight = augmented(MIXUP | {"beta": 2.0}, windows[:, None, :], windows)[1][windows.bool()]
    assert 0.45 < weight.mean() < 0.55 and 0.045 < weight.var() < 0.055  # 1/2 and 1/20


def test_a_chain_is_its_parts_in_turn():
    random = generator()
    mixed = build_augmentation(Plugin(**MIXUP))(*batch(), random)
    assert equal(augmented(CHAIN, *batch()), build_augmentation(Plugin(**SPEC_AUGMENT))(*mixed, random))
    assert not equal(augmented(CHAIN, *batch()), augmented(CHAIN | {"parts": [SPEC_AUGMENT, MIXUP]}, *batch()))
    assert equal(augmented({"name": "chain", "parts": [CHAIN]}, *batch()), augmented(CHAIN, *batch()))


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        (MIXUP | {"alpha": 1.0}, "augmentation.alpha is not an option of mixup: it has domain, beta, labels, share"),
        (MIXUP | {"beta": 0}, "augmentation.beta 0 is not above 0"),
        (MIXUP | {"share": 1.5}, "augmentation.share 1.5 is above 1"),
        (MIXUP | {"domain": "dB"}, "augmentation.domain 'dB' is not of the type Literal['db', 'power']"),
        (SPEC_AUGMENT | {"time_masks": -1}, "augmentation.time_masks -1 is below 0"),
        (SPEC_AUGMENT | {"mel_masks": 1.5}, "augmentation.mel_masks 1.5 is no whole number"),
        ({"name": "chain"}, "augmentation.parts is missing: chain has no default for it"),
        ({"name": "chain", "parts": ["mixup"]}, "augmentation.parts is no list of {name: NAME, OPTION: VALUE, ...}"),
        ({"name": "chain", "parts": [MIXUP, {"share": 1}]}, "augmentation.parts.1.name is missing"),
        ({"name": "chain", "parts": [{"name": "mix"}]}, "augmentation.parts.0.name mix is no file with build"),
        ({"name": "chain", "parts": [CHAIN, MIXUP | {"share": 2}]}, "augmentation.parts.1.share 2 is above 1"),
    ],
)
def test_a_wrong_option_is_refused_when_parameters_are_read(tmp_path, augmentation, message):
    assert message in fault_in(changed(tmp_path, "train_student.augmentation", augmentation))


def test_a_chain_is_read_and_written_as_it_was_given(tmp_path):
    read = read_params(changed(tmp_path, "train_student.augmentation", CHAIN)).train_student
    assert read.augmentation == Plugin.model_validate(CHAIN)
    parts = read.model_dump(mode="json")["augmentation"]["parts"]
    assert parts == CHAIN["parts"]
    assert training_params(augmentation={"name": "chain", "parts": parts}).augmentation == read.augmentation
