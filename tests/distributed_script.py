"""A toy training for test_distributed.py, in several processes: `python distributed_script.py FOLDER [fail|hang]`."""

import atexit
import os
import sys
import time
from pathlib import Path

import torch
from toy import toy_labels, toy_manifest, toy_store, training_params

from psl.annotators.inference.network.build import build_network
from psl.config import Training
from psl.runtime.errors import exit_with_message
from psl.training.engine.data import make_training_data
from psl.training.engine.run import fresh_network, train_network
from tasks.distributed import distributed


def main(root: Path, what: str = "") -> None:
    rank = os.environ["RANK"]
    params = training_params(max_steps=60, patience_steps=60, validation_steps=5)
    (root / f"{rank}.pid").write_text(str(os.getpid()))
    with exit_with_message("toy"):
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


def hang(root: Path, rank: str) -> None:
    (root / f"{rank}.hangs").touch()
    time.sleep(600)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), *sys.argv[2:])
