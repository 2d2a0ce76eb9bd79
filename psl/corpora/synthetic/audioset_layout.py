"""Writes AudioSet's official files: segment lists, strong lists, class list; and makes the ids of their clips."""

import base64
import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psl.corpora.lists.audioset_lists import CLASS_LIST, SOURCES, SOURCES_HEADER, STRONG_HEADER
from psl.io.metadata.vocabulary import HEADER, Vocabulary


@dataclass(frozen=True)
class ListedClip:
    """One clip of the lists: `labels` are the weak ones, `truth` holds (onset in s, offset in s, mid)."""

    ytid: str
    duration_s: float
    source: str
    labels: tuple[str, ...]
    truth: tuple[tuple[float, float, str], ...]


def synthetic_ytid(*key: int) -> str:
    """An id in YouTube's form: 64 bits in 11 characters, which may begin with - or _. Same key, same id."""
    bits = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return base64.urlsafe_b64encode(bits).decode().rstrip("=")


def audio_name(ytid: str, duration_s: float) -> str:
    """`{ytid}_{start}_{end}.flac`, times as in the lists."""
    return f"{ytid}_0.000_{duration_s:.3f}.flac"


def write_segments(path: Path, clips: Sequence[ListedClip]) -> None:
    """Write a segment list: three lines of comment, then `YTID, 0.000, 10.000, "mid,mid"`, by id."""
    labels = [label for clip in clips for label in clip.labels]
    counts = f"num_segs={len(clips)}, num_unique_labels={len(set(labels))}, num_positive_labels={len(labels)}"
    header = (
        "# Segments csv created by psl",
        f"# num_ytids={len(clips)}, {counts}",
        "# YTID, start_seconds, end_seconds, positive_labels",
    )
    rows = (f'{clip.ytid}, 0.000, {clip.duration_s:.3f}, "{",".join(clip.labels)}"' for clip in _by_id(clips))
    path.write_text("\n".join((*header, *rows)) + "\n", encoding="utf-8")


def write_strong(path: Path, clips: Sequence[ListedClip]) -> None:
    """Write a strong list: tab-separated segment id (`{ytid}_{start in ms}`), onset and offset in s, and mid."""
    write_rows(
        path,
        STRONG_HEADER,
        (
            (f"{clip.ytid}_0", f"{onset:.3f}", f"{offset:.3f}", mid)
            for clip in _by_id(clips)
            for onset, offset, mid in clip.truth
        ),
    )


def write_sources(folder: Path, clips: Sequence[ListedClip]) -> None:
    """Write sources.csv, which AudioSet itself does not have: the group of recordings that a clip was mixed from."""
    write_rows(folder / SOURCES, SOURCES_HEADER, ((clip.ytid, clip.source) for clip in _by_id(clips)))


def write_class_list(folder: Path, vocabulary: Vocabulary) -> None:
    """Write class_labels_indices.csv, the names quoted as in the official file."""
    quoted = (name.replace('"', '""') for name in vocabulary.names)
    rows = [f'{i},{mid},"{name}"' for i, (mid, name) in enumerate(zip(vocabulary.mids, quoted, strict=True))]
    (folder / CLASS_LIST).write_text("\n".join((",".join(HEADER), *rows)) + "\n", encoding="utf-8")


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a list with its header: separated by commas in a .csv file, else by tabs."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, delimiter="," if path.suffix == ".csv" else "\t", lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _by_id(clips: Sequence[ListedClip]) -> list[ListedClip]:
    return sorted(clips, key=lambda clip: clip.ytid)
