"""Which labels there are: students of the same windows and annotator learn the same ones, counted and stored once."""

from collections.abc import Mapping

from psl.config import Student, annotator_of, has_own_recipe


def label_sets(students: Mapping[str, Student], annotator: str) -> dict[str, Student]:
    """A student of each kind of labels, by its key, which names them: the first, if possible of those alone.

    Labels differ in their windows and in who gave them: `annotator` (annotate.annotator) where a student names none.
    Those of a subset of a student's own are of other clips, and not among them (see own_subsets).

    >>> def of(seconds, **more): return Student(window_seconds=seconds, hop_seconds=seconds, **more)
    >>> students = {"weak": Student(targets="weak"), "5": of(5.0), "S1": of(2.0, width=0.25), "2": of(2.0)}
    >>> list(label_sets(students, "mn04")), list(label_sets(students | {"2-ours": of(2.0, annotator="ours")}, "mn04"))
    (['5', '2'], ['5', '2', '2-ours'])
    >>> list(label_sets(students | {"S2": of(2.0, width=0.3, annotator="mn04")}, "mn04"))
    ['5', '2']
    """
    sets: dict[tuple[float | None, float | None, str | None], str] = {}
    for key in sorted(students, key=lambda key: not (students[key].targets == "soft" and is_plain(students[key]))):
        student = students[key]
        if student.targets != "weak" and student.subset is None:
            sets.setdefault((student.window_seconds, student.hop_seconds, annotator_of(student, annotator)), key)
    return {key: student for key, student in students.items() if key in sets.values()}


def is_plain(student: Student) -> bool:
    """Whether nothing but its labels tells the student from the others."""
    names = ("architecture", "width", "max_steps", "learning_rate", "seeds", "subset")
    return all(getattr(student, name) is None for name in names) and not has_own_recipe(student)


def own_subsets(students: Mapping[str, Student]) -> list[str]:
    """Keys of the students of soft labels whose clips are those of a subset of their own."""
    return [key for key, student in students.items() if student.subset is not None and student.targets != "weak"]


def weak_key(students: Mapping[str, Student]) -> str:
    """The key of the weak labels of annotate.subset: that of the first student who learns them."""
    return next(key for key, student in students.items() if student.targets == "weak" and student.subset is None)
