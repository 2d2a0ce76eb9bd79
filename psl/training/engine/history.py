"""The course of a training, a row a validation; no wall-clock times, so that the same training gives the same bytes."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True)
class Validation:
    """What is known after a validation."""

    step: int  # steps of the optimiser so far
    epochs: float  # passes over the training windows so far, to 3 digits
    train_loss: float  # binary cross entropy, mean over the windows since the validation before, as they were trained
    validation_loss: float  # binary cross entropy against the model's own kind of targets
    validation_mAP: float  # of clips against their weak labels; nan when none has a label
    learning_rate: float  # of the last step


def best(history: Sequence[Validation]) -> Validation:
    """The one whose weights are kept: the lowest validation loss, the first of equals."""
    return min(history, key=lambda validation: validation.validation_loss)


def history_csv(history: Iterable[Validation]) -> str:
    """Comma-separated rows under a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Validation))
    writer.writerows(astuple(validation) for validation in history)
    return text.getvalue()
