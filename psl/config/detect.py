"""Detection in time: how scores are made, smoothed and evaluated, and which models form ensembles."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Device, Key, Positive, Seed, Share, require_enough_samples

Seconds = Annotated[float, Field(ge=0)]
Threshold = Annotated[float, Field(ge=0, lt=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]


class Ensemble(Closed):
    """Several detectors as one: the mean of their scores, over all their seeds."""

    models: Annotated[tuple[Key, ...], Field(min_length=1)]  # students, or annotator; all seeds of each

    @model_validator(mode="after")
    def _different(self) -> "Ensemble":
        if len(set(self.models)) != len(self.models):
            raise ValueError(f"models {list(self.models)} must differ")
        return self


class Baselines(Closed):
    """The system that a DCASE score of 1 stands for."""

    psds1: Positive  # its PSDS-1, as a share
    psds2: Positive  # its PSDS-2


class Detect(Closed):
    """How detections are made and scored. The criteria PSDS-1 and PSDS-2 are fixed by their names."""

    corpus: Key  # whose strong.parquet holds the truth in time
    subset: str  # of that corpus; one that no model is trained on
    scores: Literal["steps", "windows"]  # the network's own time steps, or its clip probabilities of sliding windows
    window_seconds: Positive | None  # of a sliding window
    hop_seconds: Positive | None  # from one window to the next, and the grid on which windows that overlap are averaged
    median_seconds: Seconds | None  # of the median filter, for all classes; 0: none; null: each class its own
    median_candidates_seconds: (
        Annotated[tuple[Seconds, ...], Field(min_length=1)] | None
    )  # from which each class's is chosen; null: one for all
    development_share: OpenShare | None  # of the clips, that choose it and are not scored; by source where they differ
    empty_files: Literal["keep", "drop"]  # clips without events: DCASE 2021 keeps, 2023 and later drop them
    overlaps: Literal["error", "merge"]  # of events of one class
    max_unread_share: Share  # more clips of the truth without features stop the stage
    collar_threshold: Threshold  # a score above it is an event, for the collar-based F
    segment_threshold: Threshold  # and for the segment-based F
    baselines: Baselines  # of the DCASE score
    bootstrap_samples: Count  # bootstrap draws over clips and seeds
    confidence: OpenShare  # of the intervals
    seed: Seed  # of the bootstrap samples and of the development part
    plotted_detector: Key  # the detector whose curves and timelines are drawn
    plotted_clips: Count  # timelines: the clips with the most events, by id
    inference_batch_size: Count  # clips or windows in a forward
    device: Device  # auto: the GPU where there is one

    @model_validator(mode="after")
    def _windows(self) -> "Detect":
        given = self.window_seconds is not None, self.hop_seconds is not None
        if any(given) != (self.scores == "windows") or all(given) != (self.scores == "windows"):
            raise ValueError("window_seconds and hop_seconds belong to scores: windows, and are null for scores: steps")
        if self.window_seconds and self.hop_seconds and self.hop_seconds > self.window_seconds:
            raise ValueError(
                f"hop_seconds {self.hop_seconds} is longer than window_seconds {self.window_seconds}: "
                "it would leave gaps"
            )
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
        require_enough_samples(self.bootstrap_samples, self.confidence)
        return self
