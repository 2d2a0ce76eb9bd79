"""Students: one entry of `students` in params.yaml each, whose key names its stages."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Key, Positive, Seed, Share
from psl.config.plugin import Plugin

LabelsFrom = Literal["stored", "online"]
WindowStarts = Literal["labelled", "random"]
RECIPE = ("labels", "window_starts", "augmentation", "augmentation_after_labels", "generations")
Seeds = Annotated[tuple[Seed, ...], Field(min_length=1)]


class Student(Closed):
    """What one student learns, and where its training differs from `train_student`; what is not given is null."""

    targets: Literal["soft", "mix", "weak"] = "soft"  # the annotator's labels, a mix of both, or the weak labels alone
    window_seconds: Positive | None = None  # length of the labelled windows; belongs to soft and mix
    hop_seconds: Positive | None = None  # from one window to the next; less than window_seconds overlaps
    alpha: Share | None = None  # share of the annotator's label in mix
    annotator: Key | None = None  # in place of annotate.annotator; belongs to soft and mix
    subset: str | None = None  # of the corpus, in place of annotate.subset
    architecture: Plugin | None = None  # in place of train_student.architecture, as a whole: another network
    width: Positive | None = None  # in place of train_student.architecture.width
    max_steps: Count | None = None  # in place of train_student.max_steps; cuts min_steps and validation_steps to it
    learning_rate: Positive | None = None  # in place of train_student.learning_rate
    seeds: Seeds | None = None  # in place of train_student.seeds
    labels: LabelsFrom | None = None  # in place of train_student.labels
    window_starts: WindowStarts | None = None  # in place of train_student.window_starts
    augmentation: Plugin | None = None  # in place of train_student.augmentation
    augmentation_after_labels: Plugin | None = None  # in place of train_student.augmentation_after_labels
    generations: Annotated[int, Field(ge=2)] | None = None  # the networks of one label for the next; null: one

    @model_validator(mode="after")
    def _labels(self) -> "Student":
        given = self.window_seconds is not None, self.hop_seconds is not None
        if any(given) != (self.targets != "weak") or all(given) != (self.targets != "weak"):
            raise ValueError(
                "window_seconds and hop_seconds belong to targets: soft or mix, and weak labels have neither"
            )
        if self.annotator is not None and self.targets == "weak":
            raise ValueError("annotator belongs to targets: soft or mix, and weak labels have none")
        if (self.targets == "mix") != (self.alpha is not None):
            raise ValueError("alpha belongs to targets: mix, and to no other")
        if self.window_seconds and self.hop_seconds and self.hop_seconds > self.window_seconds:
            raise ValueError(
                f"hop_seconds {self.hop_seconds} is longer than window_seconds {self.window_seconds}: "
                "it would leave gaps"
            )
        return self

    @model_validator(mode="after")
    def _one_width(self) -> "Student":
        if self.architecture is not None and self.width is not None:
            raise ValueError("width is of train_student.architecture: state it in this student's own architecture")
        return self

    @model_validator(mode="after")
    def _different_seeds(self) -> "Student":
        if self.seeds and len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ")
        return self


def has_own_recipe(student: Student) -> bool:
    """Whether its labels, its windows' places, its augmentation or its generations differ from those of all."""
    return any(getattr(student, name) is not None for name in RECIPE)


def annotator_of(student: Student, common: str) -> str | None:
    """Who labels a student's windows: its own annotator or else the `common` one; None where labels are weak alone.

    >>> two, weak = Student(window_seconds=2.0, hop_seconds=2.0), Student(targets="weak")
    >>> annotator_of(two, "mn04"), annotator_of(weak, "mn04")
    ('mn04', None)
    """
    return None if student.targets == "weak" else student.annotator or common


def subset_of(student: Student, common: str) -> str:
    """The subset whose clips a student learns: its own or else the `common` one (annotate.subset)."""
    return common if student.subset is None else student.subset
