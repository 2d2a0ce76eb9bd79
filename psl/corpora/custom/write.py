"""A person's clips as a corpus: lists, and links to the recordings, which stay where they are."""

import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path, PurePosixPath
from typing import Any

from psl.config import Student
from psl.config.file import params_written, read_params
from psl.corpora.custom.check import CustomClip, InitRequest, check
from psl.corpora.custom.settings import AUDIO, LISTS, changed_params
from psl.corpora.custom.split import split_clips
from psl.corpora.custom.table import source_in_name
from psl.corpora.readers.custom import CLASSES, CLIPS, COLUMNS, LOOKED_FOR, SEPARATOR
from psl.io.files import atomic_folder
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

RECORDING_COLUMNS = ("file", "bytes", "modified_ns")  # of clips.csv, after those that are read
LONGEST_ID = 100  # characters, before a hash
Split = Mapping[str, Sequence[CustomClip]]


def init_corpus(
    request: InitRequest, target: Path, eval_share: float, seed: int, *, params: Path | None = None, name: str = ""
) -> str:
    """Check everything, then write `target`, and the corpus `name` into the file `params`; returns a summary.

    `eval_share` of the clips evaluate, the share of every class. Raises PslError, with nothing written, for any fault
    of the data, too few sources, a `target` that exists, or recordings that fill no window of `params`.
    """
    if target.exists():
        raise PslError(f"{target} exists: move it away, or choose another place with --target")
    if target.resolve().is_relative_to(request.folder.resolve()):
        raise PslError(
            f"{target} lies inside {request.folder}, where it would count as recordings: choose another --target"
        )
    clips, vocabulary = check(request)
    split = split_clips(clips, eval_share, seed)
    text, removed = changed_params(params, name, target, split["train"]) if params else ("", [])
    with params_written(params, text) if params else nullcontext(), atomic_folder(target) as folder:
        _write(folder, request.folder, split, vocabulary)
    lines = [*_summary(split, vocabulary), *_not_filled(clips, read_params(params).students if params else {})]
    return "\n".join([*lines, *([f"removed from {params}: {', '.join(removed)}"] if removed else [])])


def clip_ids(files: Sequence[str]) -> dict[str, str]:
    """An id for each file, fit for a list and for a file's name: its own name, with a hash where that is ambiguous.

    >>> clip_ids(["dog/a b.wav", "cat/1.wav", "cat/1.ogg"])
    {'dog/a b.wav': 'dog__a_b', 'cat/1.wav': 'cat__1-26eb8320', 'cat/1.ogg': 'cat__1-e5680b89'}
    """
    plain = {
        file: re.sub(r"[^A-Za-z0-9._-]", "_", "__".join(PurePosixPath(file).with_suffix("").parts)) for file in files
    }
    count = Counter(name.casefold() for name in plain.values())
    ambiguous = {file for file, name in plain.items() if count[name.casefold()] > 1 or len(name) > LONGEST_ID}
    return {
        file: f"{name[:LONGEST_ID]}-{_short_hash(file)}" if file in ambiguous else name for file, name in plain.items()
    }


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _write(folder: Path, recordings: Path, split: Split, vocabulary: Vocabulary) -> None:
    """The lists, and the links to the recordings."""
    lists, audio = folder / LISTS, folder / AUDIO
    lists.mkdir()
    audio.mkdir()
    id_of = clip_ids([clip.file for clips in split.values() for clip in clips])
    rows: list[tuple[Any, ...]] = []
    for subset, clip in ((subset, clip) for subset, clips in split.items() for clip in clips):
        clip_id, recording = id_of[clip.file], recordings / clip.file
        (audio / f"{clip_id}{recording.suffix}").symlink_to(os.path.abspath(recording))
        state = recording.stat()  # so that DVC sees a recording that was replaced, without reading audio
        row = (clip_id, subset, SEPARATOR.join(clip.mids), clip.source)
        rows.append((*row, clip.file, state.st_size, state.st_mtime_ns, SEPARATOR.join(clip.looked_for or ())))
    header: tuple[str, ...] = (*COLUMNS, *RECORDING_COLUMNS, LOOKED_FOR)
    if not any(row[-1] for row in rows):  # all classes were looked for everywhere
        header, rows = header[:-1], [row[:-1] for row in rows]
    with (lists / CLIPS).open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, lineterminator="\n").writerows([header, *sorted(rows)])
    vocabulary.write(lists / CLASSES)


def _summary(split: Split, vocabulary: Vocabulary) -> list[str]:
    """How the clips were divided, and which classes have none to evaluate with."""
    lines = [
        f"{subset}: {len(clips)} clips of {len({clip.source for clip in clips})} sources, "
        f"{_length(sum(clip.seconds for clip in clips))}"
        for subset, clips in split.items()
    ]
    all_clips = [clip for clips in split.values() for clip in clips]
    named = [clip.source for clip in all_clips if clip.source == source_in_name(clip.file)]
    if named:
        lines.append(
            f"{len(set(named))} sources of {len(named)} clips were read from their names "
            "(fold-freesoundid-take, as ESC has them)"
        )
    evaluated = {mid for clip in split["eval"] for mid in clip.mids}
    without = [name for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True) if mid not in evaluated]
    if without:
        lines.append(f"{len(without)} of {len(vocabulary)} classes have no clip to evaluate with: {', '.join(without)}")
    return lines


def _length(seconds: float) -> str:
    """Seconds below a minute, else minutes.

    >>> _length(7.25), _length(90)
    ('7.2 s', '1.5 min')
    """
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def _not_filled(clips: Sequence[CustomClip], students: Mapping[str, Student]) -> list[str]:
    """A line for each student whose windows some clips do not fill."""
    windows = {key: student.window_seconds for key, student in students.items() if student.window_seconds is not None}
    counts = {key: sum(clip.seconds < seconds for clip in clips) for key, seconds in windows.items()}
    return [
        f"{count} of {len(clips)} clips are shorter than students.{key}.window_seconds {windows[key]:g}: they are "
        "repeated to fill it, and a shorter window would fit them better"
        for key, count in counts.items()
        if count
    ]
