"""A toy training that tests/test_together.py runs in several processes: `python team_script.py FOLDER [fail|hang]`."""

import atexit
import os
import sys
import time
from pathlib import Path

import torch
from toy import toy_labels, toy_manifest, toy_store, training_params

from models import MODELS
from psl.errors import ends_in_a_sentence
from psl.params import Training
from psl.training.material import make_material
from psl.training.run import train_to_folders
from tasks.together import together


def main(root: Path, what: str = "") -> None:
    rank = os.environ["RANK"]
    params = training_params(max_epochs=12, patience_epochs=12)
    (root / f"{rank}.pid").write_text(str(os.getpid()))
    with ends_in_a_sentence("toy"):
        together("none", [], params, lambda: hang() if what == "hang" else learn(root, rank, params, what))


def learn(root: Path, rank: str, params: Training, what: str) -> None:
    if what == "fail" and rank == "1":
        atexit.register(time.sleep, 2)  # the other one notices first
        sys.exit("toy: the disk is on fire")
    store = toy_store(root / f"features{rank}", clips=41)  # 33 train: the last batch has one window
    material = make_material(store, toy_labels(store), toy_manifest(store), params, alpha=None)
    train_to_folders(root / "model", store, material, params, [1], MODELS, "", root / "checkpoints")


def hang() -> None:
    time.sleep(600)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), *sys.argv[2:])
