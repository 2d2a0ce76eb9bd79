"""The sets that psl/soundscapes builds in Freesound's layouts, read back by the readers of the real ones."""

from pathlib import Path
from typing import Literal

from psl.cores import cores
from psl.corpora.fsd50k import write_fsd50k
from psl.corpora.fsdkaggle2018 import write_fsdkaggle2018
from psl.corpora.fsdkaggle2019 import write_fsdkaggle2019
from psl.params import Made, MadeFSD50K, MadeFSDKaggle2018, MadeFSDKaggle2019, Published
from psl.soundscapes.sets import build_set

MADE = "made"  # folder of audio, lists and truth.csv, laid out as the archives unpack


def write_made_fsd50k(folder: Path, params: MadeFSD50K) -> None:
    """Build the set in `folder`/made, and write what write_fsd50k writes beside it."""
    write_fsd50k(folder, _built(folder, params, "fsd50k"))


def write_made_fsdkaggle2018(folder: Path, params: MadeFSDKaggle2018) -> None:
    """Build the set in `folder`/made, and write what write_fsdkaggle2018 writes beside it."""
    write_fsdkaggle2018(folder, _built(folder, params, "fsdkaggle2018"))


def write_made_fsdkaggle2019(folder: Path, params: MadeFSDKaggle2019) -> None:
    """Build the set in `folder`/made, and write what write_fsdkaggle2019 writes beside it."""
    write_fsdkaggle2019(folder, _built(folder, params, "fsdkaggle2019"))


def _built(folder: Path, params: Made, kind: Literal["fsd50k", "fsdkaggle2018", "fsdkaggle2019"]) -> Published:
    """Where the real set would lie."""
    made = folder / MADE
    made.mkdir()
    layout = build_set(params, made, workers=cores())
    return Published(kind=kind, lists=str(made / layout.lists), audio=str(made))
