"""What the metadata stage keeps of a corpus, whichever it is: the manifest, details of clips, and the truth in time."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from psl.audio_places.names import Clip
from psl.corpora.places import COLUMNS, audio_columns
from psl.manifest import write_manifest
from psl.parquet_tables import write_parquet
from psl.schemas import DETAILS, MANIFEST, STRONG

ASKED = pa.schema([field for field in MANIFEST if field.name not in COLUMNS])


class FileClip(NamedTuple):
    """A clip that is a whole file and is named by it; the last three where the corpus says so, see psl.schemas.DETAILS."""

    clip_id: str
    subset: str
    labels: Sequence[str]
    source: str
    duration_s: float | None = None
    manually_verified: bool | None = None
    usage: str | None = None


def write_clips(folder: Path, asked: pa.Table, audio: Path, clips: Sequence[Clip]) -> None:
    """Write manifest.parquet: `asked`, of schema ASKED, with what is found of the same `clips` in `audio`."""
    columns = {name: asked[name] for name in ASKED.names} | audio_columns(folder, audio, clips)
    write_manifest(folder, pa.table([columns[name] for name in MANIFEST.names], schema=MANIFEST))


def write_file_clips(folder: Path, clips: Sequence[FileClip], audio: Path, wanted: Sequence[Clip] | None = None) -> None:
    """Write manifest.parquet and, where the corpus gives any, details.parquet. Audio is looked for as `wanted`, else by the clip's id."""
    asked = [clip._asdict() for clip in clips]
    write_clips(folder, pa.Table.from_pylist(asked, ASKED), audio, wanted or [Clip(clip.clip_id, 0, None) for clip in clips])
    details = pa.Table.from_pylist(asked, DETAILS).sort_by("clip_id")
    if any(column.null_count < len(column) for column in details.columns[1:]):
        write_parquet(folder / "details.parquet", details)


def write_strong(folder: Path, rows: Iterable[tuple[str, float, float, str]]) -> None:
    """Write strong.parquet of (clip id, onset in s, offset in s, mid), when there are any."""
    columns = [list(column) for column in zip(*sorted(rows), strict=True)]
    if columns:
        write_parquet(folder / "strong.parquet", pa.table(columns, schema=STRONG))
