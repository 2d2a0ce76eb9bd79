"""What an annotator hears in some clips: the highest probability over each clip's windows, and on demand each window's.

`Heard` takes clips as psl.io.labels.writer.LabelWriter does, so whatever writes labels can be judged instead.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from psl.io.labels.soft_labels import Ints
from psl.runtime.errors import PslError

Floats32 = npt.NDArray[np.float32]


class Heard:
    """The probabilities of N clips, which are added in the order of `clip_ids`; `keep_windows` keeps those of windows.

    Memory holds N x C numbers, and W x C with the windows.
    """

    def __init__(self, clip_ids: Sequence[str], n_classes: int, *, keep_windows: bool = False) -> None:
        self.clip_ids = tuple(clip_ids)
        self._p_NC = np.empty((len(clip_ids), n_classes), np.float32)
        self._keep_windows, self._added = keep_windows, 0
        self._windows: list[Floats32] = []
        self._starts: list[Ints] = []
        self._durations: list[int] = []

    def add(self, clip_id: str, start_ms_W: Ints, duration_ms: int, p_WC: Floats32) -> None:
        """Add a clip's windows: their starts, their common duration, their probabilities.

        Raises PslError for another clip than the next, and for a probability that is NaN or outside 0 to 1.
        """
        if self.clip_ids[self._added : self._added + 1] != (clip_id,):
            due = f"{self.clip_ids[self._added]} is next" if self._added < len(self.clip_ids) else "all are there"
            raise PslError(
                f"clip {clip_id} was added where {due} of the {len(self.clip_ids)} validation clips: add each once, in "
                "the order of their ids"
            )
        if not (p_WC.min() >= 0 and p_WC.max() <= 1):
            raise PslError(
                f"the annotator gave clip {clip_id} a probability that is not a number from 0 to 1: check its weights "
                "and features"
            )
        self._p_NC[self._added] = p_WC.max(axis=0)
        self._added += 1
        if self._keep_windows:
            self._windows.append(p_WC)
            self._starts.append(np.asarray(start_ms_W, np.int64))
            self._durations.append(duration_ms)

    @property
    def p_NC(self) -> Floats32:
        """The maximum over each clip's windows. Raises PslError while clips are missing."""
        if self._added < len(self.clip_ids):
            raise PslError(f"{self._added} of {len(self.clip_ids)} validation clips were labelled: run calibrate again")
        return self._p_NC

    @cached_property
    def p_WC(self) -> Floats32:
        """The probabilities of all windows."""
        return np.concatenate(self._windows)

    @cached_property
    def clip_W(self) -> npt.NDArray[np.int64]:
        """Number of each window's clip, ascending."""
        return np.repeat(np.arange(self._added), [len(p_WC) for p_WC in self._windows])

    @cached_property
    def start_ms_W(self) -> npt.NDArray[np.int64]:
        """Start of each window."""
        return np.concatenate(self._starts)

    @cached_property
    def duration_ms_W(self) -> npt.NDArray[np.int64]:
        """Duration of each window."""
        return np.array(self._durations, np.int64)[self.clip_W]
