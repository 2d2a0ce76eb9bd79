"""A contract that does not fit its model is found on a few windows, before a corpus is labelled."""

import math
import re

import numpy as np
import pytest
from contracts import contract

from psl.annotators.outputs import to_probabilities
from psl.annotators.probe import probe, windows_wanted
from psl.runtime.errors import PslError

RNG = np.random.default_rng(0)
LOUDNESS_B1 = np.float32([[0.9], [0.01], [0.3], [1e-4]])  # the first is the loudest: no mate raises its floor
X_BT = (LOUDNESS_B1 * RNG.uniform(-1, 1, (4, 256))).astype(np.float32)
WEIGHTS_TC = RNG.normal(0, 0.3, (16, 20)).astype(np.float32)


def powers_db(x_BT):
    """Decibels of 16 bands of a window."""
    return 10 * np.log10(np.maximum((x_BT.reshape(len(x_BT), 16, 16) ** 2).mean(axis=2), 1e-10))


def good(x_BT):
    return powers_db(x_BT) / 20 @ WEIGHTS_TC


def floor_over_the_batch(x_BT):
    """As torchaudio's AmplitudeToDB with top_db does it for a batch without a channel axis."""
    db = powers_db(x_BT)
    return np.maximum(db, db.max() - 40) / 20 @ WEIGHTS_TC


def batch_norm_in_training(x_BT):
    db = powers_db(x_BT)  # one channel, whose statistics are over windows and bands
    return (db - db.mean()) / np.sqrt(db.var() + 1e-5) @ WEIGHTS_TC


def peak_of_the_batch(x_BT):
    return good(x_BT / max(np.abs(x_BT).max(), 1e-9))


def nan_on_silence(x_BT):
    with np.errstate(invalid="ignore"):
        return good(x_BT / np.abs(x_BT).max(axis=1, keepdims=True)) + good(x_BT)


def probed(model, x_BT=X_BT, n_classes=20, batch=None, **fields):
    """Probe `model` as psl runs it: in batches of `batch` windows, the last filled up with copies."""
    stated = contract(batch_windows=batch, **fields)

    def raw(x_BT):
        size = batch or len(x_BT)
        parts = [x_BT[first : first + size] for first in range(0, len(x_BT), size)]
        full = [np.concatenate([part, np.repeat(part[:1], size - len(part), axis=0)]) for part in parts]
        return np.concatenate([model(x)[: len(part)] for x, part in zip(full, parts, strict=True)])

    probe(raw, lambda x_BT: to_probabilities(raw(x_BT), stated), x_BT, stated, n_classes=n_classes)


def as_probabilities(output):
    return lambda x_BT: to_probabilities(good(x_BT), contract(output=output))


@pytest.mark.parametrize("batch", [None, 1, 2, 8])
def test_a_model_that_fits_its_contract_passes_without_a_word(batch, capsys):
    probed(good, batch=batch)
    probed(good, batch=batch, output="softmax_logit")
    probed(as_probabilities("logit"), batch=batch, output="sigmoid")
    probed(as_probabilities("softmax_logit"), batch=batch, output="softmax")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("model", [floor_over_the_batch, batch_norm_in_training, peak_of_the_batch])
@pytest.mark.parametrize("batch", [None, 2])
def test_labels_that_depend_on_batch_mates_are_refused_unless_a_window_is_a_batch(model, batch):
    with pytest.raises(PslError, match=r"fake gives .* alone and among others, .*state batch_windows: 1"):
        probed(model, batch=batch)
    probed(model, batch=1)


def test_labels_by_chance_are_not_blamed_on_the_batch():
    rng = np.random.default_rng(1)
    with pytest.raises(PslError, match="when it is asked twice: export it in evaluation mode"):
        probed(lambda x_BT: good(x_BT) * rng.integers(0, 2, (1, 20)), batch=1)


@pytest.mark.parametrize("n_classes", [19, 21, 1])
def test_another_number_of_outputs_than_classes_names_both(n_classes):
    with pytest.raises(PslError, match=rf"gives 20 numbers .*\(classes: classes.csv\) has {n_classes} classes"):
        probed(good, n_classes=n_classes)


@pytest.mark.parametrize(("axes", "shape"), [("frames", r"\(5, 3, 20\)"), ("one row", r"\(1, 20\)")])
def test_an_output_that_is_not_one_row_a_window_is_refused(axes, shape):
    def model(x_BT):
        return np.stack([good(x_BT)] * 3, axis=1) if axes == "frames" else good(x_BT).mean(axis=0, keepdims=True)

    with pytest.raises(PslError, match=f"fake gives an output of the shape {shape} for 5 windows"):
        probed(model)


@pytest.mark.parametrize(("made", "instead"), [("logit", "sigmoid"), ("softmax_logit", "softmax")])
@pytest.mark.parametrize("stated", ["logit", "softmax_logit"])
def test_probabilities_are_not_squashed_again(made, instead, stated):
    with pytest.raises(PslError, match=f"100 numbers from .* output: {stated}, .*state output: {instead}$"):
        probed(as_probabilities(made), output=stated)


def test_numbers_in_0_to_1_are_only_said_when_they_are_few_and_pass_when_scaled_by_hand(capsys):
    probed(as_probabilities("logit"), scale=10.0, offset=-5.0)
    assert capsys.readouterr().err == ""
    probed(lambda x_BT: as_probabilities("logit")(x_BT)[:, :12], n_classes=12)
    assert re.search("60 numbers .* are they probabilities already, output: sigmoid", capsys.readouterr().err)
    with pytest.raises(PslError, match="65 numbers"):
        probed(lambda x_BT: as_probabilities("logit")(x_BT)[:, :13], n_classes=13)


@pytest.mark.parametrize(("n_classes", "windows"), [(1, 64), (3, 22), (7, 10)])
def test_probabilities_of_few_classes_are_found_on_more_windows(n_classes, windows, capsys):
    assert windows_wanted(n_classes) == windows
    x_BT = (RNG.uniform(0.01, 1, (windows, 1)) * RNG.uniform(-1, 1, (windows, 256))).astype(np.float32)
    with pytest.raises(PslError, match="so they are probabilities already: state output: sigmoid"):
        probed(lambda x_BT: as_probabilities("logit")(x_BT)[:, :n_classes], x_BT, n_classes)
    probed(lambda x_BT: good(x_BT)[:, :n_classes], x_BT, n_classes)
    assert capsys.readouterr().err == ""


def test_few_numbers_that_sum_to_1_in_every_window_are_probabilities():
    three = contract(output="softmax_logit")
    with pytest.raises(PslError, match=r"15 numbers .* probabilities already: state output: softmax$"):
        probed(lambda x_BT: to_probabilities(good(x_BT)[:, :3], three), n_classes=3)


@pytest.mark.parametrize(
    ("made", "stated", "warning"),
    [
        ("softmax_logit", "sigmoid", "sum to 1 in every window.*output: sigmoid: is it softmax"),
        ("logit", "softmax", "sum to .* in a window.*output: softmax: is it sigmoid"),
    ],
)
def test_sums_that_belong_to_another_output_are_said(made, stated, warning, capsys):
    probed(as_probabilities(made), output=stated)
    [line] = capsys.readouterr().err.splitlines()
    assert "annotator fake" in line and re.search(warning, line)


def test_two_classes_that_sum_to_1_may_be_a_sigmoid(capsys):
    two = contract(output="softmax_logit")
    probed(lambda x_BT: to_probabilities(good(x_BT)[:, :2], two), n_classes=2, output="sigmoid")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("pieces", [1, 3])
def test_nan_on_silence_is_found_though_no_window_is_silent(pieces):
    stated = contract(normalisation="zero_mean_unit_variance")
    found = r"fake gives NaN for 0 of 4 windows of clips and for the silent window that psl adds: .*than zero_mean_unit"
    with pytest.raises(PslError, match=found):
        probe(lambda x_BT: np.repeat(nan_on_silence(x_BT), pieces, axis=0), good, X_BT, stated, n_classes=20)


def nan_on_silent_frames(x_BT):
    silent_B = ~x_BT.reshape(len(x_BT), -1, 64).any(axis=2).all(axis=1)
    return np.where(silent_B[:, None], np.float32(math.nan), good(x_BT))


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (nan_on_silence, r"1 of 4 windows of clips \(1 of them silent, 0 silent in part\) and for the silent"),
        (nan_on_silent_frames, r"2 of 4 windows of clips \(1 of them silent, 1 silent in part\) and for the silent"),
    ],
)
def test_clips_with_silence_do_not_hide_what_silence_does(model, found):
    x_BT = X_BT.copy()
    x_BT[1], x_BT[2, 50:] = 0, 0
    with pytest.raises(PslError, match=rf"fake gives NaN for {found}.*: export it with a small number added"):
        probed(model, x_BT)


def test_nan_on_sound_is_not_blamed_on_silence():
    found = r"4 of 4 windows of clips \(0 of them silent, 0 silent in part\) and for the silent window that psl adds"
    with pytest.raises(PslError, match=rf"fake gives NaN for {found}: state another normalisation than none, or"):
        probed(lambda x_BT: good(x_BT) * math.nan)
    with pytest.raises(PslError, match=r"NaN for 4 of 4 .* and not for the silent window that psl adds: state another"):
        probed(lambda x_BT: np.where(x_BT.any(axis=1, keepdims=True), np.float32(math.nan), good(x_BT)))


def test_numbers_beyond_0_to_1_are_refused():
    with pytest.raises(PslError, match="state output: logit"):
        probed(good, output="sigmoid")


def test_the_same_numbers_for_every_window_are_said(capsys):
    probed(lambda x_BT: np.zeros((len(x_BT), 20), np.float32))
    assert "fake gives silence and all other windows the same numbers" in capsys.readouterr().err


def test_one_window_is_enough():
    probed(good, X_BT[:1])
    with pytest.raises(PslError, match="alone and among others"):
        probed(batch_norm_in_training, X_BT[:1])
