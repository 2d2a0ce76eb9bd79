"""Training learns, keeps the best weights, and reports when it diverges."""

import sys

import numpy as np
import pytest
import torch
from torch.amp.grad_scaler import GradScaler
from toy import toy_labels, toy_manifest, toy_store, training_params
from toy_training import build, losses, run, same

from psl.config import Plugin
from psl.io.metadata.manifest import weak_targets
from psl.runtime.errors import PslError
from psl.training import augmentations
from psl.training.engine import loop
from psl.training.engine.augment import build_augmentation
from psl.training.engine.checkpoint import FILE, load_checkpoint
from psl.training.engine.data import clips_of, make_training_data, windows_in_batch
from psl.training.engine.history import best, history_csv
from psl.training.engine.step import train_step
from psl.training.engine.validation import validate


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return toy_store(tmp_path_factory.mktemp("features"))


def test_it_learns(store, tmp_path):
    _, history = run(store, tmp_path, max_steps=60, patience_steps=60)
    assert history[-1].train_loss < 0.6 * history[0].train_loss
    assert best(history).validation_mAP > 0.9
    assert [row.step for row in history[:3]] == [4, 8, 12] and history[0].learning_rate < history[1].learning_rate


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(store, tmp_path):
    (first, history), (again, history_again), (other, _) = (
        run(store, tmp_path / name, seed) for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert same(first, again) and history_csv(history) == history_csv(history_again)
    assert not same(first, other)


RECORDER = """from pathlib import Path

def build(*, file: str):
    def augment(mel_BTF, target_BC, generator):
        number = generator.initial_seed(), mel_BTF.new_empty(()).uniform_(generator=generator).item()
        with Path(file).open("a") as lines:
            print(*number, tuple(mel_BTF.shape), tuple(target_BC.shape), file=lines)
        return mel_BTF + number[1], target_BC
    return augment
"""


@pytest.fixture
def recorder(tmp_path, monkeypatch):
    """An augmentation in a file of its own, which notes its calls in another one."""
    (tmp_path / "recorder.py").write_text(RECORDER)
    folders = [*augmentations.__path__, str(tmp_path)]
    monkeypatch.setattr(augmentations, "__path__", folders)
    monkeypatch.setattr(augmentations.__spec__, "submodule_search_locations", folders)
    monkeypatch.delitem(sys.modules, "psl.training.augmentations.recorder", raising=False)
    file = tmp_path / "calls.txt"
    yield Plugin(name="recorder", file=str(file)), lambda: file.read_text().splitlines()


def test_an_augmentation_gets_each_batch_and_random_numbers_of_seed_and_interval(store, tmp_path, recorder):
    augmentation, calls = recorder
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        run(store, tmp_path / name, seed, augmentation=augmentation, max_steps=8)
    first, again, other = (calls()[start : start + 8] for start in (0, 8, 16))
    assert first == again and len(set(first)) == 8 and not set(first) & set(other)  # 2 intervals of 4 batches
    assert [len({line.split()[0] for line in part}) for part in (first[:4], first[4:], first)] == [1, 1, 2]
    assert first[0].endswith("(8, 40, 32) (8, 3)")


def test_an_augmentation_changes_the_weights_and_none_leaves_the_random_numbers_alone(store, tmp_path, recorder):
    plain, augmented = run(store, tmp_path / "a")[0], run(store, tmp_path / "b", augmentation=recorder[0])[0]
    assert not same(plain, augmented)
    batch = torch.randn(2, 4, 3), torch.rand(2, 3)
    generator = torch.Generator().manual_seed(1)
    state = generator.get_state()
    output = build_augmentation(Plugin(name="none"))(*batch, generator)
    assert all(before is after for before, after in zip(batch, output, strict=True))
    assert torch.equal(generator.get_state(), state)


def test_a_training_with_a_chain_of_augmentations_gives_the_same_bytes_again(store, tmp_path):
    masks = {"name": "spec_augment", "time_masks": 1, "max_time_share": 0.2, "mel_masks": 1, "max_mel_bands": 4}
    mixup = {"name": "mixup", "domain": "power", "beta": 0.4, "labels": "union", "share": 0.5}
    first, again, masked = (
        run(store, tmp_path / name, augmentation={"name": "chain", "parts": parts}, max_steps=4)[0]
        for name, parts in [("a", [mixup, masks]), ("b", [mixup, masks]), ("c", [masks])]
    )
    assert same(first, again) and not same(first, masked)


def test_an_unknown_augmentation_is_refused():
    with pytest.raises(
        ValueError,
        match=r"augmentation.name mix is no file with build in psl/training/augmentations/: choose one of chain, ",
    ):
        training_params(augmentation=Plugin(name="mix"))


def test_a_finished_training_is_not_done_again(store, tmp_path, monkeypatch):
    first, _ = run(store, tmp_path)
    monkeypatch.setattr(loop, "train_step", None)
    assert same(first, run(store, tmp_path)[0])


def test_the_best_weights_are_given_back_in_evaluation_mode(store, tmp_path, monkeypatch):
    seen = losses(monkeypatch, [0.5, 0.3, 0.3, 0.4])
    model, history = run(store, tmp_path, max_steps=16, patience_steps=16)
    assert best(history).step == 8 and not model.training
    assert all(torch.equal(model.state_dict()[name], tensor) for name, tensor in seen[1].items())
    assert not torch.equal(seen[1]["classifier.1.weight"], seen[3]["classifier.1.weight"])


def test_a_loss_that_is_no_number_stops_in_a_sentence(store, tmp_path, monkeypatch):
    with pytest.raises(PslError, match=r"not a number by step \d.*learning_rate"):
        run(store, tmp_path, learning_rate=1e30, gradient_clip_norm=1e30, warm_up_share=0.0)
    losses(monkeypatch, [float("nan")])
    with pytest.raises(PslError, match=r"not a number by step 4"):
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
    params = training_params(gradient_clip_norm=limit)
    train_step(model, sgd, GradScaler("cpu", enabled=False), (mel, target), rate=1.0, params=params)
    moved = torch.cat([p.detach().flatten() for p in model.parameters()]) - before
    assert moved.norm().item() == pytest.approx(limit, rel=0.02) if limit < 1 else moved.norm() > 1e-2


def test_validation_scores_clips_by_the_mean_over_windows(store):
    training_data = make_training_data(
        store, toy_labels(store), toy_manifest(store), training_params(batch_windows=3), alpha=None
    )

    class Oracle(torch.nn.Linear):
        """Says .9 for the loud bands and .1 for the others."""

        def forward(self, mel_BTF):
            loud_BC = torch.stack([mel_BTF[:, :, 10 * c : 10 * c + 10].mean((1, 2)) > -40 for c in range(3)], dim=1)
            return (0.1 + 0.8 * loud_BC,)

    clip_W, weak_NC = training_data.labels.clip_W, training_data.validation_weak_NC
    loss, mean_ap = validate(Oracle(1, 1), training_data.validation, clip_W, weak_NC)
    assert mean_ap == 1.0 and loss == pytest.approx(-np.log(0.9), rel=1e-5)


def test_only_the_weak_labels_of_validation_clips_are_held(store, monkeypatch):
    monkeypatch.setattr("psl.training.engine.data.CLIPS_AT_ONCE", 3)
    manifest, labels = toy_manifest(store), toy_labels(store)
    training_data = make_training_data(store, labels, manifest, training_params(), alpha=None)
    validating = np.unique(labels.clip_W[training_data.validation.rows_W])
    assert 0 < len(validating) < len(store)
    assert np.array_equal(training_data.validation_weak_NC, weak_targets(manifest, labels.vocabulary)[validating])


def test_training_and_validation_share_no_source(store):
    training_data = make_training_data(store, toy_labels(store), toy_manifest(store), training_params(), alpha=0.5)
    sources = [{int(row) // 4 for row in part.rows_W} for part in (training_data.training, training_data.validation)]
    assert (
        not sources[0] & sources[1]
        and len(training_data.training) + len(training_data.validation) == 40
        and len(training_data.validation) == 8
    )


def test_a_clip_that_the_manifest_does_not_know_is_named(store):
    with pytest.raises(PslError, match=r"1 clips .* such as other"):
        clips_of(toy_manifest(store), (*store.clip_ids, "other"))


@pytest.mark.parametrize(
    "sizes, window_ms, windows", [((320.0, None), 2000, 160), ((320.0, None), 400_000, 1), ((None, 32), 2000, 32)]
)
def test_a_step_is_seconds_or_windows(sizes, window_ms, windows):
    assert windows_in_batch(training_params(batch_seconds=sizes[0], batch_windows=sizes[1]), window_ms) == windows


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["bfloat16", "float16", "float32"])
def test_mixed_precision_learns_on_cuda(store, tmp_path, precision):
    model, history = run(store, tmp_path, device="cuda", precision=precision, max_steps=60, patience_steps=60)
    assert history[-1].train_loss < 0.8 * history[0].train_loss
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}
