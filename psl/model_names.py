"""What people call a model and the labels it learns: one name in every table and picture."""

from psl.params import Annotator, WeakStudent, Window

Model = Window | WeakStudent | Annotator


def display_name(model: Model) -> str:
    """What people call a model.

    >>> display_name(Window(seconds=2.0, hop=2.0)), display_name(Window(seconds=2.0, hop=0.5))
    ('PSL-2s', 'PSL-2s (hop 0.5 s)')
    """
    if isinstance(model, Window):
        return f"PSL-{model.seconds:g}s" + ("" if model.hop == model.seconds else f" (hop {model.hop:g} s)")
    return "Weak labels" if isinstance(model, WeakStudent) else "Annotator (MA)"
