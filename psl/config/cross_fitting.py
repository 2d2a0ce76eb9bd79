"""Cross-fitting in params.yaml: which networks of the annotator left out which part, and who may label with them."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath as Path
from typing import TYPE_CHECKING

from psl.config.annotators import TRAINED_ANNOTATOR, AnnotatorEnsemble, AnnotatorParams
from psl.config.student_training import training_of
from psl.config.students import Student, annotator_of
from psl.config.training import TrainAnnotator

if TYPE_CHECKING:
    from psl.config.params import Params


def part_folder(part: int) -> str:
    """The folder of the networks that did not learn a part of the annotator's clips, numbered from 1."""
    return f"{TRAINED_ANNOTATOR}/part{part}"


def trained_folders(how: TrainAnnotator) -> list[str]:
    """The folders of all networks that train_annotator trains: of all clips first, then without each part."""
    of_parts = [TRAINED_ANNOTATOR, *map(part_folder, range(1, (how.cross_fit_parts or 0) + 1))]
    return [f"{folder}/seed{seed}" for folder in of_parts for seed in how.seeds]


def left_out_part(source: str) -> int | None:
    """The part that the network in the folder `source` did not learn; None for any other network.

    >>> left_out_part("data/models/annotator/part2/seed1"), left_out_part("data/models/annotator/seed1")
    (2, None)
    """
    match = re.fullmatch(rf"{TRAINED_ANNOTATOR}/part(\d+)/[^/]+", str(Path(source)))
    return int(match[1]) if match else None


def check_cross_fitting(params: "Params") -> None:
    """Raise ValueError where some clips would get no label, the wrong one, or networks are trained for nobody."""
    annotator, crossed = params.train_annotator, _crossed(params.annotator_ensembles)
    if annotator.cross_fit_parts is not None and not crossed:
        raise ValueError(
            f"train_annotator.cross_fit_parts {annotator.cross_fit_parts} trains networks that label nothing: name "
            "them in annotator_ensembles, with cross_fitted: true, or set it to null"
        )
    for key, ensemble in crossed.items():
        _check_members(key, ensemble, params.annotators, annotator)
    first = params.annotators.get(params.annotate.annotator)
    if first and left_out_part(first.source):
        raise ValueError(
            f"annotate.annotator {params.annotate.annotator} did not learn all clips: name the network that did, or an "
            "ensemble that is cross_fitted"
        )
    for key, student in params.students.items():
        if annotator_of(student, params.annotate.annotator) in crossed:
            _check_student(params, key, student)


def _crossed(ensembles: Mapping[str, AnnotatorEnsemble]) -> dict[str, AnnotatorEnsemble]:
    return {key: ensemble for key, ensemble in ensembles.items() if ensemble.cross_fitted}


def _check_members(
    key: str, ensemble: AnnotatorEnsemble, annotators: Mapping[str, AnnotatorParams], how: TrainAnnotator
) -> None:
    parts = {member: left_out_part(annotators[member].source) for member in ensemble.members}
    for member, part in parts.items():
        if part is None:
            raise ValueError(
                f"annotator_ensembles.{key} is cross_fitted, and its member {member} is no network of "
                "train_annotator.cross_fit_parts: take it out"
            )
    for part in range(1, (how.cross_fit_parts or 0) + 1):
        if part not in parts.values():
            raise ValueError(
                f"annotator_ensembles.{key} is cross_fitted, and no member labels the clips of part {part}: add the "
                f"network {part_folder(part)}/seed{how.seeds[0]}"
            )


def _check_student(params: "Params", key: str, student: Student) -> None:
    """A student of a cross-fitted annotator learns stored labels as they are."""
    named = f"students.{key}.annotator" if student.annotator else "annotate.annotator"
    annotator = annotator_of(student, params.annotate.annotator)
    training = training_of(params.train_student, student)
    if training.labels == "online":
        raise ValueError(
            f"{named} {annotator} is cross_fitted and students.{key} learns online labels, but a window in a batch "
            "does not say which clip it is of: give this student labels: stored, or another annotator"
        )
    if training.calibrated:
        raise ValueError(
            f"{named} {annotator} is cross_fitted and train_student.calibrated is true, but the calibration is that of "
            "the mean of its members: set calibrated to false"
        )
