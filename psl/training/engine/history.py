"""The course of a training, one row an epoch; no wall-clock times, so that the same training gives the same bytes."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True)
class Epoch:
    """What is known at an epoch's end. `epoch` counts from 1, `step` from the start of training."""

    epoch: int
    step: int
    train_loss: float  # binary cross entropy, mean over the epoch's windows as they were trained
    validation_loss: float  # binary cross entropy against the model's own kind of targets
    validation_mAP: float  # of clips against their weak labels; nan when none has a label
    learning_rate: float  # of the epoch's last step


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The one whose weights are kept: the lowest validation loss, the first of equals."""
    return min(history, key=lambda epoch: epoch.validation_loss)


def history_csv(history: Iterable[Epoch]) -> str:
    """Comma-separated rows under a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Epoch))
    writer.writerows(astuple(epoch) for epoch in history)
    return text.getvalue()
