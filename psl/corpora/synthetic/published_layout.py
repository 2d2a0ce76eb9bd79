"""A synthetic set as the parameters of the published one, whose reader then reads it."""

from pathlib import Path
from typing import Literal

from psl.config import Published, SyntheticSet
from psl.corpora.synthetic.freesound_sets import build_set
from psl.runtime.cores import cores

MADE = "made"  # folder of audio, lists and truth.csv, laid out as the archives unpack


def build_published(
    folder: Path, params: SyntheticSet, kind: Literal["fsd50k", "fsdkaggle2018", "fsdkaggle2019"]
) -> Published:
    """Build the set in `folder`/made; where the published set would be."""
    made = folder / MADE
    made.mkdir()
    layout = build_set(params, made, workers=cores())
    return Published(kind=kind, source=str(made / layout.lists), audio=str(made))
