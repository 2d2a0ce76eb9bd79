"""Scores of the windows of many files, in the order of the files, through the one scorer: files share its batches."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.clips import TimeAxis
from psl.annotators.inference.scorer import Clip, Windowing, score_clips
from psl.runtime.errors import PslError
from psl.tagging.audio import SampleStream
from psl.tagging.inputs import Recording
from psl.tagging.model import Model
from psl.tagging.windows import windows

BATCH_SECONDS = {"cpu": 64, "cuda": 640}  # of audio that a network gets at once, at most


class WindowScores(NamedTuple):
    """The probabilities p_C of one window of a recording; it ends where a shorter recording ends."""

    file: str
    start_ms: int
    end_ms: int
    p_C: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Notes:
    """What a run has to say of recordings, by their numbers."""

    failed: dict[int, str] = field(default_factory=dict)  # why they could not be read
    short: dict[int, str] = field(default_factory=dict)  # shorter than a window
    low_rate: dict[int, str] = field(default_factory=dict)  # without the upper half of what the model hears
    silent: dict[int, str] = field(default_factory=dict)  # every sample is 0


def score_files(
    recordings: Iterable[tuple[int, Recording]], model: Model, windowing: Windowing, notes: Notes
) -> Iterator[tuple[int, Iterator[WindowScores]]]:
    """The number of each recording and its windows, which come before the next recording does.

    A recording that cannot be read is entered in `notes`, before its windows end; the others go on. Memory holds a
    batch of windows and a minute of sound. Raises PslError where the model has not as many scores as classes.
    """
    pending: deque[tuple[int, WindowScores]] = deque()
    hop = model.features.hop_length_samples if model.features else 1
    scores = score_clips(
        _clips(recordings, model, windowing, notes, pending=pending),
        Windowing(windowing.length_ms, windowing.length_ms, "drop"),  # each window is a clip of its own
        TimeAxis(model.rate_hz, hop),
        model.annotator,
        inference_batch_size=_batch_windows(model, windowing),
    )
    n_classes = len(model.annotator.vocabulary)
    rows = (_with_scores(pending.popleft(), p_1C[0], n_classes) for p_1C in scores)
    for number, group in groupby(rows, key=lambda row: row[0]):
        yield number, (window for _, window in group)


def _batch_windows(model: Model, windowing: Windowing) -> int:
    """How many windows the scorer passes on at once: whole batches of a model that divides them into its own.

    Those have a size that the contract states, or a power of two (psl.annotators.foreign); any other number would have
    the last one filled up with copies each time.
    """
    most = max(1, BATCH_SECONDS[model.annotator.device] * 1000 // windowing.length_ms)
    own = model.contract.batch_windows or 1 << (most.bit_length() - 1)
    return max(1, most // own) * own


def _with_scores(
    row: tuple[int, WindowScores], p_C: npt.NDArray[np.float32], n_classes: int
) -> tuple[int, WindowScores]:
    if len(p_C) != n_classes:
        raise PslError(
            f"the model gives {len(p_C)} scores, and its list has {n_classes} classes: give the list that belongs to it"
        )
    return row[0], row[1]._replace(p_C=p_C)


def _clips(
    recordings: Iterable[tuple[int, Recording]],
    model: Model,
    windowing: Windowing,
    notes: Notes,
    *,
    pending: deque[tuple[int, WindowScores]],
) -> Iterator[Clip]:
    """Every window of every recording; what is known of it goes into `pending`."""
    for number, recording in recordings:
        try:
            with recording.on_disk() as path:
                stream = SampleStream(path, recording.name, model.rate_hz, recording.start_s, recording.end_s)
                for start_ms, end_ms, content in windows(stream, model.features, windowing):
                    pending.append((number, WindowScores(recording.name, start_ms, end_ms, np.empty(0, np.float32))))
                    yield Clip(content, windowing.length_ms)
            _note(notes, number, stream, windowing, name=recording.name)
        except PslError as error:
            named = recording.name in str(error)
            notes.failed[number] = str(error) if named else f"the audio file {recording.name} is refused: {error}"
        except OSError as error:
            notes.failed[number] = f"the audio file {recording.name} cannot be read: {error.strerror}"


def _note(notes: Notes, number: int, stream: SampleStream, windowing: Windowing, *, name: str) -> None:
    if stream.samples * 1000 < windowing.length_ms * stream.rate_hz:
        notes.short[number] = name
    if 2 * stream.source_rate_hz <= stream.rate_hz:
        notes.low_rate[number] = name
    if stream.silent:
        notes.silent[number] = name
