"""Which labels there are: students of the same windows learn the same ones, which count and are stored once."""

from collections.abc import Mapping

from psl.config import Student


def label_sets(students: Mapping[str, Student]) -> dict[str, Student]:
    """A student of each kind of window, by its key, which names the labels: the first, if possible of those alone.

    >>> def of(seconds, **more): return Student(window_seconds=seconds, hop_seconds=seconds, **more)
    >>> list(label_sets({"weak": Student(targets="weak"), "5": of(5.0), "S1": of(2.0, width=0.25), "2": of(2.0)}))
    ['5', '2']
    """
    sets: dict[tuple[float | None, float | None], str] = {}
    for key in sorted(students, key=lambda key: not (students[key].targets == "soft" and is_plain(students[key]))):
        if students[key].targets != "weak":
            sets.setdefault((students[key].window_seconds, students[key].hop_seconds), key)
    return {key: student for key, student in students.items() if key in sets.values()}


def is_plain(student: Student) -> bool:
    """Whether nothing but its labels tells the student from the others."""
    return student.width is None and student.max_epochs is None and student.seeds is None


def weak_key(students: Mapping[str, Student]) -> str:
    """The key of the weak labels: that of the first student who learns them (psl.config.Params asks for one)."""
    return next(key for key, student in students.items() if student.targets == "weak")
