"""Corpora that are made from a bank of isolated recordings: what they share, and the sets in Freesound's layouts."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from psl.params.base import Closed, Count, Positive, Seed, Share

PROCEDURAL = "procedural"  # the bank that needs no files
SHORTEST_EVENT_S = 0.02
ClipCount = Annotated[int, Field(ge=1, lt=1_000_000)]
FurtherShare = Annotated[float, Field(ge=0, le=0.9)]  # of clips with one sound that have a second, of these a third, and so on


class FromBank(Closed):
    """What is made from a bank of isolated recordings."""

    bank: str  # "procedural", or a folder with one folder a class
    train_folds: tuple[str, ...]  # first characters of the file names that train; empty: a quarter of each class's sources evaluates
    eval_folds: tuple[str, ...]
    sample_rate_hz: Count  # of the files that are written
    snr_db: tuple[float, float]  # event over the pink noise, lowest and highest
    source_groups: Count  # groups that recordings are dealt into; a clip mixes one group

    @model_validator(mode="after")
    def _folds_belong_to_folders(self) -> "FromBank":
        if bool(self.train_folds) != bool(self.eval_folds) or set(self.train_folds) & set(self.eval_folds):
            raise ValueError("train_folds and eval_folds must both be given, or neither, and share no fold")
        if self.bank == PROCEDURAL and self.train_folds:
            raise ValueError("train_folds and eval_folds belong to a bank that is a folder, and are empty for the procedural bank")
        return self


def require_order(values: BaseModel, *keys: str) -> None:
    """Raise ValueError unless each of `keys` is a pair with the lowest first."""
    for key in keys:
        low, high = getattr(values, key)
        if low > high:
            raise ValueError(f"{key} gives the lowest first, not [{low}, {high}]")


class Sounds(FromBank):
    """The clips of the sets that are built as Freesound's are published: from a moment to half a minute, mostly one sound each."""

    seconds: tuple[Annotated[float, Field(ge=0.1)], Annotated[float, Field(le=600)]]  # shortest and longest; as many in every octave
    event_share: tuple[Positive, Share]  # of a clip's length, shortest and longest event; a recording that is shorter is looped

    @model_validator(mode="after")
    def _ordered(self) -> "Sounds":
        require_order(self, "seconds", "event_share", "snr_db")
        if self.seconds[0] * self.event_share[0] < SHORTEST_EVENT_S:
            raise ValueError(
                f"seconds from {self.seconds[0]} and event_share from {self.event_share[0]} give events below {SHORTEST_EVENT_S} s: raise one"
            )
        return self


class FSD50KClips(Closed):
    """How many clips each list holds."""

    train: ClipCount
    val: ClipCount
    eval: ClipCount


class FSDKaggle2018Clips(Closed):
    """How many clips each list holds."""

    train: ClipCount
    test: ClipCount


class FSDKaggle2019Clips(Closed):
    """How many clips each list holds."""

    curated: ClipCount
    noisy: ClipCount
    test: ClipCount


class MadeFSD50K(Closed):
    """A set built in FSD50K's layout (see psl/soundscapes/sets.py)."""

    kind: Literal["made_fsd50k"]
    sounds: Sounds
    clips: FSD50KClips
    further_sound_share: FurtherShare
    seed: Seed


class MadeFSDKaggle2018(Closed):
    """A set built in FSDKaggle2018's layout: one label a clip."""

    kind: Literal["made_fsdkaggle2018"]
    sounds: Sounds
    clips: FSDKaggle2018Clips
    unverified_share: Share  # of the training clips, not heard by listeners
    wrong_share: Share  # of these that bear another class's label
    seed: Seed


class MadeFSDKaggle2019(Closed):
    """A set built in FSDKaggle2019's layout."""

    kind: Literal["made_fsdkaggle2019"]
    sounds: Sounds
    clips: FSDKaggle2019Clips
    further_sound_share: FurtherShare
    wrong_share: Share  # of the noisy clips' labels that are another class's
    seed: Seed


Made = MadeFSD50K | MadeFSDKaggle2018 | MadeFSDKaggle2019
