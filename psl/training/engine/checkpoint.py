"""What a killed training needs to go on after the last validation, in one file that is whole or not there."""

from pathlib import Path
from typing import Any

import torch

from psl.io.files import atomic_write
from psl.runtime.errors import PslError

FILE = "checkpoint.pt"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write `state`: tensors, numbers, strings, and lists and dicts of them."""
    with atomic_write(folder / FILE) as temporary:
        torch.save(state, temporary)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The state that was saved last, on the CPU; None when there is none. Raises PslError when it cannot be read."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the bytes lead it to
        raise PslError(
            f"{path} is not a checkpoint of this training: delete {folder} to train from the start"
        ) from error
    return state
