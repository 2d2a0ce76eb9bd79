"""Clips whose windows can be labelled: as features or as audio, read in any process."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Input
from psl.io.windows import fit_frames, frames_in

Content = npt.NDArray[Any]  # of one clip: mel_TF of features, x_T of audio


class TimeAxis(NamedTuple):
    """The steps of a clip's array: every `hop_samples` at `sample_rate_hz`; audio has a hop of 1."""

    sample_rate_hz: int
    hop_samples: int

    def steps(self, milliseconds: int) -> int:
        """Milliseconds as steps, halves rounded up."""
        return frames_in(milliseconds, self.sample_rate_hz, self.hop_samples)

    def window(self, content: Content, start_ms: int, length_ms: int) -> Content:
        """A window of a clip; a clip that is too short is repeated."""
        return fit_frames(content, self.steps(start_ms), self.steps(length_ms))


class Reader(Protocol):
    """Reads some clips, in the order in which they were asked for; it is small, and can be pickled."""

    def __call__(self) -> Iterator[Content]:
        """Raises PslError, naming the clip, for one that is no longer what it was."""


class Clips(Protocol):
    """N clips, numbered from 0."""

    @property
    def input(self) -> Input:
        """What their windows are, for an annotator."""

    @property
    def axis(self) -> TimeAxis:
        """The time axis of their arrays."""

    @property
    def clip_ids(self) -> list[str]:
        """N ids."""

    @property
    def duration_ms_N(self) -> npt.NDArray[np.integer]:
        """Their durations."""

    def hashes(self) -> list[str]:
        """N hashes of their content, the same for the same content."""

    def reader(self, numbers: Sequence[int]) -> Reader:
        """Reads the clips of these numbers, which ascend."""

    def clips(self) -> Iterator[tuple[int, Content]]:
        """Every clip's number and content, in the order of the numbers."""
