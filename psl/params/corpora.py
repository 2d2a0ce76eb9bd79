"""Corpora: built from a bank of sounds, or as they lie on disk."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.params.base import Closed, Count, Positive, Seed, Share


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


class Soundscapes(Closed):
    """A corpus built from a bank of isolated recordings (see psl/soundscapes)."""

    kind: Literal["soundscapes"]
    bank: str  # "procedural", or a folder with one folder a class
    train_folds: tuple[str, ...]  # first characters of the file names that train; empty: a quarter of each class's sources evaluates
    eval_folds: tuple[str, ...]
    clips: SoundscapeClips
    clip_seconds: Positive
    sample_rate_hz: Count  # of the files that are written
    events: tuple[Count, Count]  # fewest and most events in a clip
    event_seconds: tuple[Positive, Positive]  # shortest and longest event
    snr_db: tuple[float, float]  # event over the pink noise, lowest and highest
    source_groups: Annotated[int, Field(ge=2)]  # groups that the training recordings are dealt into; a clip mixes one group
    drop_share: Share  # of the weak labels of training clips that is left out
    seed: Seed

    @model_validator(mode="after")
    def _ordered(self) -> "Soundscapes":
        for key in ("events", "event_seconds", "snr_db"):
            low, high = getattr(self, key)
            if low > high:
                raise ValueError(f"{key} gives the lowest first, not [{low}, {high}]")
        if self.event_seconds[1] > self.clip_seconds:
            raise ValueError(f"event_seconds up to {self.event_seconds[1]} s do not fit into clip_seconds {self.clip_seconds} s")
        if bool(self.train_folds) != bool(self.eval_folds) or set(self.train_folds) & set(self.eval_folds):
            raise ValueError("train_folds and eval_folds must both be given, or neither, and share no fold")
        if self.bank == "procedural" and self.train_folds:
            raise ValueError("train_folds and eval_folds belong to a bank that is a folder, and are empty for the procedural bank")
        return self


class AudioSet(Closed):
    """AudioSet as it lies on disk: the official lists, and the clips' audio files."""

    kind: Literal["audioset"]
    lists: str  # folder of balanced_train_segments.csv, unbalanced_train_segments.csv, eval_segments.csv, class_labels_indices.csv
    audio: str  # folder of audio files
    aud300h_hours: Positive  # balanced and a seeded draw from the unbalanced list, up to this many hours
    seed: Seed


class Published(Closed):
    """A corpus that leaves no choice: its lists as they are published, and the clips' audio files."""

    kind: Literal["fsd50k", "fsdkaggle2018", "fsdkaggle2019", "desed"]
    lists: str  # folder of the lists that psl/corpora/KIND.py names
    audio: str  # folder of audio files, at any depth


Corpus = Soundscapes | AudioSet | Published
