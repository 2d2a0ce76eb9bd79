"""Training learns, keeps the best weights, stops early, goes on after a kill with the same bytes, and says when it diverges."""

import numpy as np
import pytest
import torch
from torch.amp.grad_scaler import GradScaler
from toy import ARCHITECTURE, VOCABULARY, toy_labels, toy_manifest, toy_store, training_params

from models import MODELS
from psl.errors import PslError
from psl.training import loop
from psl.training.checkpoint import FILE, load_checkpoint
from psl.training.history import best_epoch, history_csv
from psl.training.loop import train, train_step
from psl.training.material import clips_of, make_material, windows_in_batch
from psl.training.validation import validate


def build():
    return MODELS["mobilenetv2"](len(VOCABULARY), ARCHITECTURE)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return toy_store(tmp_path_factory.mktemp("features"))


def run(store, checkpoints, seed=1, **changes):
    params = training_params(**changes)
    material = make_material(store, toy_labels(store), toy_manifest(store), params, alpha=None)
    return train(build, material, params, seed, checkpoints, "toy")


def same(first, second) -> bool:
    return all(torch.equal(first.state_dict()[name], tensor) for name, tensor in second.state_dict().items())


def test_it_learns(store, tmp_path):
    _, history = run(store, tmp_path, max_epochs=15, patience_epochs=15)
    assert history[-1].train_loss < 0.6 * history[0].train_loss
    assert best_epoch(history).validation_mAP > 0.9
    assert [epoch.step for epoch in history[:3]] == [4, 8, 12] and history[0].learning_rate < history[1].learning_rate


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(store, tmp_path):
    (first, history), (again, history_again), (other, _) = (
        run(store, tmp_path / name, seed) for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert same(first, again) and history_csv(history) == history_csv(history_again)
    assert not same(first, other)


class Killed(Exception):
    pass


def test_a_killed_training_goes_on_and_gives_the_same_bytes(store, tmp_path, monkeypatch, capsys):
    whole, history = run(store, tmp_path / "whole")
    steps, step = 0, loop.train_step

    def dying(*arguments):
        nonlocal steps
        steps += 1
        if steps == 7:  # in the second epoch
            raise Killed
        return step(*arguments)

    monkeypatch.setattr(loop, "train_step", dying)
    with pytest.raises(Killed):
        run(store, tmp_path / "killed")
    torch.rand(99)  # the state of torch's random numbers is another one when it goes on
    resumed, resumed_history = run(store, tmp_path / "killed")
    assert same(whole, resumed) and resumed_history == history
    assert "goes on after epoch 1" in capsys.readouterr().err


def test_a_finished_training_is_not_done_again(store, tmp_path, monkeypatch):
    first, _ = run(store, tmp_path)
    monkeypatch.setattr(loop, "train_step", None)
    assert same(first, run(store, tmp_path)[0])


def losses(monkeypatch, values) -> list[dict]:
    """Let the validation give these losses, and remember the weights that it saw."""
    seen, values = [], iter(values)

    def validate(model, *_):
        seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return next(values), 0.5

    monkeypatch.setattr(loop, "validate", validate)
    return seen


def test_the_best_epochs_weights_are_given_back_in_evaluation_mode(store, tmp_path, monkeypatch):
    seen = losses(monkeypatch, [0.5, 0.3, 0.3, 0.4])
    model, history = run(store, tmp_path, max_epochs=4, patience_epochs=4)
    assert best_epoch(history).epoch == 2 and not model.training
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in seen[1].items())
    assert not torch.equal(seen[1]["classifier.1.weight"], seen[3]["classifier.1.weight"])


def test_it_stops_when_nothing_gets_better(store, tmp_path, monkeypatch):
    losses(monkeypatch, [0.5, 0.4, 0.45, 0.41, 0.3])
    _, history = run(store, tmp_path, max_epochs=9, patience_epochs=2)
    assert len(history) == 4


def test_a_loss_that_is_no_number_stops_in_a_sentence(store, tmp_path, monkeypatch):
    with pytest.raises(PslError, match=r"not a number in epoch 1.*learning_rate"):
        run(store, tmp_path, learning_rate=1e30, max_gradient_norm=1e30, warm_up_share=0.0)
    losses(monkeypatch, [float("nan")])
    with pytest.raises(PslError, match=r"not a number in epoch 1"):
        run(store, tmp_path / "other")


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    assert load_checkpoint(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"nonsense")
    with pytest.raises(PslError, match="not a checkpoint of this training"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("limit", [1e-3, 1e6])
def test_the_gradient_is_clipped(limit):
    model = build()
    sgd = torch.optim.SGD(model.parameters(), lr=1.0)
    before = torch.cat([p.detach().flatten() for p in model.parameters()]).clone()
    mel, target = torch.randn(4, 40, 32) * 20, torch.ones(4, 3)
    train_step(model, sgd, GradScaler("cpu", enabled=False), mel, target, 1.0, training_params(max_gradient_norm=limit))
    moved = torch.cat([p.detach().flatten() for p in model.parameters()]) - before
    assert moved.norm().item() == pytest.approx(limit, rel=0.02) if limit < 1 else moved.norm() > 1e-2


def test_validation_scores_clips_by_the_mean_over_windows(store):
    material = make_material(store, toy_labels(store), toy_manifest(store), training_params(batch_windows=3), alpha=None)

    class Oracle(torch.nn.Linear):
        """Says .9 for the loud bands and .1 for the others."""

        def forward(self, mel_BTF):
            loud_BC = torch.stack([mel_BTF[:, :, 10 * c : 10 * c + 10].mean((1, 2)) > -40 for c in range(3)], dim=1)
            return (0.1 + 0.8 * loud_BC,)

    loss, mean_ap = validate(Oracle(1, 1), material.validation, material.labels.clip_W, material.weak_NC)
    assert mean_ap == 1.0 and loss == pytest.approx(-np.log(0.9), rel=1e-5)


def test_training_and_validation_share_no_source(store):
    material = make_material(store, toy_labels(store), toy_manifest(store), training_params(), alpha=0.5)
    sources = [{int(row) // 4 for row in part.rows_W} for part in (material.training, material.validation)]
    assert not sources[0] & sources[1] and len(material.training) + len(material.validation) == 40 and len(material.validation) == 8


def test_a_clip_that_the_manifest_does_not_know_is_named(store):
    with pytest.raises(PslError, match=r"1 clips .* such as other"):
        clips_of(toy_manifest(store), (*store.clip_ids, "other"))


@pytest.mark.parametrize("sizes, window_ms, windows", [((320.0, None), 2000, 160), ((320.0, None), 400_000, 1), ((None, 32), 2000, 32)])
def test_a_step_is_seconds_or_windows(sizes, window_ms, windows):
    assert windows_in_batch(training_params(batch_seconds=sizes[0], batch_windows=sizes[1]), window_ms) == windows


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["bfloat16", "float16", "float32"])
def test_mixed_precision_learns_on_cuda(store, tmp_path, precision):
    model, history = run(store, tmp_path, device="cuda", precision=precision, max_epochs=15, patience_epochs=15)
    assert history[-1].train_loss < 0.8 * history[0].train_loss
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}
