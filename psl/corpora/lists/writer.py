"""Writes the tables of a corpus's metadata: the manifest, details of clips, and strong labels."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from psl.audio.places.segments import Segment
from psl.corpora.lists.audio_files import COLUMNS, Part, audio_columns, part_columns
from psl.io.metadata.manifest import write_manifest
from psl.io.parquet import write_parquet
from psl.io.schemas import DETAILS, MANIFEST, STRONG

LIST_COLUMNS = pa.schema([field for field in MANIFEST if field.name not in COLUMNS])


class FileClip(NamedTuple):
    """A clip that is a whole file and has its name; the last four fields where the corpus has them.

    See DETAILS for three of them, and MANIFEST for `looked_for`.
    """

    clip_id: str
    subset: str
    labels: Sequence[str]
    source: str
    duration_s: float | None = None
    manually_verified: bool | None = None
    usage: str | None = None
    looked_for: Sequence[str] | None = None


def write_clips(folder: Path, listed: pa.Table, audio: Path, requests: Sequence[Segment]) -> None:
    """Write manifest.parquet: the rows `listed`, of schema LIST_COLUMNS, with the audio files of `requests`."""
    _write_manifest(folder, listed, audio_columns(folder, audio, requests))


def write_file_clips(
    folder: Path,
    clips: Sequence[FileClip],
    audio: Path,
    requests: Sequence[Segment] | None = None,
    *,
    parts: Sequence[Part] | None = None,
) -> None:
    """Write manifest.parquet and, if any, details.parquet.

    Audio files are found by `requests`, else by clip id; or clips are these `parts` of recordings.
    """
    rows = [clip._asdict() for clip in clips]
    requests = requests or [Segment(clip.clip_id, 0, None) for clip in clips]
    columns = part_columns(folder, audio, parts) if parts else audio_columns(folder, audio, requests)
    _write_manifest(folder, pa.Table.from_pylist(rows, LIST_COLUMNS), columns)
    details = pa.Table.from_pylist(rows, DETAILS).sort_by("clip_id")
    if any(column.null_count < len(column) for column in details.columns[1:]):
        write_parquet(folder / "details.parquet", details)


def _write_manifest(folder: Path, listed: pa.Table, audio: dict[str, pa.Array]) -> None:
    columns = {name: listed[name] for name in LIST_COLUMNS.names} | audio
    write_manifest(folder, pa.table([columns[name] for name in MANIFEST.names], schema=MANIFEST))


def write_strong(folder: Path, rows: Iterable[tuple[str, float, float, str]]) -> None:
    """Write strong.parquet from rows (clip id, onset in s, offset in s, mid), when there are any."""
    columns = [list(column) for column in zip(*sorted(rows), strict=True)]
    if columns:
        write_parquet(folder / "strong.parquet", pa.table(columns, schema=STRONG))
