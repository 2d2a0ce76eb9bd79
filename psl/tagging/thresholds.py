"""Thresholds: one number for all classes, or a table of the classes that are wanted."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.config.faults import near
from psl.io.list_files import bad, records
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

HEADER = ("class", "threshold")
NEVER = np.inf  # of a class that a table leaves out

Thresholds = npt.NDArray[np.float64]


def read_thresholds(given: str, vocabulary: Vocabulary) -> Thresholds:
    """threshold_C of a number, or of a CSV with the columns `class` (an id, or a name that no other class has) and
    `threshold`; a class that it does not list is never tagged.

    Raises PslError, with file and line, for a class that the model does not have, and for what is no probability.
    """
    number = _number(given)
    if number is not None:
        return np.full(len(vocabulary), _probability(number, f"a threshold of {given}"))
    threshold_C = np.full(len(vocabulary), NEVER)
    if not (path := Path(given)).is_file():
        raise PslError(
            f"the table of thresholds {given} does not exist: give a number from 0 to 1, or a CSV with the columns "
            f"{', '.join(HEADER)}"
        )
    for line, row in records(path, ",", HEADER, "the table of thresholds"):
        threshold = _number(row["threshold"])
        if threshold is None or not 0 <= threshold <= 1:
            bad(path, line, f"a threshold from 0 to 1, not {row['threshold']!r}")
        threshold_C[_class(path, line, row["class"], vocabulary)] = threshold
    return threshold_C


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _probability(number: float, what: str) -> float:
    if not 0 <= number <= 1:
        raise PslError(f"{what} is no probability: give one from 0 to 1")
    return number


def _class(path: Path, line: int, text: str, vocabulary: Vocabulary) -> int:
    if text in vocabulary.index:
        return vocabulary.index[text]
    if (count := vocabulary.names.count(text)) == 1:
        return vocabulary.names.index(text)
    if count:
        bad(path, line, f"the id of one class, and {count} are called {text!r}")
    bad(path, line, f"a class of the model, not {text!r}{near(text, vocabulary.names + vocabulary.mids)}")
