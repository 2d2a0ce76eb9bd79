"""Detection in time: which models are scored, how their scores are made and smoothed, and what the scores are held against."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from psl.leaks.roles import EVALUATION
from psl.params.base import Closed, Count, Device, Key, Positive, Seed, Share, require_draws
from psl.params.models import Annotator, AWindow, WeakStudent, kind_of

Seconds = Annotated[float, Field(ge=0)]
Threshold = Annotated[float, Field(ge=0, lt=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]


class Sized(Closed):
    """A student of another width, trained as train_student says; its key names its stages."""

    labels: Key  # the student whose labels it learns
    width: Positive  # multiplies the channels, in place of train_student.architecture.width
    max_epochs: Count | None  # in place of train_student.max_epochs; null: the same


Detector = Annotated[
    AWindow | Annotated[WeakStudent, Tag("weak")] | Annotated[Annotator, Tag("annotator")] | Annotated[Sized, Tag("sized")],
    Discriminator(kind_of, custom_error_type="detectors", custom_error_message="detectors merges models and sizes and holds nothing else"),
]


class Ensemble(Closed):
    """Several detectors as one: the mean of their scores, over all their seeds."""

    models: Annotated[tuple[Key, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _different(self) -> "Ensemble":
        if len(set(self.models)) != len(self.models):
            raise ValueError(f"models {list(self.models)} must differ")
        return self


class Baselines(Closed):
    """The system that a DCASE score of 1 stands for."""

    psds1: Positive
    psds2: Positive


class Detect(Closed):
    """How detections are made and scored. The criteria PSDS-1 and PSDS-2 are fixed by their names."""

    corpus: Key  # whose strong.parquet holds the truth in time
    subset: str  # of that corpus; one that no model is trained on
    scores: Literal["steps", "windows"]  # the network's own time steps, or its clip probabilities of sliding windows
    window_seconds: Positive | None  # of a sliding window
    hop_seconds: Positive | None  # from one window to the next, and the grid on which windows that overlap are averaged
    median_seconds: Seconds | None  # of the median filter, for all classes (0: none), or
    median_candidates_seconds: Annotated[tuple[Seconds, ...], Field(min_length=1)] | None  # from which each class's is chosen on
    development_share: OpenShare | None  # of the clips, by source where sources differ; they are not scored
    empty_files: Literal["keep", "drop"]  # clips without events: DCASE 2021 keeps, 2023 and later drop them
    overlaps: Literal["error", "merge"]  # of events of one class
    max_unread_share: Share  # more clips of the truth without features stop the stage
    collar_threshold: Threshold  # a score above it is an event, for the collar-based F
    segment_threshold: Threshold  # and for the segment-based F
    baselines: Baselines  # of the DCASE score
    draws: Count  # bootstrap draws over clips
    confidence: OpenShare
    seed: Seed  # of the draws and of the development part
    shown: Key  # the detector whose curves and timelines are drawn
    shown_clips: Count  # timelines: the clips with the most events, by id
    batch: Count  # clips or windows in a forward
    device: Device

    @property
    def median_lengths(self) -> tuple[float, ...]:
        """The lengths of the median filter that are asked for: the one, or all candidates."""
        return (self.median_seconds,) if self.median_seconds is not None else self.median_candidates_seconds or ()

    @model_validator(mode="after")
    def _evaluates(self) -> "Detect":
        if self.subset not in EVALUATION:
            raise ValueError(f"subset {self.subset} does not evaluate: choose one of {', '.join(sorted(EVALUATION))}")
        return self

    @model_validator(mode="after")
    def _windows(self) -> "Detect":
        given = self.window_seconds is not None, self.hop_seconds is not None
        if any(given) != (self.scores == "windows") or all(given) != (self.scores == "windows"):
            raise ValueError("window_seconds and hop_seconds belong to scores: windows, and are null for scores: steps")
        if self.window_seconds and self.hop_seconds and self.hop_seconds > self.window_seconds:
            raise ValueError(f"hop_seconds {self.hop_seconds} is longer than window_seconds {self.window_seconds}: it would leave gaps")
        return self

    @model_validator(mode="after")
    def _median(self) -> "Detect":
        if (self.median_seconds is None) == (self.median_candidates_seconds is None):
            raise ValueError("give median_seconds or median_candidates_seconds and set the other to null")
        if (self.median_candidates_seconds is None) != (self.development_share is None):
            raise ValueError("development_share belongs to median_candidates_seconds, and is null for median_seconds")
        return self

    @model_validator(mode="after")
    def _enough_draws(self) -> "Detect":
        require_draws(self.draws, self.confidence)
        return self
