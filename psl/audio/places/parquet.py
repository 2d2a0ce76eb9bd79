"""Parquet with the bytes of audio files, as on the Hugging Face hub: list the names, read rows by row group."""

import threading
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from psl.audio.places.locators import Locator, format_locator
from psl.runtime.errors import PslError

NAMES = (
    "video_id",
    "ytid",
    "youtube_id",
    "clip_id",
    "segment_id",
    "fname",
    "file_name",
    "filename",
    "__key__",
    "key",
    "id",
    "name",
)
AUDIO = ("audio", "wav", "flac", "mp3", "bytes")  # a struct {bytes, path}, or the bytes

_last = threading.local()


def rows(path: str) -> Iterator[tuple[str, str]]:
    """(name, locator) of each row of the file at `path`; the audio is not read.

    The name comes from the first column of NAMES that exists, otherwise from the audio's own `path`. Raises PslError
    when a column is missing or the file is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = _name_column(path, file.schema_arrow)
            for group in range(file.num_row_groups):
                column = file.read_row_group(group, columns=[names], use_threads=False).flatten().column(0)
                for row, name in enumerate(_without_decoding(column).to_pylist()):
                    if name is not None:
                        text = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
                        yield text, format_locator(path, group, row)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def _without_decoding(names: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text as bytes, which need not be UTF-8."""
    kind = names.type.value_type if pa.types.is_dictionary(names.type) else names.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return names.cast(kind).cast(pa.large_binary()) if is_text else names


def read_row(locator: Locator) -> bytes:
    """The bytes of an audio file. Read rows in their order: each thread keeps its last row group in memory.

    Raises PslError when the row does not exist, is null, or cannot be read.
    """
    cells = _group(locator.file, locator.first)
    if locator.second >= len(cells):
        raise PslError(
            f"row group {locator.first} of {locator.file} has only {len(cells)} rows: run the stage metadata again"
        )
    cell = cells[locator.second]
    if not cell.is_valid:
        raise PslError(
            f"row {locator.second} of row group {locator.first} of {locator.file} holds no audio: it is null"
        )
    return cell.as_py()


def _group(path: str, group: int) -> pa.ChunkedArray:
    """The audio of a row group; each thread keeps its last one."""
    if getattr(_last, "group", None) != (path, group):
        _last.group = None
        _last.cells = _read_group(path, group)
        _last.group = (path, group)
    return _last.cells


def _read_group(path: str, group: int) -> pa.ChunkedArray:
    try:
        with pq.ParquetFile(path) as file:
            if group >= file.num_row_groups:
                raise PslError(f"{path} has only {file.num_row_groups} row groups: run the stage metadata again")
            columns = [_audio_column(path, file.schema_arrow)]
            return file.read_row_group(group, columns=columns, use_threads=False).flatten().column(0)
    except FileNotFoundError:
        raise PslError(f"the Parquet file {path} does not exist") from None
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def _audio_column(path: str, schema: pa.Schema) -> str:
    for name in AUDIO:
        kind = schema.field(name).type if name in schema.names else None
        if kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
            return name
        if kind is not None and pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            return f"{name}.bytes"
    raise PslError(
        f"{path} has no column with the bytes of audio files ({' or '.join(AUDIO)}); it has {', '.join(schema.names)}"
    )


def _name_column(path: str, schema: pa.Schema) -> str:
    audio = _audio_column(path, schema)
    column = next((name for name in NAMES if name in schema.names), None)
    struct = audio.removesuffix(".bytes")
    if column is None and audio != struct and schema.field(struct).type.get_field_index("path") >= 0:
        column = f"{struct}.path"
    if column is None:
        raise PslError(
            f"{path} has no column that names its clips ({' or '.join(NAMES)}); it has {', '.join(schema.names)}"
        )
    return column


def _damaged(path: str, error: Exception) -> PslError:
    return PslError(f"the Parquet file {path} cannot be read ({' '.join(str(error).split())}): fetch it again")
