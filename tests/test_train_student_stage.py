"""The stage train_student: which parameters a student is trained with."""

from params_files import changed

from psl.config import training_of
from psl.config.file import read_params

TWO = {"window_seconds": 2.0, "hop_seconds": 2.0}


def test_a_student_is_trained_as_all_are_but_for_what_it_states(tmp_path):
    new = {**TWO, "width": 0.5, "max_steps": 30, "learning_rate": 0.01, "seeds": [7, 8]}
    params = read_params(changed(tmp_path, "students", {"new": new}))
    common, own = params.train_student, training_of(params.train_student, params.students["new"])
    assert (own.architecture.width, own.max_steps, own.learning_rate, own.seeds) == (0.5, 30, 0.01, (7, 8))
    assert (own.min_steps, own.validation_steps) == (30, 30)  # and not more than its whole course
    names = ("architecture", "max_steps", "min_steps", "validation_steps", "learning_rate", "seeds")
    changed_back = {name: getattr(common, name) for name in names}
    assert own.model_copy(update=changed_back) == common == training_of(common, params.students["2"])
