"""Opens the annotators that label together, from the records of the stages annotator@KEY."""

from collections.abc import Mapping
from pathlib import Path

from psl.annotators.inference.network.devices import Device
from psl.annotators.members import Member, Members, members_of
from psl.annotators.opened import Opener
from psl.config import AnnotatorEnsemble


def open_members(key: str, ensembles: Mapping[str, AnnotatorEnsemble], folder: Path, device: Device) -> Members:
    """The annotator `key`, or the members of the ensemble `key`; `folder` has the record of each annotator.

    Raises PslError for one that is missing, damaged or changed.
    """

    def opened(name: str, weight: float) -> Member:
        opener = Opener(folder / name, device)
        return Member(name, weight, opener, *opener.with_record())

    return members_of(key, ensembles, opened)
