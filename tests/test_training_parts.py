"""The learning rate follows its stated course; the loss is finite, with its gradient, for every probability."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy import training_params

from psl.annotators.inference.network.devices import autocast, pick_device
from psl.runtime.errors import PslError
from psl.training.engine.history import Validation, history_csv
from psl.training.engine.loss import binary_cross_entropy
from psl.training.engine.run import state_of_inputs
from psl.training.engine.schedule import learning_rate


def rates(steps, **changes) -> list[float]:
    params = training_params(learning_rate=1.0, **changes)
    return [learning_rate(step, steps, params) for step in range(steps)]


def test_warm_up_then_constant_or_cosine():
    assert rates(5, warm_up_share=0.6, schedule="constant") == pytest.approx([1 / 3, 2 / 3, 1, 1, 1])
    assert rates(4, warm_up_share=0.0, schedule="cosine") == pytest.approx([1, 0.5 + 0.5**1.5, 0.5, 0.5 - 0.5**1.5])


@given(st.integers(1, 300), st.floats(0, 1), st.sampled_from(["constant", "cosine"]))
def test_rates_rise_then_fall_within_bounds(steps, share, schedule):
    course = np.array(rates(steps, warm_up_share=share, schedule=schedule))
    peak = int(course.argmax())
    assert (course > 0).all() and course.max() <= 1
    assert (np.diff(course[: peak + 1]) >= 0).all() and (np.diff(course[peak:]) <= 0).all()


@given(st.floats(0.001, 0.999), st.floats(0, 1))
def test_loss_vs_reference(p, target):
    expected = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    assert binary_cross_entropy(torch.tensor([[p]]), torch.tensor([[target]])).item() == pytest.approx(
        expected, rel=1e-4, abs=1e-6
    )


@pytest.mark.parametrize("p", [0.0, 1e-38, 1e-9, 1 - 2**-24, 1.0])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_loss_and_gradient_are_finite_at_the_ends(p, target):
    logit = torch.logit(torch.tensor([[p]])).clamp(-200, 200).requires_grad_()
    loss = binary_cross_entropy(torch.sigmoid(logit), torch.tensor([[target]]))
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(logit.grad).all() and logit.grad.abs() <= 1.01


def test_history_has_a_header_and_all_digits():
    text = history_csv([Validation(9, 1.125, 0.1, 1 / 3, float("nan"), 1e-3)])
    header, row = text.splitlines()
    assert header == "step,epochs,train_loss,validation_loss,validation_mAP,learning_rate"
    assert row == "9,1.125,0.1,0.3333333333333333,nan,0.001"


def test_state_of_inputs_changes_when_one_is_written_again(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
    before = state_of_inputs("psl.io.hashes", tmp_path / "a", tmp_path)
    assert before == state_of_inputs("psl.io.hashes", tmp_path / "a", tmp_path)
    (tmp_path / "b").write_text("xy")
    assert (
        state_of_inputs("psl.io.hashes", tmp_path / "a", tmp_path) != before
        and state_of_inputs("psl.io.hashes", tmp_path / "a") != before
    )


def test_cuda_is_asked_for_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")
    with pytest.raises(PslError, match="no CUDA device"):
        pick_device("cuda")


def test_the_cpu_computes_in_float32():
    with autocast(torch.device("cpu"), "bfloat16"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
