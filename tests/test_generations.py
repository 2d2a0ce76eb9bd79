"""Generations: the networks of one label batches for the next, which starts anew."""

import json
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from params_files import changed, fault_in
from project import WINDOW
from toy import placeholder

from psl.config import ShardsParams
from psl.training.engine.online import OnlineLabels
from tasks import seeds
from tasks.online_labels import labels_of_students
from tasks.seeds import train_by_params

SHARDS = ShardsParams(runner="auto", workers=0, trainings=0, address=None)
AGAIN = WINDOW | {"labels": "online", "window_starts": "random", "generations": 2}


def own_annotator(params: dict) -> None:
    """Let the trained annotator label, and a student of two generations and two seeds learn."""
    params["annotators"] = {"annotator": {"kind": "saved", "source": "data/models/annotator"}}
    params["students"]["again"] = AGAIN


def test_the_networks_of_the_first_generation_label_for_the_second(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    project.edit(own_annotator)
    project.repro("train_student@again")
    folder = project.folder / "data/models/again"
    assert sorted(path.name for path in folder.iterdir()) == ["generation1", "seed1", "seed2"]
    first = [json.loads((folder / f"generation1/seed{seed}/model.json").read_text()) for seed in (1, 2)]
    for seed in (1, 2):
        last = json.loads((folder / f"seed{seed}/model.json").read_text())
        teachers = last["trained_on"]["labelled_by"]
        assert [each["weights_hash"] for each in teachers] == [each["weights_hash"] for each in first]
        assert last["weights_hash"] not in [each["weights_hash"] for each in first]
    assert "labelled_by" not in first[0]["trained_on"]
    assert not any((project.folder / ".shards/training").iterdir())


def test_their_label_is_the_mean_of_all_seeds_and_the_rest_stays(tmp_path, monkeypatch):
    networks = {tmp_path / f"seed{seed}": placeholder(seed) for seed in (1, 2, 3)}
    monkeypatch.setattr("psl.annotators.inference.network.saved_model.load", lambda folder, *_: networks[folder])
    first = OnlineLabels(placeholder(0), unmatched=(2,))
    second = labels_of_students(first, [*networks], "cpu")
    mel_BTF = np.random.default_rng(1).normal(-60, 5, (3, 40, 32)).astype(np.float32)
    expected_BC = sum(network(mel_BTF) for network in networks.values()) / 3
    np.testing.assert_allclose(second.annotate(mel_BTF), expected_BC, rtol=1e-6)
    assert (second.unmatched, second.afterwards) == (first.unmatched, first.afterwards)


def toy_generation(folder, number, seed):
    """Every network of the generation before is there, and every checkpoint."""
    if number > 1:
        assert {path.name for path in folder.glob(f"model{number - 1}-*")} == {f"model{number - 1}-{s}" for s in (1, 2)}
    checkpoint = folder / f"checkpoint{number}-{seed}"
    checkpoint.mkdir()
    (folder / f"model{number}-{seed}").touch()
    assert len([*folder.glob("checkpoint*")]) >= 2 * (number - 1)
    return checkpoint


@pytest.mark.parametrize("trainings", [1, 2])
def test_a_generation_begins_when_the_one_before_has_all_its_networks(tmp_path, monkeypatch, trainings):
    monkeypatch.setattr("psl.runtime.cores.cores", lambda: 2)
    monkeypatch.setattr(seeds, "workers_that_fit", lambda workers, *_: workers)
    params = SimpleNamespace(shards=SHARDS.model_copy(update={"trainings": trainings}))
    training = SimpleNamespace(processes=1, device="cpu")
    generations = [partial(toy_generation, tmp_path, number) for number in (1, 2, 3)]
    train_by_params(params, "train_student", [], generations, training=training, seeds=[1, 2])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"model{n}-{s}" for n in (1, 2, 3) for s in (1, 2)]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"labels": "stored", "window_starts": "labelled"}, "students.again.generations 2 needs labels: online"),
        ({"generations": 1}, "students.again.generations 1 is below 2"),
    ],
)
def test_a_generation_without_labels_is_refused(tmp_path, own, words):
    assert words in fault_in(changed(tmp_path, "students", {"again": AGAIN | own}))


def test_weak_labels_have_no_generations(tmp_path):
    fault = fault_in(changed(tmp_path, "students", {"again": {"targets": "weak", "generations": 2}}))
    assert "students.again.generations 2 needs labels: online" in fault
