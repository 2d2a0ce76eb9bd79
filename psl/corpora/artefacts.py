"""What the metadata stage keeps of a corpus, whichever it is: the manifest, details of clips, and the truth in time."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from psl.corpora.places import audio_columns
from psl.files import write_whole
from psl.manifest import write_manifest
from psl.schemas import DETAILS, MANIFEST, STRONG

ASKED = pa.schema([field for field in MANIFEST if field.name not in ("path", "audio_hash")])


class FileClip(NamedTuple):
    """A clip that is a whole file and is named by it; the last three where the corpus says so, see psl.schemas.DETAILS."""

    clip_id: str
    subset: str
    labels: Sequence[str]
    source: str
    duration_s: float | None = None
    manually_verified: bool | None = None
    usage: str | None = None


def write_clips(folder: Path, asked: pa.Table, audio: Path, stems: Sequence[pa.ChunkedArray]) -> None:
    """Write manifest.parquet: the clips `asked` for, of schema ASKED, with what is found of them in `audio` (see audio_columns)."""
    path, audio_hash = audio_columns(folder, audio, stems)
    columns = {name: asked[name] for name in ASKED.names} | {"path": path, "audio_hash": audio_hash}
    write_manifest(folder, pa.table([columns[name] for name in MANIFEST.names], schema=MANIFEST))


def write_file_clips(folder: Path, clips: Sequence[FileClip], audio: Path, *other_stems: Sequence[str]) -> None:
    """Write manifest.parquet and, where the corpus gives any, details.parquet. `other_stems` are further names of each clip's file."""
    asked = [{"start_s": 0.0, "end_s": None} | clip._asdict() for clip in clips]
    stems = [pa.chunked_array([pa.array(names, pa.string())]) for names in ([clip.clip_id for clip in clips], *other_stems)]
    write_clips(folder, pa.Table.from_pylist(asked, ASKED), audio, stems)
    details = pa.Table.from_pylist(asked, DETAILS).sort_by("clip_id")
    if any(column.null_count < len(column) for column in details.columns[1:]):
        with write_whole(folder / "details.parquet") as temporary:
            pq.write_table(details, temporary)


def write_strong(folder: Path, rows: Iterable[tuple[str, float, float, str]]) -> None:
    """Write strong.parquet of (clip id, onset in s, offset in s, mid), when there are any."""
    columns = [list(column) for column in zip(*sorted(rows), strict=True)]
    if columns:
        with write_whole(folder / "strong.parquet") as temporary:
            pq.write_table(pa.table(columns, schema=STRONG), temporary)
