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

from psl.config.file import params_written, read_params
from psl.corpora.custom.check import InitRequest, check
from psl.corpora.custom.clip_times import CustomClip
from psl.corpora.custom.old_reports import set_aside
from psl.corpora.custom.settings import AUDIO, LISTS, changed_params
from psl.corpora.custom.split import split_clips
from psl.corpora.custom.summary import not_filled, summary
from psl.corpora.readers.custom import CLASSES, CLIPS, COLUMNS, LOOKED_FOR, PART, SEPARATOR
from psl.io.files import atomic_folder
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.windows import to_units
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
    lines = [*summary(split, vocabulary), *not_filled(clips, read_params(params).students if params else {})]
    if params and removed:
        lines += [f"removed from {params}: {', '.join(removed)}", *set_aside(removed, params.parent, target)]
    return "\n".join(lines)


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


def name_of(clip: CustomClip) -> str:
    """A name for the clip that no other clip or recording has: a part has a line break in it, as no file's name has."""
    if clip.end_s is None:
        return clip.file
    file = PurePosixPath(clip.file)
    times_ms = f"{to_units(clip.start_s, 1000)}-{to_units(clip.end_s, 1000)}"
    return f"{file.with_suffix('')}\n{times_ms}{file.suffix}"


def _write(folder: Path, recordings: Path, split: Split, vocabulary: Vocabulary) -> None:
    """The lists, and the links to the recordings."""
    lists, audio = folder / LISTS, folder / AUDIO
    lists.mkdir()
    audio.mkdir()
    clips = [(subset, clip) for subset, clips in split.items() for clip in clips]
    id_of = clip_ids(list(dict.fromkeys(name for _, clip in clips for name in (name_of(clip), clip.file))))
    for file in dict.fromkeys(clip.file for _, clip in clips):
        (audio / f"{id_of[file]}{PurePosixPath(file).suffix}").symlink_to(os.path.abspath(recordings / file))
    rows = [_row(subset, clip, id_of, recordings / clip.file) for subset, clip in clips]
    header = [*COLUMNS, *RECORDING_COLUMNS, *([LOOKED_FOR] if any(row[LOOKED_FOR] for row in rows) else [])]
    header += PART if any(row[PART[0]] for row in rows) else ()
    with (lists / CLIPS).open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, header, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: str(row["clip_id"])))
    vocabulary.write(lists / CLASSES)


def _row(subset: str, clip: CustomClip, id_of: Mapping[str, str], recording: Path) -> dict[str, Any]:
    """A clip's row of clips.csv. It has size and time of the recording, so that DVC sees when another replaces it."""
    state = recording.stat()
    values = (id_of[name_of(clip)], subset, SEPARATOR.join(clip.mids), clip.source)
    of_recording = (clip.file, state.st_size, state.st_mtime_ns, SEPARATOR.join(clip.looked_for or ()))
    part = ("", "", "") if clip.end_s is None else (id_of[clip.file], clip.start_s, clip.end_s)
    return dict(zip((*COLUMNS, *RECORDING_COLUMNS, LOOKED_FOR, *PART), (*values, *of_recording, *part), strict=True))
