"""The training of one student: that of all, with what it has of its own."""

from typing import Any

from pydantic import ValidationError

from psl.config.plugin import Plugin
from psl.config.students import Student
from psl.config.training import TrainStudent

AUGMENTATIONS = ("augmentation", "augmentation_after_labels")
OF_ITS_OWN = ("seeds", "max_steps", "learning_rate", "labels", "window_starts", *AUGMENTATIONS)


def training_of(common: TrainStudent, student: Student) -> TrainStudent:
    """The students' training parameters, with what this student has of its own.

    Where its max_steps are fewer than the others' min_steps or validation_steps, these are cut to them. Raises
    pydantic's ValidationError where what it has of its own contradicts what all have.
    """
    own: dict[str, Any] = {name: value for name in OF_ITS_OWN if (value := getattr(student, name)) is not None}
    if student.max_steps is not None:
        own |= {name: min(getattr(common, name), student.max_steps) for name in ("min_steps", "validation_steps")}
    own["architecture"] = architecture_of(common, student)
    return TrainStudent.model_validate({**dict(common), **own})


def architecture_of(common: TrainStudent, student: Student) -> Plugin:
    """The student's network: its own, or that of all, of another width where it has one."""
    if student.architecture is not None:
        return student.architecture
    width = {} if student.width is None else {"width": student.width}
    return Plugin(**common.architecture.model_dump() | width)


def check_training(key: str, student: Student, common: TrainStudent) -> None:
    """Raise ValueError for what the student `key` has of its own where it fits neither its targets nor `common`."""
    try:
        labels = training_of(common, student).labels
    except ValidationError as error:
        fault = error.errors()[0]
        said = str(fault.get("ctx", {}).get("error", fault["msg"]))
        said = said if student.architecture is not None else said.removeprefix("architecture.")  # of its width
        raise ValueError(f"students.{key}.{said}") from None
    if student.targets != "soft" and labels == "online":
        raise ValueError(
            f"students.{key}.targets {student.targets} needs labels: stored, as an annotator says online what it hears "
            "and nothing of weak labels"
        )
    if student.generations is not None and labels != "online":
        raise ValueError(
            f"students.{key}.generations {student.generations} needs labels: online, as the store holds no labels of "
            "students for the next generation"
        )
