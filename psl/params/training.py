"""How the annotator and the students are trained."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.params.base import Closed, Count, Device, Positive, Seed, Share, Subset
from psl.params.models import Architecture


class Course(Closed):
    """The course of a training, whatever is trained."""

    validation_share: Annotated[float, Field(gt=0, lt=1)]  # of the training clips, by source
    max_epochs: Count  # passes over the training windows
    patience_epochs: Count  # without a better validation score
    batch_seconds: Positive | None  # seconds of audio in a step, or
    batch_windows: Count | None  # windows in a step
    learning_rate: Positive  # Adam, at its highest
    schedule: Literal["constant", "cosine"]  # after the warm-up: held, or down to 0 along a cosine
    warm_up_share: Share  # of all steps, linear from 0
    max_gradient_norm: Positive
    precision: Literal["float32", "bfloat16", "float16"]  # of forward and backward on CUDA; the CPU uses float32
    device: Device
    pool_clips: Count  # clips that are shuffled together in memory

    @model_validator(mode="after")
    def _one_batch_size(self) -> "Course":
        if (self.batch_seconds is None) == (self.batch_windows is None):
            raise ValueError("give batch_seconds or batch_windows and set the other to null")
        return self

    @property
    def rates(self) -> Mapping[str, float]:
        """The learning rates of parts of the network, by their names in it, relative to `learning_rate`; 0 freezes a part."""
        return {}


class Training(Course):
    """What the annotator's and the students' training have in common."""

    architecture: Architecture
    processes: Count  # that train together on this machine, each with its share of every batch; one a GPU


class TrainAnnotator(Training):
    """The machine annotator's training, on weak labels."""

    subset: Subset
    seed: Seed
    checkpoint: str | None  # a published `.pt` that is imported instead of training


class TrainStudent(Training):
    """The students' training, on the subset that is annotated."""

    targets: Literal["psl", "mix"]  # the annotator's labels alone, or mixed with the weak ones
    alpha: Share | None  # share of the annotator's label in `mix`
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]  # one student each

    @model_validator(mode="after")
    def _alpha_belongs_to_mix(self) -> "TrainStudent":
        if (self.targets == "mix") != (self.alpha is not None):
            raise ValueError("alpha belongs to targets: mix, and is null for targets: psl")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ")
        return self
