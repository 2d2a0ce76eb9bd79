"""Corpora: built from a bank of sounds, or as they lie on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from psl.params.base import Closed, Count, Positive, Seed, Share
from psl.params.made import PROCEDURAL, FromBank, Made, require_order


class SoundscapeClips(Closed):
    """How many clips each list holds; balanced is part of aud300h, and aud300h of full."""

    balanced: Count
    aud300h: Count
    full: Count
    eval: Count

    @model_validator(mode="after")
    def _nested(self) -> "SoundscapeClips":
        if not self.balanced <= self.aud300h <= self.full:
            raise ValueError("balanced, aud300h and full hold one another and cannot shrink in that order")
        return self


class Soundscapes(FromBank):
    """A corpus built from a bank of isolated recordings (see psl/soundscapes)."""

    kind: Literal["soundscapes"]
    clips: SoundscapeClips
    clip_seconds: Positive
    events: tuple[Count, Count]  # fewest and most events in a clip
    event_seconds: tuple[Positive, Positive]  # shortest and longest event
    source_groups: Annotated[int, Field(ge=2)]  # of the training recordings
    drop_share: Share  # of the weak labels of training clips that is left out
    seed: Seed

    @model_validator(mode="after")
    def _ordered(self) -> "Soundscapes":
        require_order(self, "events", "event_seconds", "snr_db")
        if self.event_seconds[1] > self.clip_seconds:
            raise ValueError(f"event_seconds up to {self.event_seconds[1]} s do not fit into clip_seconds {self.clip_seconds} s")
        return self


class AudioSet(Closed):
    """AudioSet as it lies on disk: the official lists, and the clips' audio files."""

    kind: Literal["audioset"]
    lists: str  # folder of balanced_train_segments.csv, eval_segments.csv, class_labels_indices.csv, maybe unbalanced_train_segments.csv
    audio: str  # folder of audio files
    aud300h_hours: Positive  # balanced and a seeded draw from the unbalanced list, up to this many hours
    seed: Seed


class Published(Closed):
    """A corpus that leaves no choice: its lists as they are published, and the clips' audio files."""

    kind: Literal["fsd50k", "fsdkaggle2018", "fsdkaggle2019", "desed"]
    lists: str  # folder of the lists that psl/corpora/KIND.py names
    audio: str  # folder of audio files, at any depth


Corpus = Soundscapes | Made | AudioSet | Published


def require_one_division(corpora: Mapping[str, Corpus]) -> None:
    """Raise ValueError when what trains in one corpus evaluates in another, because they divide one folder of recordings differently."""
    first: dict[Path, tuple[str, Any]] = {}
    for key, corpus in corpora.items():
        if isinstance(corpus, AudioSet | Published):
            continue
        bank = corpus if isinstance(corpus, Soundscapes) else corpus.sounds
        if bank.bank == PROCEDURAL:  # these recordings are divided as they are made
            continue
        folds = (set(bank.train_folds), set(bank.eval_folds), None if bank.train_folds else corpus.seed)
        other, theirs = first.setdefault(Path(bank.bank), (key, folds))
        if folds != theirs:
            raise ValueError(
                f"{other} and {key} divide the bank {bank.bank} differently, so that one trains on what the other evaluates: "
                "give them the same train_folds and eval_folds or, without folds, the same seed"
            )
