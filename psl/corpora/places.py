"""Where the audio of a corpus's clips lies: the one place in which all corpora look for files."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from psl.audio import SUFFIXES
from psl.errors import PslError
from psl.files import hash_file
from psl.progress import say, track

NAME = r"^(?P<stem>.+)(?P<suffix>\.[^.]*)$"
FILES = pa.schema([("stem", pa.string()), ("path", pa.string())])


def audio_columns(folder: Path, audio: Path, stems: Sequence[pa.ChunkedArray]) -> tuple[pa.ChunkedArray, pa.Array]:
    """The columns `path` and `audio_hash` of a manifest in `folder`, null where a clip's file is not found in `audio`.

    `stems` gives the file name of each clip without its suffix, one column for each naming scheme, the preferred first.
    """
    found = find_audio(audio, stems)
    base = audio.relative_to(folder).as_posix() if audio.is_relative_to(folder) else os.path.abspath(audio)
    paths = pc.binary_join_element_wise(base, found, "/")
    return paths, _hashes(folder, paths)


def find_audio(audio: Path, stems: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """The file of each clip, anywhere below `audio`, relative to it: one of its `stems` and a suffix of SUFFIXES.

    Each of these files is the clip itself, already cut. What is missing is null, and is counted aloud.
    Raises PslError when there is no such folder.
    """
    if not audio.is_dir():
        raise PslError(f"the audio folder {audio} does not exist: give the folder that holds the corpus's audio files")
    files = pa.Table.from_batches(_files(audio), FILES)
    indices = [pc.index_in(scheme, files["stem"]) for scheme in stems]
    found = files["path"].take(pc.coalesce(*indices))
    if found.null_count:
        say(f"{found.null_count} of {len(found)} clips have no audio file in {audio}; the manifest keeps them without a path")
    return found


def _files(audio: Path) -> Iterator[pa.RecordBatch]:
    """Stem and path of the audio files of each folder, sorted, so that the first of two with the same stem is always the same."""
    for place, folders, names in os.walk(audio):
        folders.sort()
        split = pc.extract_regex(pa.array(sorted(names), pa.string()), NAME)
        kept = split.filter(pc.is_in(pc.utf8_lower(split.field("suffix")), pa.array(sorted(SUFFIXES))))
        above = Path(place).relative_to(audio).as_posix()
        inside = "" if above == "." else f"{above}/"
        stem = kept.field("stem")
        yield pa.record_batch([stem, pc.binary_join_element_wise(inside, stem, kept.field("suffix"), "")], schema=FILES)


def _hashes(folder: Path, paths: pa.ChunkedArray) -> pa.Array:
    found = paths.drop_null().to_pylist()
    hashes = track((hash_file(folder / path) for path in found), "hashes of audio files", len(found))
    where = pc.is_valid(paths).combine_chunks()
    return pc.replace_with_mask(pa.nulls(len(paths), pa.string()), where, pa.array(hashes, pa.string()))
