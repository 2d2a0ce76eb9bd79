"""Corpora that are made from a bank of isolated recordings: what they share, and the sets in Freesound's layouts."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from psl.config.base import Closed, Count, Positive, Seed, Share

PROCEDURAL = "psl/corpora/synthetic/procedural"  # the bank that needs no recordings: code that synthesises them
SHORTEST_EVENT_S = 0.02
ClipCount = Annotated[int, Field(ge=1, lt=1_000_000)]
FurtherShare = Annotated[float, Field(ge=0, le=0.9)]
ShortestClip = Annotated[float, Field(ge=0.1)]  # seconds
LongestClip = Annotated[float, Field(le=600)]


class FromBank(Closed):
    """What is made from a bank of isolated recordings."""

    source: str  # the bank: one folder a class, ESC-50 as it is published, or psl/corpora/synthetic/procedural
    # folds that train, by the file names or ESC-50's list; empty: a quarter of the sources evaluates
    train_folds: tuple[str, ...]
    eval_folds: tuple[str, ...]  # and folds that evaluate
    sample_rate_hz: Annotated[int, Field(ge=1000)]  # of the files that are written
    snr_db: tuple[float, float]  # event over the pink noise, lowest and highest
    source_groups: Count  # groups that recordings are split into; a clip mixes one group

    @model_validator(mode="after")
    def _folds_belong_to_folders(self) -> "FromBank":
        if bool(self.train_folds) != bool(self.eval_folds) or set(self.train_folds) & set(self.eval_folds):
            raise ValueError("train_folds and eval_folds must both be given, or neither, and share no fold")
        if self.source == PROCEDURAL and self.train_folds:
            raise ValueError(
                "train_folds and eval_folds belong to a bank that is a folder, and are empty for the procedural bank"
            )
        return self


def require_order(values: BaseModel, *keys: str) -> None:
    """Raise ValueError unless each of `keys` is a pair with the lowest first."""
    for key in keys:
        low, high = getattr(values, key)
        if low > high:
            raise ValueError(f"{key} gives the lowest first, not [{low}, {high}]")


class FreesoundLike(FromBank):
    """The clips of sets in Freesound's layouts: from a moment to half a minute, mostly one sound each."""

    clip_seconds: tuple[ShortestClip, LongestClip]  # as many clips in every octave
    event_share: tuple[Positive, Share]  # shortest and longest event, of a clip's length; shorter recordings are looped

    @model_validator(mode="after")
    def _ordered(self) -> "FreesoundLike":
        require_order(self, "clip_seconds", "event_share", "snr_db")
        if self.clip_seconds[0] * self.event_share[0] < SHORTEST_EVENT_S:
            raise ValueError(
                f"clip_seconds from {self.clip_seconds[0]} and event_share from {self.event_share[0]} give events "
                f"below {SHORTEST_EVENT_S} s: raise one"
            )
        return self


class FSD50KClips(Closed):
    """How many clips each list holds."""

    train: ClipCount  # of the training list
    val: ClipCount  # of the validation list
    eval: ClipCount  # of the evaluation list


class FSDKaggle2018Clips(Closed):
    """How many clips each list holds."""

    train: ClipCount  # of the training list
    test: ClipCount  # of the test list


class FSDKaggle2019Clips(Closed):
    """How many clips each list holds."""

    curated: ClipCount  # of the list with checked labels
    noisy: ClipCount  # of the list with wrong ones among them
    test: ClipCount  # of the test list


class SyntheticFSD50K(FreesoundLike):
    """A set built in FSD50K's layout (see psl/corpora/synthetic/freesound_sets.py)."""

    kind: Literal["synthetic_fsd50k"]
    clips: FSD50KClips
    further_sound_share: FurtherShare  # of clips with one sound that have a second, of these a third, ...
    seed: Seed  # of all that is drawn


class SyntheticFSDKaggle2018(FreesoundLike):
    """A set built in FSDKaggle2018's layout: one label a clip."""

    kind: Literal["synthetic_fsdkaggle2018"]
    clips: FSDKaggle2018Clips
    unverified_share: Share  # of the training clips, not verified by listeners
    wrong_share: Share  # of these that bear another class's label
    seed: Seed  # of all that is drawn


class SyntheticFSDKaggle2019(FreesoundLike):
    """A set built in FSDKaggle2019's layout."""

    kind: Literal["synthetic_fsdkaggle2019"]
    clips: FSDKaggle2019Clips
    further_sound_share: FurtherShare  # of clips with one sound that have a second, of these a third, ...
    wrong_share: Share  # of the noisy clips' labels that are another class's
    seed: Seed  # of all that is drawn


SyntheticSet = SyntheticFSD50K | SyntheticFSDKaggle2018 | SyntheticFSDKaggle2019
