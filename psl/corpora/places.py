"""Where the audio of a corpus's clips lies: the one place in which all corpora look for it."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from psl.audio_places.contents import read_contents
from psl.audio_places.index import find_places
from psl.audio_places.names import Clip

COLUMNS = ("path", "start_s", "end_s", "audio_hash")


def audio_columns(folder: Path, audio: Path, clips: Sequence[Clip]) -> dict[str, pa.Array]:
    """COLUMNS of a manifest in `folder` for `clips`: paths are relative where `audio` lies in `folder`, null where nothing is found.

    A clip that is not found keeps the stretch that was asked for.
    """
    contents = read_contents(clips, find_places(audio, clips))
    path = pa.array(_relative(contents.paths, folder, audio), pa.string())
    columns = (
        path,
        pa.array(contents.start_s_N),
        pa.array(contents.end_s_N, mask=np.isnan(contents.end_s_N)),
        pa.array(contents.hash_N, pa.binary(), mask=path.is_null().to_numpy(zero_copy_only=False)).cast(pa.string()),
    )
    return dict(zip(COLUMNS, columns, strict=True))


def _relative(paths: list[str | None], folder: Path, audio: Path) -> list[str | None]:
    """Relative to `folder` where `audio` lies in it, else as they are."""
    if not audio.is_relative_to(folder):
        return paths
    base, cut = audio.relative_to(folder).as_posix(), len(os.path.abspath(audio))  # what every path begins with
    return [path and base + path[cut:] for path in paths]
