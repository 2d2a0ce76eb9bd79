"""Where the audio of a corpus's clips lies: the one place in which all corpora look for it."""

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from psl.audio_places.contents import Content, read_contents
from psl.audio_places.index import find_places
from psl.audio_places.names import Clip
from psl.schemas import MANIFEST

COLUMNS = ("path", "start_s", "end_s", "audio_hash")


def audio_columns(folder: Path, audio: Path, clips: Sequence[Clip]) -> dict[str, pa.Array]:
    """COLUMNS of a manifest in `folder` for `clips`: paths are relative where `audio` lies in `folder`, null where nothing is found.

    A clip that is not found keeps the stretch that was asked for.
    """
    contents = read_contents(clips, find_places(audio, clips).found)
    absolute = os.path.abspath(audio)  # what every path begins with
    base = audio.relative_to(folder).as_posix() if audio.is_relative_to(folder) else absolute
    rows = [_row(content, base, len(absolute)) if content else _missing(clip) for content, clip in zip(contents, clips, strict=True)]
    return {name: pa.array([row[number] for row in rows], MANIFEST.field(name).type) for number, name in enumerate(COLUMNS)}


def _row(content: Content, base: str, cut: int) -> tuple[str, float, float | None, str]:
    return base + content.path[cut:], content.start_s, content.end_s, content.audio_hash


def _missing(clip: Clip) -> tuple[None, float, float | None, None]:
    return None, 0.0, None if clip.end_ms is None else (clip.end_ms - clip.start_ms) / 1000, None
