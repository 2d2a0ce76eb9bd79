"""The student of a window that a flow needs, found in params.yaml or added to it as a person would write it."""

from pathlib import Path

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from psl.config.file import read_params, write_params
from psl.config.presets import round_trip_yaml, text_of
from psl.runtime.errors import PslError


def use_window(path: Path, seconds: float) -> str:
    """The key of the student whose windows and hop are so many seconds, and that sets nothing else.

    Without one, a line `"3": {window_seconds: 3.0, hop_seconds: 3.0}` is added to `students`. Raises PslError, and
    leaves the file as it was, when the key belongs to another student, or the window is invalid, such as longer than
    the clips.
    """
    settings = {name: student.model_dump(exclude_defaults=True) for name, student in read_params(path).students.items()}
    window, key = {"window_seconds": seconds, "hop_seconds": seconds}, key_of(seconds)
    matching = [name for name in settings if settings[name] == window]
    if matching:
        return key if key in matching else matching[0]
    if key in settings:
        raise PslError(
            f"students.{key} in {path} is not a student of {seconds:g}-s windows alone ({settings[key]}): rename it"
        )
    _add(path, key, seconds)
    return key


def key_of(seconds: float) -> str:
    """The key of a new student.

    >>> key_of(3.0), key_of(0.5)
    ('3', '0p5')
    """
    return f"{seconds:.12g}".replace(".", "p")


def _add(path: Path, key: str, seconds: float) -> None:
    params = round_trip_yaml().load(path.read_text())
    window = CommentedMap(window_seconds=float(seconds), hop_seconds=float(seconds))
    window.fa.set_flow_style()
    students = params["students"]
    windows = [position for position, student in enumerate(students.values()) if student.keys() == window.keys()]
    # After the other windows, but not last: comments behind the last student would come before the new one.
    position = min(max(windows, default=-1) + 1, len(students) - 1)
    students.insert(position, DoubleQuotedScalarString(key), window)
    try:
        write_params(path, text_of(params))
    except PslError as error:
        reason = str(error).replace(str(path), f"a window of {seconds:g} s does not fit into {path}", 1)
        raise PslError(reason) from None
