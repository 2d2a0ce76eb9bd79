"""Corpora: built from a bank of sounds, or as they lie on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Positive, Seed, Share
from psl.config.synthetic import PROCEDURAL, FromBank, SyntheticSet, require_order

READERS = Path(__file__).parents[1] / "corpora/readers"  # one file for each kind of corpus


class SoundscapeClips(Closed):
    """How many clips each list holds; balanced is part of aud300h, and aud300h of full."""

    balanced: Count  # the small training list
    aud300h: Count  # the middle one
    full: Count  # the large one
    eval: Count  # of the evaluation

    @model_validator(mode="after")
    def _nested(self) -> "SoundscapeClips":
        if not self.balanced <= self.aud300h <= self.full:
            raise ValueError("balanced, aud300h and full hold one another and cannot shrink in that order")
        return self


class Soundscapes(FromBank):
    """A corpus built from a bank of isolated recordings (see psl/corpora/synthetic)."""

    kind: Literal["soundscapes"]
    clips: SoundscapeClips
    clip_seconds: Positive  # of every clip
    events: tuple[Count, Count]  # fewest and most events in a clip
    event_seconds: tuple[Positive, Positive]  # shortest and longest event
    source_groups: Annotated[int, Field(ge=2)]  # of the training recordings
    missing_label_rate: Share  # of the weak labels of training clips that is left out
    seed: Seed  # of all that is drawn

    @model_validator(mode="after")
    def _ordered(self) -> "Soundscapes":
        require_order(self, "events", "event_seconds", "snr_db")
        if self.event_seconds[1] > self.clip_seconds:
            raise ValueError(
                f"event_seconds up to {self.event_seconds[1]} s do not fit into clip_seconds {self.clip_seconds} s"
            )
        return self


class AudioSet(Closed):
    """AudioSet as it is published: the official lists, and the clips' audio files."""

    kind: Literal["audioset"]
    source: str  # folder of the official lists; without the unbalanced list, balanced is the only training subset
    audio: str  # folder of audio files
    aud300h_hours: Positive  # balanced and a seeded draw from the unbalanced list, up to this many hours
    seed: Seed  # of all that is drawn


WithOwnParameters = Soundscapes | SyntheticSet | AudioSet
_OWN_KINDS = {get_args(corpus.model_fields["kind"].annotation)[0] for corpus in get_args(WithOwnParameters)}
if TYPE_CHECKING:
    PublishedKind = str
else:
    PublishedKind = Literal[tuple(sorted({path.stem for path in READERS.glob("[!_]*.py")} - _OWN_KINDS))]


class Published(Closed):
    """A corpus that leaves no choice: its lists as they are published, or as `psl init` writes them, and its audio."""

    kind: PublishedKind  # a file of psl/corpora/readers/ that has no parameters of its own
    source: str  # folder of the lists that the reader names
    audio: str  # folder of audio files, at any depth


Corpus = WithOwnParameters | Published


def require_one_division(corpora: Mapping[str, Corpus]) -> None:
    """Raise ValueError when one corpus would train on recordings that another evaluates, for want of one division."""
    first: dict[Path, tuple[str, Any]] = {}
    for key, corpus in corpora.items():
        if isinstance(corpus, AudioSet | Published) or corpus.source == PROCEDURAL:  # divided as published, or as made
            continue
        division = (set(corpus.train_folds), set(corpus.eval_folds), None if corpus.train_folds else corpus.seed)
        other, other_division = first.setdefault(Path(corpus.source), (key, division))
        if division != other_division:
            raise ValueError(
                f"{other} and {key} divide the bank {corpus.source} differently, so that one trains on what the other "
                "evaluates: give them the same train_folds and eval_folds or, without folds, the same seed"
            )
