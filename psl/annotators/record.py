"""What the stage annotator@KEY found out about an annotator, as a file.

The model itself stays where it is; that it is still the same is checked whenever it is opened.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from psl.annotators.class_map import ClassMap
from psl.config.base import Closed
from psl.config.contract import Contract
from psl.config.faults import in_words
from psl.io.files import write_json
from psl.runtime.errors import PslError

ABOUT = "annotator.json"


class Record(Closed):
    """An annotator that was inspected."""

    kind: str  # a file of psl/annotators/kinds/
    source: str
    contract: Contract
    weights_hash: str
    code_hash: str  # of the kind, and of the network where it is one of models/
    front_end_hash: str  # of the features that annotators of features have to fit
    n_parameters: int | None  # null when the model does not say
    n_bytes: int  # of the model's files
    class_map: dict[str, Any]  # ClassMap.as_json


def write_record(folder: Path, record: Record) -> None:
    """Write it into `folder`. Same annotator, same bytes."""
    write_json(folder / ABOUT, record.model_dump(mode="json"))


def read_record(folder: Path) -> tuple[Record, ClassMap]:
    """What `write_record` wrote, and how the corpus's classes find the annotator's.

    Raises PslError when it is missing or damaged.
    """
    path = folder / ABOUT
    if not path.is_file():
        raise PslError(f"there is no annotator in {folder}: run `dvc repro annotator@{folder.name}`")
    try:
        record = Record.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, ValueError) as error:
        reason = in_words(error, Record) if isinstance(error, ValidationError) else str(error)
        raise PslError(
            f"{path} is not an annotator as psl writes them ({reason}): run `dvc repro -f annotator@{folder.name}`"
        ) from error
    return record, ClassMap.from_json(record.class_map, path.as_posix())
