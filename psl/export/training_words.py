"""What a model was trained on and by whom it was labelled, in words, from `trained_on` of its model.json."""

from collections.abc import Mapping
from typing import Any

from psl.export.trained_window import trained_window
from psl.report.tables import count


def training_words(trained_on: Mapping[str, Any], corpus: str) -> str:
    """Sentences about the clips, the labels and the course.

    >>> labels = {"kind": "annotator", "annotator": "MA", "window": {"seconds": 2.0, "hop": 1.0}}
    >>> course = {"steps": 60, "best_step": 40, "seed": 1}
    >>> about = {"labels": labels, "n_training_clips": 1200, "n_validation_clips": 34, **course}
    >>> print(training_words(about, "scenes"))  # doctest: +NORMALIZE_WHITESPACE
    1,200 clips of the corpus `scenes`, and 34 others to choose the best step (40 of 60; seed 1). Labels: probabilities
    of the annotator `MA` for windows of 2 s, 1 s apart.
    >>> again = about | {"labelled_by": [{"name": "m/generation1/seed1"}, {"name": "m/generation1/seed2"}]}
    >>> print(training_words(again, "scenes").partition("Labels: ")[2])  # doctest: +NORMALIZE_WHITESPACE
    probabilities of `m/generation1/seed1` and `m/generation1/seed2`, networks of this student that learnt from the
    annotator `MA`, for windows of 2 s, 1 s apart.
    >>> print(training_words({"imported": "x.pt", "checkpoint_hash": "ab"}, "scenes"))
    Not trained here: imported from the published checkpoint `x.pt` (`ab`).
    """
    if "imported" in trained_on:
        return (
            f"Not trained here: imported from the published checkpoint `{trained_on['imported']}` "
            f"(`{trained_on['checkpoint_hash']}`)."
        )
    course = f"{trained_on['best_step']} of {trained_on['steps']}; seed {trained_on['seed']}"
    return (
        f"{count(trained_on['n_training_clips'])} clips of the corpus `{corpus}`, and "
        f"{count(trained_on['n_validation_clips'])} others to choose the best step ({course}). "
        f"Labels: {_labels(trained_on)}."
    )


def window_seconds(trained_on: Mapping[str, Any]) -> str:
    """Of the labelled windows; empty where whole clips were labelled."""
    window = trained_window(trained_on)
    return f"{window.seconds:g}" if window else ""


def annotator_licences(trained_on: Mapping[str, Any]) -> list[str]:
    """A sentence about the licence of each annotator that labelled."""
    members = trained_on.get("labels", {}).get("members", [])
    return [f"The annotator {each['contract']['name']}: {each['contract']['licence']}." for each in members]


def _labels(trained_on: Mapping[str, Any]) -> str:
    labels = trained_on["labels"]
    window = trained_window(trained_on)
    if labels.get("kind") == "weak" or window is None:
        return "the weak labels of whole clips"
    online = trained_on.get("parameters", {}).get("labels") == "online"
    when = "anew for each training batch, after its augmentation, in" if online else "for"
    students = " and ".join(f"`{each['name']}`" for each in trained_on.get("labelled_by", []))
    annotator = f"the annotator `{labels['annotator']}`"
    who = f"{students}, networks of this student that learnt from {annotator}," if students else annotator
    return f"probabilities of {who} {when} windows of {window.seconds:g} s, {window.hop:g} s apart"
