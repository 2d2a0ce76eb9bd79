"""Trainings of the toy corpus, for the tests of the loop, with ways to interfere."""

import torch
from toy import ARCHITECTURE, VOCABULARY, toy_labels, toy_manifest, training_params

from psl.annotators.inference.network.build import build_network
from psl.training.engine import loop
from psl.training.engine.data import make_training_data
from psl.training.engine.loop import train


def build():
    return build_network(len(VOCABULARY), ARCHITECTURE)


def run(store, checkpoints, seed=1, **changes):
    params = training_params(**changes)
    training_data = make_training_data(store, toy_labels(store), toy_manifest(store), params, alpha=None)
    return train(build, training_data, params, seed, relative_rates={}, checkpoints=checkpoints, name="toy")


def same(first, second) -> bool:
    return all(torch.equal(first.state_dict()[name], tensor) for name, tensor in second.state_dict().items())


class Killed(Exception):
    pass


def dying(monkeypatch, at):
    """Kill the training when it takes its step `at`, the first time."""
    steps, step = [], loop.train_step

    def dies(*arguments, **keywords):
        steps.append(1)
        if len(steps) == at:
            raise Killed
        return step(*arguments, **keywords)

    monkeypatch.setattr(loop, "train_step", dies)


def losses(monkeypatch, values) -> list[dict]:
    """Let the validation give these losses, and remember the weights that it saw."""
    seen, values = [], iter(values)

    def validate(model, *_, **__):
        seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return next(values), 0.5

    monkeypatch.setattr(loop, "validate", validate)
    return seen
