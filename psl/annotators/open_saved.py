"""Opens annotators of features alone, networks that psl saved: without the code that other kinds need."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from psl.annotators.inference.network.devices import Device
from psl.annotators.kinds.saved import open_annotator
from psl.annotators.mapped import MappedAnnotator
from psl.annotators.members import Member, Members, members_of
from psl.annotators.record import read_record
from psl.config import AnnotatorEnsemble
from psl.runtime.errors import PslError


def open_saved_members(key: str, ensembles: Mapping[str, AnnotatorEnsemble], folder: Path, device: Device) -> Members:
    """As psl.annotators.open_members. Raises PslError for one that psl did not save, too."""
    return members_of(key, ensembles, partial(_opened, folder, device))


def _opened(folder: Path, device: Device, name: str, weight: float) -> Member:
    record, class_map = read_record(folder / name)
    if record.kind != "saved":
        raise PslError(
            f"labels: online needs annotators of the kind saved, which label features, and annotators.{name} is of the "
            f"kind {record.kind}: set labels to stored"
        )
    model = open_annotator(Path(record.source), record.front_end_hash, device)
    annotator = model if class_map.is_identity else MappedAnnotator(model, class_map)
    return Member(name, weight, lambda: annotator, annotator, record, class_map)
