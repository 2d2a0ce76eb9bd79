"""Tag from Python: `psl.load(MODEL).tag(FILE)` gives the scores of a file's windows, and from them labels or events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.scorer import Windowing
from psl.config.base import Device
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.tagging.events import EventRules, events
from psl.tagging.inputs import Recording
from psl.tagging.labels import Segment, labels
from psl.tagging.model import DEFAULT_THRESHOLD, Model, open_model
from psl.tagging.scores import Notes, WindowScores, score_files
from psl.tagging.thresholds import Thresholds, read_thresholds
from psl.tagging.timeline import timeline
from psl.tagging.windowing import choose_windowing


@dataclass(frozen=True)
class Tags:
    """The scores p_WC of the W windows of one file."""

    file: str
    start_s_W: npt.NDArray[np.float64]
    end_s_W: npt.NDArray[np.float64]
    p_WC: npt.NDArray[np.float32]
    vocabulary: Vocabulary  # C classes
    hop_ms: int
    threshold: str = DEFAULT_THRESHOLD  # where none is given: a number, or the CSV of psl.tagging.thresholds

    def labels(self, threshold: float | str | None = None) -> list[Segment]:
        """The classes of each window above the threshold: a number, or the CSV of psl.tagging.thresholds.

        Without one, the thresholds that came with the model, or 0.5.
        """
        return list(labels(self._windows(), self._threshold_C(threshold), self.vocabulary))

    def events(self, threshold: float | str | None = None, rules: EventRules = EventRules()) -> list[Segment]:  # noqa: B008
        """Stretches of time in which a class is heard; thresholds are as for labels."""
        threshold_C = self._threshold_C(threshold)
        return events(self._windows(), threshold_C, self.vocabulary, hop_ms=self.hop_ms, rules=rules)

    def timeline(self, top: int = 5) -> str:
        """Lines to print: the classes with the highest scores over time."""
        return timeline(self._windows(), self.vocabulary, top)

    def _threshold_C(self, threshold: float | str | None) -> Thresholds:
        return read_thresholds(self.threshold if threshold is None else str(threshold), self.vocabulary)

    def _windows(self) -> Iterator[WindowScores]:
        for start_s, end_s, p_C in zip(self.start_s_W, self.end_s_W, self.p_WC, strict=True):
            yield WindowScores(self.file, round(start_s * 1000), round(end_s * 1000), p_C)


@dataclass(frozen=True)
class Tagger:
    """A model that is open, and the windows that it scores."""

    model: Model
    windowing: Windowing

    @property
    def vocabulary(self) -> Vocabulary:
        """The model's C classes."""
        return self.model.annotator.vocabulary

    def tag(self, path: Path | str) -> Tags:
        """The scores of one file; all of them are in memory. Raises PslError when it cannot be read."""
        recording, notes = Recording(str(path), Path(path).name), Notes()
        windows = [each for _, file in self.score([(0, recording)], notes) for each in file]
        if notes.failed:
            raise PslError(notes.failed[0])
        return Tags(
            recording.name,
            np.array([window.start_ms for window in windows]) / 1000,
            np.array([window.end_ms for window in windows]) / 1000,
            np.stack([window.p_C for window in windows]),
            self.vocabulary,
            self.windowing.hop_ms,
            self.model.threshold,
        )

    def score(
        self, recordings: Iterable[tuple[int, Recording]], notes: Notes
    ) -> Iterator[tuple[int, Iterator[WindowScores]]]:
        """See psl.tagging.scores.score_files."""
        return score_files(recordings, self.model, self.windowing, notes)


def load(
    model: Path | str, *, window_seconds: float | None = None, hop_seconds: float | None = None, device: Device = "auto"
) -> Tagger:
    """The model at a path, and windows of what it was trained on unless others are given (psl.tagging.windowing)."""
    opened = open_model(Path(model), device)
    return Tagger(opened, choose_windowing(opened, Path(model), window_seconds, hop_seconds))
