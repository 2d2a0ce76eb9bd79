"""Annotators as the pipeline uses them: opened from the record of the stage annotator@KEY, in the corpus's classes."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from psl.annotators.class_map import ClassMap
from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.network.devices import Device
from psl.annotators.mapped import MappedAnnotator
from psl.annotators.open_foreign import open_foreign
from psl.annotators.record import Record, read_record
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class Opener:
    """Opens the annotator with the record in `folder`; call it where the annotator shall run."""

    folder: Path
    device: Device

    def __call__(self) -> Annotator:
        """Raises PslError for a model that changed since its record was written."""
        return self.with_record()[0]

    def with_record(self) -> tuple[Annotator, Record, ClassMap]:
        """The same, and what its record says."""
        record, class_map = read_record(self.folder)
        annotator = _open(record, self.device)
        if annotator.weights_hash != record.weights_hash or annotator.vocabulary.mids != class_map.annotator.mids:
            raise PslError(
                f"the annotator in {record.source} changed since the stage annotator@{self.folder.name} read it: run "
                f"`dvc repro annotator@{self.folder.name}`"
            )
        mapped = annotator if class_map.is_identity else MappedAnnotator(annotator, class_map)
        return mapped, record, class_map


def _open(record: Record, device: Device) -> Annotator:
    module, source = import_module(f"psl.annotators.kinds.{record.kind}"), Path(record.source)
    if hasattr(module, "open_annotator"):
        annotator: Annotator = module.open_annotator(source, record.front_end_hash, device)
        return annotator
    return open_foreign(record.kind, source, record.contract, device)
