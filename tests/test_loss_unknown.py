"""Targets that nobody knows are left out: the loss is that of the known ones alone, on any number of processes."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy import VOCABULARY, toy_labels, toy_manifest, toy_store, training_params

from psl.annotators.inference.network.build import build_network
from psl.io.labels.targets import Targets, weak_soft_labels
from psl.runtime.errors import PslError
from psl.training.engine import loop
from psl.training.engine.data import make_training_data
from psl.training.engine.loop import train
from psl.training.engine.loss import binary_cross_entropy
from psl.training.engine.process_group import ProcessGroup
from psl.training.engine.validation import validate

NAN = float("nan")


@st.composite
def batches(draw) -> tuple[torch.Tensor, torch.Tensor]:
    """p_BC and target_BC, of which some are unknown."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 5)))
    target_BC = np.where(rng.random(shape) < draw(st.sampled_from([0, 0.4, 0.9])), np.nan, rng.random(shape))
    return torch.tensor(rng.uniform(0.001, 0.999, shape).astype("f4")), torch.tensor(target_BC.astype("f4"))


def loss_and_gradient(p_BC, target_BC, weight=1.0, partial=True):
    p_BC = p_BC.clone().requires_grad_()
    loss = binary_cross_entropy(p_BC, target_BC, partial=partial)
    (loss * weight).backward()
    return loss.item(), p_BC.grad


@given(batches())
def test_it_is_the_loss_of_the_known_entries_alone(batch):
    p_BC, target_BC = batch
    known_BC = ~target_BC.isnan()
    loss, grad_BC = loss_and_gradient(p_BC, target_BC)
    assert (grad_BC[~known_BC] == 0).all()
    if known_BC.any():
        alone, grad_K = loss_and_gradient(p_BC[known_BC], target_BC[known_BC], partial=False)
        assert loss == pytest.approx(alone, rel=1e-5)
        torch.testing.assert_close(grad_BC[known_BC], grad_K)
    else:
        assert loss == 0


def test_a_probability_that_is_not_a_number_is_seen_where_the_target_is_unknown():
    loss = binary_cross_entropy(torch.tensor([[NAN, 0.5]]), torch.tensor([[NAN, 1.0]]), partial=True)
    assert math.isnan(loss.item())


class Gathered(ProcessGroup):
    """A process among others whose values are known beforehand."""

    others: torch.Tensor

    def mean(self, value):
        return self.others.mean()


@given(batches(), st.integers(1, 4))
def test_processes_weigh_their_losses_by_known_targets(batch, size):
    p_BC, target_BC = batch
    groups = [ProcessGroup(rank, size) for rank in range(size)]
    shares = [group.share(len(p_BC)) for group in groups]
    known = torch.tensor([float((~target_BC[part].isnan()).sum()) * (weight > 0) for part, weight in shares])
    mean = 0.0
    for group, (part, weight) in zip(groups, shares, strict=True):
        member = Gathered(group.rank, size)
        object.__setattr__(member, "others", known)
        share, count = member.share_of_known(target_BC[part], weight)
        assert count == known.sum()
        mean += (binary_cross_entropy(p_BC[part], target_BC[part], partial=True) * share).item() / size
    assert mean == pytest.approx(binary_cross_entropy(p_BC, target_BC, partial=True).item(), rel=1e-4, abs=1e-6)


def data_of(store, looked_for, batch_windows=8, **more):
    """The toy corpus, in whose clips `looked_for(number)` were looked for."""
    rows = toy_manifest(store).to_pylist()
    for number, row in enumerate(rows):
        row["looked_for"] = looked_for(number)
        row["labels"] = [mid for mid in row["labels"] if mid in (row["looked_for"] or VOCABULARY.mids)]
    manifest = toy_manifest(store).from_pylist(rows, toy_manifest(store).schema)
    return make_training_data(
        store, toy_labels(store), manifest, training_params(batch_windows=batch_windows), **{"alpha": None} | more
    )


def run(data, folder):
    params = training_params(max_steps=4)
    build = partial(build_network, 3, params.architecture)
    return train(build, data, params, 1, relative_rates={}, checkpoints=folder, name="toy")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return toy_store(tmp_path_factory.mktemp("features"))


def test_what_nobody_looked_for_makes_no_difference(store, tmp_path):
    """The labels of the third class are another each time, and unknown."""
    data = data_of(store, lambda _: list(VOCABULARY.mids[:2]))
    first, history = run(data, tmp_path / "a")
    second, again = run(without_third(data), tmp_path / "b")
    assert all(math.isfinite(row.train_loss) for row in history) and history == again
    assert all(torch.equal(first.state_dict()[name], tensor) for name, tensor in second.state_dict().items())


def without_third(data):
    """The same data, whose labels lack the third class."""
    for part in (data.training, data.validation):
        labels = part.targets.labels
        weak_NC = labels.dense(np.arange(len(labels))) > 0
        assert weak_NC[:, 2].any()
        weak_NC[:, 2] = False
        changed = weak_soft_labels(VOCABULARY, labels.clip_ids, labels.duration_ms_W, weak_NC)
        part.targets = replace(part.targets, labels=changed)
    return data


def test_all_classes_looked_for_is_the_training_in_which_nothing_is_stated(store, tmp_path):
    stated, plain = (
        run(data_of(store, lambda _, mids=mids: mids), tmp_path / str(mids)) for mids in (list(VOCABULARY.mids), None)
    )
    for ours, theirs in zip(stated[1], plain[1], strict=True):
        assert (ours.train_loss, ours.validation_loss, ours.validation_mAP) == pytest.approx(
            (theirs.train_loss, theirs.validation_loss, theirs.validation_mAP), rel=1e-5
        )


def test_where_nothing_is_unknown_the_fast_loss_is_taken(store, tmp_path, monkeypatch):
    seen = []
    step = loop.train_step
    monkeypatch.setattr(loop, "train_step", lambda *a, partial, **k: seen.append(partial) or step(*a, **k))
    run(data_of(store, lambda _: None), tmp_path / "plain")
    run(data_of(store, lambda number: list(VOCABULARY.mids[:2]) if number == 3 else None, alpha=0.5), tmp_path / "mix")
    assert seen and not any(seen)


class Oracle(torch.nn.Module):
    """Says of every window that class 0 is likelier the louder its first band."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, mel_BTF):
        p_BC = torch.stack([mel_BTF[:, :, 10 * band : 10 * band + 10].mean((1, 2)) for band in range(3)], 1)
        return torch.sigmoid(p_BC / 20 + 2) + self.weight, None


def test_validation_leaves_out_what_is_unknown(store):
    half = data_of(store, lambda number: list(VOCABULARY.mids[: 1 + number % 3]), batch_windows=3)
    known_NC = half.validation_known_NC
    assert known_NC is not None and 0 < known_NC.sum() < known_NC.size
    given = (half.validation, half.labels.clip_W, half.validation_weak_NC)
    loss, _ = validate(Oracle(), *given, known_NC=known_NC)
    p_BC, target_BC = [], []
    for _, (mel_BTF, batch_BC) in half.validation.in_order():
        p_BC.append(Oracle()(torch.from_numpy(mel_BTF))[0].detach())
        target_BC.append(torch.from_numpy(batch_BC))
    p_BC, target_BC = torch.cat(p_BC), torch.cat(target_BC)
    known_BC = ~target_BC.isnan()
    assert known_BC.sum() == known_NC.sum()
    assert loss == pytest.approx(binary_cross_entropy(p_BC[known_BC], target_BC[known_BC]).item(), rel=1e-5)


def test_data_of_which_nothing_is_known_are_refused(store):
    with pytest.raises(PslError, match=r"no target of the \d+ training clips is known"):
        data_of(store, lambda _: [])


def test_targets_without_unknown_ones_are_not_partial(store):
    labels = toy_labels(store)
    known_NC = np.ones((40, 3), bool)
    assert not Targets(labels).partial and Targets(labels, known_NC=known_NC).partial
