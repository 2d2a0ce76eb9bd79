"""Toy trainings for test_distributed.py, in several processes: `python distributed_script.py FOLDER [WHAT]`."""

import atexit
import os
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import torch
from toy import toy_labels, toy_manifest, toy_store, training_params

from psl.annotators.inference.network.build import build_network
from psl.config import Training
from psl.runtime.errors import exit_with_message
from psl.training.engine.data import make_training_data
from psl.training.engine.run import fresh_network, train_network
from tasks.distributed import distributed
from tasks.seeds import train_by_params


def main(root: Path, what: str = "") -> None:
    rank = os.environ["RANK"]
    params = training_params(max_steps=60, patience_steps=60, validation_steps=5)
    (root / f"{rank}.pid").write_text(str(os.getpid()))
    with exit_with_message("toy"):
        if what == "generations":
            both = [partial(save_slowly, root, rank), partial(learn_from, root, rank)]
            train_by_params(SimpleNamespace(), "none", [], both, training=params, seeds=[1])
            return
        distributed("none", [], params, lambda: hang(root, rank) if what == "hang" else learn(root, rank, params, what))


def learn(root: Path, rank: str, params: Training, what: str) -> None:
    if what == "fail" and rank == "1":
        atexit.register(time.sleep, 2)  # the other one notices first
        sys.exit("toy: the disk is on fire")
    store = toy_store(root / f"features{rank}", clips=41)  # 33 train: the last batch has one window
    training_data = make_training_data(store, toy_labels(store), toy_manifest(store), params, alpha=None)
    checkpoint = train_network(
        root / "model",
        store,
        training_data,
        params,
        seed=1,
        network=fresh_network(training_data, params, build_network),
        relative_rates={},
        inputs="",
        checkpoints=root / "checkpoints",
    )
    assert (checkpoint is not None) == (rank == "0")


def save_slowly(root: Path, rank: str, seed: int) -> None:
    """The first generation: rank 0 writes its network long after the others are done."""
    if rank == "0":
        time.sleep(2)
        (root / f"network{seed}").touch()


def learn_from(root: Path, rank: str, seed: int) -> None:
    """The second generation, which finds the network in every process."""
    assert (root / f"network{seed}").exists()
    (root / f"{rank}.learnt").touch()


def hang(root: Path, rank: str) -> None:
    (root / f"{rank}.hangs").touch()
    time.sleep(600)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), *sys.argv[2:])
