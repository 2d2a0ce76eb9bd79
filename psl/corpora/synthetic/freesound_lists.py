"""Writes the official lists of the synthetic Freesound sets: one function per set, one list per part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psl.corpora.lists import fsd50k, fsdkaggle2018, fsdkaggle2019
from psl.corpora.lists.classes import OWN_TABLE
from psl.corpora.synthetic.audioset_layout import write_rows
from psl.corpora.synthetic.parent_classes import labels_of, with_ancestor_classes, with_ancestors
from psl.io.metadata.vocabulary import Vocabulary

LICENSE = "built by psl"
PUBLIC_EVERY = 5  # one in so many clips of a test list is Public, the others are Private


@dataclass(frozen=True)
class FreesoundClip:
    """One clip: `mids` are its labels, which may be wrong when unverified; `truth` is what it contains."""

    name: str  # without .wav
    mids: tuple[str, ...]
    source: int  # number of the group of recordings that it was mixed from
    is_verified: bool
    is_public: bool
    truth: tuple[tuple[float, float, str, str], ...]  # onset in s, offset in s, mid, name of the recording


PartClips = Sequence[Sequence[FreesoundClip]]


def write_fsd50k(folder: Path, parts: PartClips, vocabulary: Vocabulary) -> None:
    """Write dev.csv and eval.csv, whose labels include all ancestors, and vocabulary.csv with the ancestors too."""
    label_of = labels_of(with_ancestor_classes(vocabulary), "_and_")
    train, val, evaluation = ([_fsd50k_row(clip, label_of) for clip in _by_name(part)] for part in parts)
    dev = [*((*row, "train") for row in train), *((*row, "val") for row in val)]
    write_rows(folder / fsd50k.DEV, (*fsd50k.COLUMNS, "split"), dev)
    write_rows(folder / fsd50k.EVAL, fsd50k.COLUMNS, evaluation)
    _write_vocabulary(folder / fsd50k.VOCABULARY, label_of)


def write_fsdkaggle2018(folder: Path, parts: PartClips, vocabulary: Vocabulary) -> None:
    """Write the lists of both parts, and the set's own class table."""
    label_of = labels_of(vocabulary, "_or_")
    train, test = map(_by_name, parts)
    train_rows = [_row(c, label_of, int(c.is_verified), c.source) for c in train]
    write_rows(folder / fsdkaggle2018.TRAIN, _columns("label", "manually_verified", "freesound_id"), train_rows)
    test_rows = [_row(c, label_of, _usage(c), c.source) for c in test]
    write_rows(folder / fsdkaggle2018.TEST, _columns("label", "usage", "freesound_id"), test_rows)
    _write_table(folder, label_of, vocabulary)


def write_fsdkaggle2019(folder: Path, parts: PartClips, vocabulary: Vocabulary) -> None:
    """Write the lists of the three parts, vocabulary.csv, and the set's own class table."""
    label_of = labels_of(vocabulary, "_and_")
    curated, noisy, test = map(_by_name, parts)
    write_rows(
        folder / fsdkaggle2019.CURATED,
        _columns("labels", "freesound_id"),
        [_row(c, label_of, c.source) for c in curated],
    )
    noisy_rows = [_row(c, label_of, f"https://video.example/{c.source}") for c in noisy]
    write_rows(folder / fsdkaggle2019.NOISY, _columns("labels", "flickr_video_URL"), noisy_rows)
    test_rows = [_row(c, label_of, _usage(c), c.source) for c in test]
    write_rows(folder / fsdkaggle2019.TEST, _columns("labels", "usage", "freesound_id"), test_rows)
    _write_vocabulary(folder / fsd50k.VOCABULARY, label_of)
    _write_table(folder, label_of, vocabulary)


def write_truth(path: Path, parts: PartClips) -> None:
    """Write truth.csv, which no published set has: a line for each sound of each clip, with its recording."""
    rows = (
        (clip.name, f"{onset:.3f}", f"{offset:.3f}", mid, recording)
        for clip in _by_name([clip for part in parts for clip in part])
        for onset, offset, mid, recording in clip.truth
    )
    write_rows(path, ("fname", "onset_s", "offset_s", "mid", "recording"), rows)


def _fsd50k_row(clip: FreesoundClip, label_of: dict[str, str]) -> tuple[str, str, str]:
    mids = with_ancestors(clip.mids)
    return clip.name, ",".join(label_of[mid] for mid in mids), ",".join(mids)


def _columns(*further: str) -> tuple[str, ...]:
    return ("fname", *further, "license")


def _row(clip: FreesoundClip, label_of: dict[str, str], *further: str | int) -> tuple[str | int, ...]:
    """A row of a Kaggle list: the file, its labels, further columns, and the license."""
    return (f"{clip.name}.wav", ",".join(label_of[mid] for mid in clip.mids), *further, LICENSE)


def _usage(clip: FreesoundClip) -> str:
    return "Public" if clip.is_public else "Private"


def _write_vocabulary(path: Path, label_of: dict[str, str]) -> None:
    """Write `idx,label,mid` without a header, as published."""
    path.write_text(
        "".join(f"{i},{label},{mid}\n" for i, (mid, label) in enumerate(label_of.items())), encoding="utf-8"
    )


def _write_table(folder: Path, label_of: dict[str, str], vocabulary: Vocabulary) -> None:
    rows = ((label, mid, vocabulary.names[vocabulary.index[mid]]) for mid, label in label_of.items())
    write_rows(folder / OWN_TABLE, ("label", "mid", "audioset_name"), rows)


def _by_name(clips: Sequence[FreesoundClip]) -> list[FreesoundClip]:
    return sorted(clips, key=lambda clip: clip.name)
