"""Finds the audio files of a corpus's clips, for the manifests of all corpora."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from psl.audio.places.resolve import resolve_audio
from psl.audio.places.search import find_audio
from psl.audio.places.segments import Segment

COLUMNS = ("path", "start_s", "end_s", "audio_hash")


class Part(NamedTuple):
    """A clip of which it is known where it lies in its recording, whose audio file has this name."""

    recording: str
    start_s: float
    end_s: float | None  # None: to the end


def audio_columns(folder: Path, audio: Path, requests: Sequence[Segment]) -> dict[str, pa.Array]:
    """COLUMNS of a manifest in `folder` for the clips `requests` in the folder `audio`; null where no audio is found.

    Paths are relative when `audio` is inside `folder`. A clip that is not found keeps the requested interval.
    """
    contents = resolve_audio(requests, find_audio(audio, requests))
    path = pa.array(_relative(contents.paths, folder, audio), pa.string())
    columns = (
        path,
        pa.array(contents.start_s_N),
        pa.array(contents.end_s_N, mask=np.isnan(contents.end_s_N)),
        pa.array(contents.hash_N, pa.binary(), mask=path.is_null().to_numpy(zero_copy_only=False)).cast(pa.string()),
    )
    return dict(zip(COLUMNS, columns, strict=True))


def part_columns(folder: Path, audio: Path, parts: Sequence[Part]) -> dict[str, pa.Array]:
    """COLUMNS for clips that are parts of recordings; each recording is searched for and read once."""
    names = list(dict.fromkeys(part.recording for part in parts))
    found = pa.table(audio_columns(folder, audio, [Segment(name, 0, None) for name in names]))
    columns = found.take(pc.index_in(pa.array([part.recording for part in parts]), pa.array(names)))
    times = {name: pa.array([getattr(part, name) for part in parts], pa.float64()) for name in ("start_s", "end_s")}
    return {name: times.get(name, columns[name]) for name in COLUMNS}


def _relative(paths: list[str | None], folder: Path, audio: Path) -> list[str | None]:
    """The paths relative to `folder` when `audio` is inside it, else unchanged."""
    if not audio.is_relative_to(folder):
        return paths
    base, prefix = audio.relative_to(folder).as_posix(), len(os.path.abspath(audio))
    return [path and base + path[prefix:] for path in paths]
