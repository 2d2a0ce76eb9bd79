"""The trainings of a stage: as many at once as cores and memory allow, each seed once, checkpoints until the end."""

import os
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from params_files import changed
from toy import toy_labels, toy_manifest, toy_store, training_params
from toy_dag import wait_until

from psl.annotators.inference.network.build import build_network
from psl.config import ShardsParams
from psl.config.file import read_params
from psl.io.features.store import FeatureStore
from psl.runtime.errors import PslError
from psl.training.engine.data import make_training_data
from psl.training.engine.run import fresh_network, train_network
from tasks import seeds
from tasks.seeds import train_seeds, trainings_at_once

SHARDS = ShardsParams(runner="auto", workers=0, trainings=0, address=None)


def toy_train(folder: Path, seed: int) -> Path:
    """Leave a model and its checkpoint; seed 13 kills its process."""
    assert all((folder / f"checkpoint{other.stem[4:]}").exists() for other in folder.glob("seed*"))
    if seed == 13:
        wait_until((folder / "seed1").exists)
        os._exit(9)
    checkpoint = folder / f"checkpoint{seed}"
    checkpoint.mkdir()
    (folder / f"seed{seed}").write_text(f"{os.getpid()}")
    return checkpoint


def train_tiny(folder: Path, seed: int) -> Path:
    """Train the toys' network on their features, in whatever process."""
    params = training_params(max_steps=6)
    store = FeatureStore(folder / "features", ["balanced"])
    data = make_training_data(store, toy_labels(store), toy_manifest(store), params, alpha=None)
    network = fresh_network(data, params, build_network)
    checkpoints = folder / "checkpoints"
    return train_network(
        folder, store, data, params, seed=seed, network=network, relative_rates={}, inputs="", checkpoints=checkpoints
    )


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr("psl.runtime.cores.cores", lambda: 2)
    monkeypatch.setattr(seeds, "workers_that_fit", lambda workers, *_: workers)


@pytest.mark.parametrize(("trainings", "processes"), [(1, 1), (0, 2)])
def test_each_seed_trains_once_and_checkpoints_stay_until_all_have_trained(tmp_path, cores, trainings, processes):
    shards = SHARDS.model_copy(update={"trainings": trainings})
    train_seeds(SimpleNamespace(shards=shards), partial(toy_train, tmp_path), [1, 2, 3, 4], "cpu")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seed1", "seed2", "seed3", "seed4"]
    assert len({path.read_text() for path in tmp_path.iterdir()}) == processes


def test_networks_side_by_side_are_those_of_one_after_the_other_to_the_byte(tmp_path, cores):
    for trainings in (1, 2):
        folder = tmp_path / f"{trainings}/model"
        toy_store(folder / "features", 24)
        shards = SHARDS.model_copy(update={"trainings": trainings})
        train_seeds(SimpleNamespace(shards=shards), partial(train_tiny, folder), [1, 2], "cpu")
    for name in ("seed1/model.safetensors", "seed2/model.safetensors", "seed2/model.json", "seed2/history.csv"):
        assert (tmp_path / "1/model" / name).read_bytes() == (tmp_path / "2/model" / name).read_bytes()


def test_a_seed_whose_process_is_killed_is_named_and_the_others_checkpoints_stay(tmp_path, cores):
    with pytest.raises(PslError, match="seed 13 was killed"):
        train_seeds(SimpleNamespace(shards=SHARDS), partial(toy_train, tmp_path), [1, 13], "cpu")
    assert (tmp_path / "checkpoint1").exists()


def test_no_more_trainings_run_than_there_are_seeds_cores_and_memory(monkeypatch, cores):
    monkeypatch.setattr("psl.runtime.cores.cores", lambda: 4)
    assert [trainings_at_once(SHARDS, "cpu", count) for count in (1, 3, 9)] == [1, 3, 4]
    many = SHARDS.model_copy(update={"trainings": 64})
    assert trainings_at_once(many, "cpu", 9) == 4
    monkeypatch.setattr(seeds, "workers_that_fit", lambda workers, *_: min(workers, 2))
    assert trainings_at_once(SHARDS, "cpu", 9) == 2


def test_a_gpu_trains_one_at_a_time_unless_more_are_asked_for(monkeypatch):
    monkeypatch.setattr(seeds, "_on_gpu", lambda _: True)
    assert trainings_at_once(SHARDS, "auto", 3) == 1
    assert trainings_at_once(SHARDS.model_copy(update={"trainings": 8}), "auto", 3) == 3


@pytest.mark.parametrize("key", ["shards.trainings", "train_student.compile"])
def test_a_params_file_from_before_the_parameter_is_read_and_means_the_default(tmp_path, key):
    params = read_params(changed(tmp_path, key, ...))
    assert params.shards.trainings == 0 and not params.train_student.compile
