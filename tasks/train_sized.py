"""The stage train_sized@KEY: students as train_student makes them, of another width, on the labels of one of them."""

from psl.params import Params, Sized, TrainStudent
from tasks import stage
from tasks.together import together
from tasks.train_student import train


def work(params: Params, key: str) -> None:
    """Write data/models/KEY/seed<S>/ for each seed."""
    sized = stage.pick(params.sizes, "sizes", key)
    student = resized(params.train_student, sized)
    together("train_sized", ["--size", key], student, lambda: train(key, sized.labels, student, params.annotate.subset))


def resized(student: TrainStudent, sized: Sized) -> TrainStudent:
    """The students' parameters with the width, and where it is given the number of epochs, of `sized`."""
    architecture = student.architecture.model_copy(update={"width": sized.width})
    return student.model_copy(update={"architecture": architecture, "max_epochs": sized.max_epochs or student.max_epochs})


if __name__ == "__main__":
    stage.run_key("train_sized", "size", work)
