"""A person's clips as a folder in AudioSet's official layout: lists, and links to the recordings, which stay where they are."""

import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path, PurePosixPath

from psl.corpora.audioset_lists import BALANCED, EVAL, UNBALANCED
from psl.errors import PslError
from psl.files import write_whole_folder
from psl.own_data.asked import source_in_name
from psl.own_data.check import OwnClip, Told, check
from psl.own_data.settings import AUDIO, LISTS, changed_params, unfilled
from psl.own_data.split import taken_sources
from psl.params import Window
from psl.params_file import params_written, read_params
from psl.soundscapes.layout import MadeClip, write_class_list, write_segments, write_sources
from psl.vocabulary import Vocabulary

FILES = "files.csv"
LONGEST_ID = 100
Split = Mapping[str, Sequence[OwnClip]]


def init_corpus(told: Told, target: Path, eval_share: float, balanced_share: float, seed: int, params: Path | None = None) -> str:
    """Check everything, then write `target`, and into the params.yaml `params`; what was made of it, as a text for people.

    `eval_share` of the clips evaluate; `balanced_share` of the others are in the balanced list, the rest in the unbalanced one.
    Raises PslError, with nothing written, for any fault, for too few sources, when `target` is there already, or when the
    recordings fill no window of `params`.
    """
    if target.exists():
        raise PslError(f"{target} is there already: move it away, or choose another place with --target")
    if target.resolve().is_relative_to(told.folder.resolve()):
        raise PslError(f"{target} lies inside {told.folder}, where it would be taken for recordings: choose another place with --target")
    clips, vocabulary = check(told)
    split = split_clips(clips, eval_share, balanced_share, seed)
    windows = read_params(params).windows if params else {}
    too_long = unfilled([*split[BALANCED], *split[UNBALANCED]], windows)
    text, taken = changed_params(params, target, seed, too_long) if params else ("", [])
    with params_written(params, text) if params else nullcontext(), write_whole_folder(target) as folder:
        _write(folder, told.folder, split, vocabulary)
    fitting = {key: window for key, window in windows.items() if key not in too_long}
    told_of = [f"longer than every training clip, and taken out of {params}: {', '.join(taken)}"] if taken else []
    return "\n".join([*_summary(split, vocabulary), *_shorter(clips, fitting), *told_of])


def split_clips(clips: Sequence[OwnClip], eval_share: float, balanced_share: float, seed: int) -> Split:
    """The clips of each list. No source is in two of them. Raises PslError when a list would be empty."""
    evaluating = taken_sources(clips, eval_share, seed)
    training = [clip for clip in clips if clip.source not in evaluating]
    balanced = taken_sources(training, balanced_share, seed)
    split = {
        BALANCED: [clip for clip in training if clip.source in balanced],
        UNBALANCED: [clip for clip in training if clip.source not in balanced],
        EVAL: [clip for clip in clips if clip.source in evaluating],
    }
    if not all(split.values()):
        count = len({clip.source for clip in clips})
        raise PslError(
            f"too few sources to train and evaluate with these shares: there are {count} of {len(clips)} clips, and some class needs three; "
            "add recordings, or change --eval-share and --balanced-share"
        )
    return split


def clip_ids(files: Sequence[str]) -> dict[str, str]:
    """An id for each file that can stand in a list and in a file's name: its own name, with a hash where that is not enough.

    >>> clip_ids(["dog/a b.wav", "cat/1.wav", "cat/1.ogg"])
    {'dog/a b.wav': 'dog__a_b', 'cat/1.wav': 'cat__1-26eb8320', 'cat/1.ogg': 'cat__1-e5680b89'}
    """
    plain = {file: re.sub(r"[^A-Za-z0-9._-]", "_", "__".join(PurePosixPath(file).with_suffix("").parts)) for file in files}
    count = Counter(name.casefold() for name in plain.values())
    unclear = {file for file, name in plain.items() if count[name.casefold()] > 1 or len(name) > LONGEST_ID}
    return {file: f"{name[:LONGEST_ID]}-{_short_hash(file)}" if file in unclear else name for file, name in plain.items()}


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _write(folder: Path, recordings: Path, split: Split, vocabulary: Vocabulary) -> None:
    lists, audio = folder / LISTS, folder / AUDIO
    lists.mkdir()
    audio.mkdir()
    id_of = clip_ids([clip.file for clips in split.values() for clip in clips])
    made = {name: [MadeClip(id_of[clip.file], clip.seconds, clip.source, clip.mids, ()) for clip in clips] for name, clips in split.items()}
    for name, clips in made.items():
        write_segments(lists / name, clips)
    write_sources(lists, [clip for clips in made.values() for clip in clips])
    write_class_list(lists, vocabulary)
    with (lists / FILES).open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, lineterminator="\n").writerows([("ytid", "file"), *sorted((ytid, file) for file, ytid in id_of.items())])
    for clip in (clip for clips in split.values() for clip in clips):
        name = f"{id_of[clip.file]}_0.000_{clip.seconds:.3f}{PurePosixPath(clip.file).suffix}"
        (audio / name).symlink_to(os.path.abspath(recordings / clip.file))


def _summary(split: Split, vocabulary: Vocabulary) -> list[str]:
    """How the clips were divided, and which classes have none to evaluate with."""
    lines = [
        f"{name}: {len(clips)} clips of {len({clip.source for clip in clips})} sources, {_length(sum(clip.seconds for clip in clips))}"
        for name, clips in split.items()
    ]
    named = [source_in_name(clip.file) for clips in split.values() for clip in clips if clip.source == source_in_name(clip.file)]
    if named:
        lines.append(f"{len(set(named))} sources of {len(named)} clips were read from their names (fold-freesoundid-take, as ESC has them)")
    evaluated = {mid for clip in split[EVAL] for mid in clip.mids}
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


def _shorter(clips: Sequence[OwnClip], windows: Mapping[str, Window]) -> list[str]:
    """A line for each window that some clips do not fill."""
    counts = {key: sum(clip.seconds < window.seconds for clip in clips) for key, window in windows.items()}
    some = "they are repeated to fill it, and a shorter window says more of them"
    return [
        f"{count} of {len(clips)} clips are shorter than windows.{key} ({windows[key].seconds:g} s): {some}"
        for key, count in counts.items()
        if count
    ]
