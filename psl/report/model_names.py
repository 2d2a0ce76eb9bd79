"""What people call a model and the labels it learns: one name in every table and picture."""

from collections import Counter
from collections.abc import Iterable, Mapping

from psl.config import ANNOTATOR, RECIPE, Student, annotator_of, has_own_recipe
from psl.labels.label_sets import is_plain

Model = Student | None  # None is the annotator
WEAK, TRUE = "Weak labels", "True labels"


def all_models(students: Mapping[str, Student]) -> dict[str, Model]:
    """The annotator and the students by their keys."""
    return {ANNOTATOR: None, **students}


def display_names(models: Mapping[str, Model], keys: Iterable[str]) -> dict[str, str]:
    """What people call each of `keys`: its display name, and its key where another model has the same name.

    >>> from psl.config import Plugin
    >>> two = Student(window_seconds=2.0, hop_seconds=2.0)
    >>> small, large = (two.model_copy(update={"architecture": Plugin(name="ast", width=w)}) for w in (0.1, 0.2))
    >>> list(display_names({"2": two, "a": small, "b": large}, "ba2").values())
    ['ast, PSL-2s (b)', 'ast, PSL-2s (a)', 'PSL-2s']
    """
    names = {key: display_name(key, model) for key, model in models.items()}
    common = Counter(names.values())
    return {key: names[key] + (f" ({key})" if common[names[key]] > 1 else "") for key in keys}


def display_name(key: str, model: Model) -> str:
    """What people call a model; one that differs from others in its width or seeds is called by its key.

    >>> two = Student(window_seconds=2.0, hop_seconds=2.0)
    >>> display_name("2", two), display_name("x", two.model_copy(update={"hop_seconds": 0.5}))
    ('PSL-2s', 'PSL-2s (hop 0.5 s)')
    >>> display_name("2-mn04", two.model_copy(update={"annotator": "mn04"}))
    'PSL-2s by mn04'
    >>> display_name("full-2", two.model_copy(update={"subset": "full", "max_steps": 1600}))
    'PSL-2s on full (1,600 steps)'
    >>> display_name("mixed", two.model_copy(update={"labels": "online", "max_steps": 1600}))
    'PSL-2s (online, 1,600 steps)'
    >>> display_name("S1", two.model_copy(update={"width": 0.25})), display_name("annotator", None)
    ('S1', 'Annotator (MA)')
    >>> from psl.config import Plugin
    >>> display_name("x", Student(targets="weak", architecture=Plugin(name="cnn14")))
    'cnn14, weak labels'
    """
    if model is None:
        return "Annotator (MA)"
    if not is_plain(common_course(model)):
        return key
    network = "" if model.architecture is None else f"{model.architecture.name}, "
    on = ("" if model.subset is None else f" on {model.subset}") + _own_training(model)
    if model.targets == "weak":
        return (f"{network}{WEAK.lower()}" if network else WEAK) + on
    by = "" if model.annotator is None else f" by {model.annotator}"
    hop = "" if model.hop_seconds == model.window_seconds else f" (hop {model.hop_seconds:g} s)"
    mix = "" if model.alpha is None else f", {100 * (1 - model.alpha):g} % weak"
    return f"{network}PSL-{model.window_seconds:g}s{by}{hop}{mix}{on}"


def _own_training(model: Student) -> str:
    """In what its training differs, in brackets."""
    online = ["online"] if model.labels == "online" else []
    own = [plugin for plugin in (model.augmentation, model.augmentation_after_labels) if plugin is not None]
    augmentation = [part.name for plugin in own for part in plugin.parts()]
    steps = [] if model.max_steps is None else [f"{model.max_steps:,} steps"]
    generations = [] if model.generations is None else [f"{model.generations} generations"]
    details = ", ".join([*online, *augmentation, *steps, *generations])
    return f" ({details})" if details else ""


def transfer_name(key: str, model: Model, *, by_trained: bool) -> str:
    """What people call a model whose weights are transferred: the annotator's are those of train_annotator.

    `by_trained` says whether it is also the annotator that labels the windows.

    >>> transfer_name("annotator", None, by_trained=False)
    'Annotator trained here'
    """
    return display_name(key, model) if by_trained or model is not None else "Annotator trained here"


def common_course(student: Student) -> Student:
    """The student without a subset, network or recipe of its own, and without the course that it has for these."""
    if student.subset is None and student.architecture is None and not has_own_recipe(student):
        return student
    course = ("max_steps", "learning_rate", "seeds")
    return student.model_copy(update=dict.fromkeys(("subset", "architecture", *course, *RECIPE)))


def is_window_student(model: Model) -> bool:
    """Whether it is a student of the annotator's labels that differs from its like in windows or annotator alone."""
    return model is not None and is_plain(model) and model.targets == "soft"


def has_own_annotator(model: Model, common: str) -> bool:
    """Whether another annotator than the tables' `common` one labelled a student's windows: that is no measure of it.

    >>> two = Student(window_seconds=2.0, hop_seconds=2.0, annotator="mn04")
    >>> has_own_annotator(two, "ours"), has_own_annotator(two, "mn04"), has_own_annotator(Student(targets="weak"), "x")
    (True, False, False)
    """
    return model is not None and annotator_of(model, common) not in (None, common)
