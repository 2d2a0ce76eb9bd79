"""A window that somebody asks for, found in params.yaml or added to it in the form a person would write."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from psl.errors import PslError
from psl.params_file import read_params, write_params
from psl.presets import round_trip_yaml, text_of

Seconds = Annotated[float, Field(gt=0)]


def use_window(path: Path, seconds: float) -> str:
    """The key of the window of so many seconds; a line `"3": {seconds: 3.0, hop: 3.0}` is added when there is none.

    Raises PslError when the window is invalid, such as longer than the clips; the file then stays as it was.
    """
    windows, key = read_params(path).windows, key_of(seconds)
    same = [name for name, window in windows.items() if window.seconds == seconds]
    if same:
        return key if key in same else same[0]
    if key in windows:
        raise PslError(f"windows.{key} in {path} is {windows[key].seconds} s long and not {seconds} s: rename it")
    _add(path, key, seconds)
    return key


def key_of(seconds: float) -> str:
    """The key of a window: "3" for 3 s, "0p5" for half a second."""
    return f"{seconds:.12g}".replace(".", "p")


def _add(path: Path, key: str, seconds: float) -> None:
    params = round_trip_yaml().load(path.read_text())
    window = CommentedMap(seconds=float(seconds), hop=float(seconds))
    window.fa.set_flow_style()
    params["windows"][DoubleQuotedScalarString(key)] = window
    try:
        write_params(path, text_of(params))
    except PslError as error:
        raise PslError(str(error).replace(str(path), f"a window of {seconds:g} s does not fit into {path}", 1)) from None
