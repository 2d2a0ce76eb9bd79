"""AudioSet: its official lists, in the spellings that are in use, and the clips' audio files, as one manifest.

The corpora that psl/soundscapes builds have the same layout and are read here too.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from psl.audio import SUFFIXES
from psl.corpora.audioset_lists import (
    BALANCED,
    CLASS_LIST,
    EVAL,
    STRONG_EVAL,
    STRONG_TRAIN,
    UNBALANCED,
    Segment,
    read_segments,
    read_sources,
    read_strong,
)
from psl.errors import PslError
from psl.files import hash_file, write_whole
from psl.manifest import write_manifest
from psl.progress import say, track
from psl.schemas import MANIFEST, STRONG
from psl.vocabulary import Vocabulary
from psl.windows import to_units

DRAW = 4  # random stream of the aud300h draw


def write_corpus(folder: Path, lists: Path, audio: Path, aud300h_hours: float, seed: int) -> None:
    """Write manifest.parquet, classes.csv and, where strong lists are, strong.parquet of the clips in `lists` to `folder`.

    Clips whose audio is not found in `audio` stay in the manifest with a null path. Raises PslError for lists that do not
    parse, contradict each other, or name classes outside their class list.
    """
    vocabulary = Vocabulary.read(lists / CLASS_LIST)
    balanced, unbalanced, evaluation = (_checked(lists / name, vocabulary) for name in (BALANCED, UNBALANCED, EVAL))
    drawn = draw_aud300h(balanced, unbalanced, to_units(aud300h_hours * 3600, 1000), seed)
    subsets = ["balanced"] * len(balanced) + ["aud300h" if taken else "full" for taken in drawn] + ["eval"] * len(evaluation)
    segments = balanced + unbalanced + evaluation
    write_manifest(folder, _table(folder, segments, subsets, find_audio(audio, segments), read_sources(lists)))
    vocabulary.write(folder / "classes.csv")
    _write_strong(folder, lists, {segment.clip_id for segment in segments})


def draw_aud300h(balanced: Sequence[Segment], unbalanced: Sequence[Segment], limit_ms: int, seed: int) -> list[bool]:
    """Which clips of the unbalanced list join the balanced ones: a seeded order of them by id, as far as the hours reach."""
    by_id = sorted(range(len(unbalanced)), key=lambda i: unbalanced[i].clip_id)
    order = np.asarray(by_id, dtype=np.int64)[np.random.default_rng([seed, DRAW, 0]).permutation(len(by_id))]
    length = np.array([segment.end_ms - segment.start_ms for segment in unbalanced], dtype=np.int64)
    room_ms = limit_ms - sum(segment.end_ms - segment.start_ms for segment in balanced)
    taken = np.zeros(len(unbalanced), dtype=bool)
    taken[order] = np.cumsum(length[order]) <= room_ms
    return taken.tolist()


def find_audio(audio: Path, segments: Sequence[Segment]) -> list[Path | None]:
    """The file of each clip, anywhere below `audio`: `{ytid}_{start}_{end}`, `{ytid}` or `Y{ytid}`, and a suffix of SUFFIXES.

    Each of these files is the clip itself, already cut. What is missing is None, and is counted aloud.
    """
    if not audio.is_dir():
        raise PslError(f"the audio folder {audio} does not exist: give the folder that holds AudioSet's audio files")
    file_of: dict[str, Path] = {}
    for place, folders, names in os.walk(audio):
        folders.sort()
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in SUFFIXES:
                file_of.setdefault(stem, Path(place) / name)
    found = [next((file_of[stem] for stem in _stems(segment) if stem in file_of), None) for segment in segments]
    missing = sum(path is None for path in found)
    if missing:
        say(f"{missing} of {len(segments)} clips have no audio file in {audio}; the manifest keeps them without a path")
    return found


def _stems(segment: Segment) -> tuple[str, str, str]:
    return f"{segment.ytid}_{segment.start_ms / 1000:.3f}_{segment.end_ms / 1000:.3f}", segment.ytid, f"Y{segment.ytid}"


def _checked(path: Path, vocabulary: Vocabulary) -> list[Segment]:
    segments = read_segments(path)
    for segment in segments:
        for label in segment.labels:
            if label not in vocabulary.index:
                raise PslError(f"{path} labels the clip {segment.clip_id} with {label}, which is not in {path.parent / CLASS_LIST}")
    return segments


def _table(
    folder: Path, segments: Sequence[Segment], subsets: Sequence[str], files: Sequence[Path | None], source_of: dict[str, str]
) -> pa.Table:
    hashes = track((file and hash_file(file) for file in files), "hashes of audio files", len(files))
    columns = {
        "clip_id": [segment.clip_id for segment in segments],
        "path": [file and _place(file, folder) for file in files],
        "start_s": [0.0] * len(segments),
        "end_s": [(segment.end_ms - segment.start_ms) / 1000 for segment in segments],
        "subset": subsets,
        "labels": [segment.labels for segment in segments],
        "source": [source_of.get(segment.ytid, segment.ytid) for segment in segments],
        "audio_hash": list(hashes),
    }
    return pa.table(columns, schema=MANIFEST)


def _place(file: Path, folder: Path) -> str:
    """Relative when the file belongs to the corpus's folder."""
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else os.path.abspath(file)


def _write_strong(folder: Path, lists: Path, clip_ids: set[str]) -> None:
    there = [lists / name for name in (STRONG_TRAIN, STRONG_EVAL) if (lists / name).exists()]
    rows = [row for path in there for row in read_strong(path) if row[0] in clip_ids]
    if rows:
        with write_whole(folder / "strong.parquet") as temporary:
            columns = [list(column) for column in zip(*sorted(rows), strict=True)]
            pq.write_table(pa.table(columns, schema=STRONG), temporary)
