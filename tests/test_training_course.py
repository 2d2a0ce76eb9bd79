"""The course of a training: so many steps, fewer where nothing gets better, the same after a kill, no thread left."""

import threading

import pytest
import torch
from toy import toy_labels, toy_manifest, toy_store, training_params
from toy_training import Killed, build, dying, losses, run, same

from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.training.engine import loop
from psl.training.engine.data import make_training_data
from psl.training.engine.loop import train
from psl.training.engine.schedule import learning_rate


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return toy_store(tmp_path_factory.mktemp("features"))


@pytest.mark.parametrize(
    ("validation_steps", "shuffle_buffer_clips", "goes_on_after"),
    [(4, 4096, 4), (3, 8, 6)],  # an epoch has 4 steps
)
def test_a_killed_training_goes_on_and_gives_the_same_bytes(
    store, tmp_path, monkeypatch, capsys, validation_steps, shuffle_buffer_clips, goes_on_after
):
    how = {"validation_steps": validation_steps, "shuffle_buffer_clips": shuffle_buffer_clips}
    whole, history = run(store, tmp_path / "whole", **how)
    dying(monkeypatch, 7)
    with pytest.raises(Killed):
        run(store, tmp_path / "killed", **how)
    torch.rand(99)  # the state of torch's random numbers is another one when it goes on
    resumed, resumed_history = run(store, tmp_path / "killed", **how)
    assert same(whole, resumed) and resumed_history == history
    assert f"goes on after step {goes_on_after}\n" in capsys.readouterr().err


@pytest.mark.parametrize("clips", [3, 40])
@pytest.mark.parametrize("validation_steps", [3, 7])
def test_a_course_is_so_many_steps_whatever_the_clips_and_the_validations(
    tmp_path, monkeypatch, clips, validation_steps
):
    made, steps, step = toy_store(tmp_path / "features", clips, seed=1), [], loop.train_step
    manifest = toy_manifest(made)
    manifest = manifest.set_column(manifest.column_names.index("source"), "source", manifest["clip_id"])
    params = training_params(max_steps=7, validation_steps=validation_steps)
    data = make_training_data(made, toy_labels(made), manifest, params, alpha=None)
    monkeypatch.setattr(loop, "train_step", lambda *a, rate, **k: steps.append(rate) or step(*a, rate=rate, **k))
    _, history = train(build, data, params, 1, relative_rates={}, checkpoints=tmp_path / "c", name="toy")
    assert steps == [learning_rate(number, 7, params) for number in range(7)]
    assert [row.step for row in history] == sorted({*range(validation_steps, 7, validation_steps), 7})
    assert history[-1].epochs == round(7 / data.training.steps, 3)


def test_validations_within_an_epoch_do_not_read_its_shards_again(store, tmp_path, monkeypatch):
    reads, read = [], FeatureStore.read_group
    monkeypatch.setattr(FeatureStore, "read_group", lambda self, group: reads.append(group) or read(self, group))
    for validation_steps in (12, 1):
        reads.clear()
        monkeypatch.setattr(loop, "validate", lambda *_, **__: (0.5, 0.5))
        run(store, tmp_path / str(validation_steps), validation_steps=validation_steps, shuffle_buffer_clips=8)
        assert 9 <= len(reads) <= 12  # of three row groups in three epochs, and what is read ahead


@pytest.mark.parametrize("end", ["whole", "early", "diverged", "killed"])
def test_no_thread_is_left_however_a_training_ends(store, tmp_path, monkeypatch, end):
    before, fault = set(threading.enumerate()), None
    how = {"validation_steps": 3, "shuffle_buffer_clips": 8}
    if end == "early":
        losses(monkeypatch, [0.1, 0.2])
        how["patience_steps"] = 3
    elif end == "diverged":
        losses(monkeypatch, [float("nan")])
    elif end == "killed":
        dying(monkeypatch, 2)
    try:
        run(store, tmp_path, **how)
    except (PslError, Killed) as error:
        fault = error  # holds the frames of the loop, and what is in them
    assert (fault is None) == (end in ("whole", "early")) and set(threading.enumerate()) == before


def test_it_stops_when_nothing_gets_better(store, tmp_path, monkeypatch):
    losses(monkeypatch, [0.5, 0.4, 0.45, 0.41, 0.3])
    _, history = run(store, tmp_path, max_steps=36, patience_steps=8)
    assert history[-1].step == 16


@pytest.mark.parametrize(("min_steps", "stops_after"), [(0, 6), (5, 6), (6, 6), (7, 9), (12, 12)])
def test_it_does_not_stop_early_before_min_steps(store, tmp_path, monkeypatch, min_steps, stops_after):
    losses(monkeypatch, [0.1, 0.2, 0.3, 0.4])
    _, history = run(store, tmp_path, min_steps=min_steps, patience_steps=1, validation_steps=3)
    assert history[-1].step == stops_after
