"""How the annotator and the students are trained."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Device, Positive, Share
from psl.config.plugin import Plugin, check_plugin
from psl.config.students import LabelsFrom, Seeds, WindowStarts


class TrainingParams(Closed):
    """How a network is trained, whatever it is trained for."""

    validation_share: Annotated[float, Field(gt=0, lt=1)]  # of the training clips, by source
    max_steps: Count  # of the optimiser: the course, which the learning rate's schedule spans
    min_steps: Annotated[int, Field(ge=0)]  # before which training does not stop early
    patience_steps: Count  # without a better validation loss, after which it stops early
    validation_steps: Count  # from one validation to the next; the last one comes after the last step
    batch_seconds: Positive | None  # seconds of audio in a step; null where batch_windows is given
    batch_windows: Count | None  # windows in a step; null where batch_seconds is given
    learning_rate: Positive  # Adam, at its highest
    schedule: Literal["constant", "cosine"]  # after the warm-up: held, or down to 0 along a cosine
    warm_up_share: Share  # of all steps, linear from 0
    gradient_clip_norm: Positive  # a longer gradient is shortened to it
    precision: Literal["float32", "bfloat16", "float16"]  # of forward and backward on CUDA; the CPU uses float32
    device: Device  # auto: the GPU where there is one
    compile: bool = False  # of the network by torch.compile, where there is a compiler: other rounding
    shuffle_buffer_clips: Count  # clips that are shuffled together in memory
    augmentation: Plugin  # of training batches: a file of psl/training/augmentations/

    @model_validator(mode="after")
    def _possible_course(self) -> "TrainingParams":
        for key, steps in (("min_steps", self.min_steps), ("validation_steps", self.validation_steps)):
            if steps > self.max_steps:
                raise ValueError(f"{key} {steps} is more than max_steps {self.max_steps}: choose at most as many")
        return self

    @model_validator(mode="after")
    def _one_batch_size(self) -> "TrainingParams":
        if (self.batch_seconds is None) == (self.batch_windows is None):
            raise ValueError("give batch_seconds or batch_windows and set the other to null")
        return self

    @model_validator(mode="after")
    def _augmentation_exists(self) -> "TrainingParams":
        check_plugin("psl.training.augmentations", self.augmentation, "augmentation", "build")
        for part in self.augmentation.parts():
            if part.name == "mixup" and (part.options["labels"] is None) != self.labels_batches:
                raise ValueError(
                    "augmentation mixup: labels is weighted or union where labels are stored, and null where the "
                    "annotator labels each mixture (train_student.labels: online)"
                )
        return self

    @property
    def labels_batches(self) -> bool:
        """Whether the annotator labels batches after their augmentation."""
        return False


class Training(TrainingParams):
    """What the annotator's and the students' training have in common."""

    seeds: Seeds  # one network each
    architecture: Plugin  # the network: a file of models/
    crop_seconds: Positive | None  # of a weakly labelled clip in training, elsewhere in every epoch; null: all of it
    processes: Count  # that train together on this machine, each with its share of every batch; one a GPU

    @model_validator(mode="after")
    def _architecture_exists(self) -> "Training":
        check_plugin("models", self.architecture, "architecture", "build")
        return self

    @model_validator(mode="after")
    def _different_seeds(self) -> "Training":
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ")
        return self


class TrainAnnotator(Training):
    """The machine annotator's training, on weak labels."""

    enabled: bool  # false where all annotators come from elsewhere, and none is fine-tuned: nothing is trained then
    subset: str  # of the corpus
    checkpoint: str | None  # a published `.pt` that is imported instead of training
    cross_fit_parts: Annotated[int, Field(ge=2)] | None  # for each part of the clips a further network that omits it

    @model_validator(mode="after")
    def _one_checkpoint(self) -> "TrainAnnotator":
        if self.checkpoint is not None and len(self.seeds) > 1:
            raise ValueError(f"seeds {list(self.seeds)} are of several networks, and checkpoint is one: give one seed")
        return self

    @model_validator(mode="after")
    def _cross_fits_what_it_trains(self) -> "TrainAnnotator":
        if self.cross_fit_parts is not None and (self.checkpoint is not None or not self.enabled):
            why = "enabled is false" if not self.enabled else f"checkpoint {self.checkpoint} is imported"
            raise ValueError(f"cross_fit_parts {self.cross_fit_parts} trains networks, and {why}: set it to null")
        return self

    @model_validator(mode="after")
    def _imported_only_where_enabled(self) -> "TrainAnnotator":
        if self.checkpoint is not None and not self.enabled:
            raise ValueError(
                f"checkpoint {self.checkpoint} is imported only where enabled is true: set enabled to true, or "
                "checkpoint to null"
            )
        return self


class TrainStudent(Training):
    """The students' training, on the subset that is annotated; a student may differ in what its entry says."""

    calibrated: bool  # whether soft labels are calibrated by the stage calibrate; the paper's are raw
    labels: LabelsFrom  # of training windows: those of data/labels, or the annotator's of each batch
    window_starts: WindowStarts  # in the clip: where data/labels has windows, or anew in every epoch
    augmentation_after_labels: Plugin  # of batches with online labels: the annotator does not hear it

    @property
    def labels_batches(self) -> bool:
        """Whether the annotator labels batches after their augmentation."""
        return self.labels == "online"

    @model_validator(mode="after")
    def _augmentation_after_labels_exists(self) -> "TrainStudent":
        key = "augmentation_after_labels"
        check_plugin("psl.training.augmentations", self.augmentation_after_labels, key, "build")
        for part in self.augmentation_after_labels.parts():
            if part.name == "mixup" and part.options["labels"] is None:
                raise ValueError(f"{key} mixup: labels is weighted or union, because the annotator does not hear it")
        if self.augmentation_after_labels.name != "none" and not self.labels_batches:
            raise ValueError(f"{key} needs labels: online, because stored labels come before every augmentation")
        return self

    @model_validator(mode="after")
    def _labels_where_windows_start(self) -> "TrainStudent":
        if self.window_starts == "random" and self.labels == "stored":
            raise ValueError(
                "window_starts: random needs labels: online, because stored labels are those of other windows"
            )
        return self
