"""Decode a recording of any length in blocks: the samples that psl.audio.decode.read_clip gives of the whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import soxr

from psl.audio import ffmpeg
from psl.audio.libsndfile import Block, open_recording
from psl.audio.mixing import channel_mean
from psl.runtime.errors import PslError

Item = TypeVar("Item")
MIN_RATE_HZ = 1000  # the lowest rate of a contract; what claims less is no recording of sound


@dataclass
class SampleStream:
    """The samples of a file, or of a part of it, at `rate_hz`, mono, in blocks x_T; iterate once.

    `name` stands in messages. Raises PslError when the file is missing, empty, damaged or of a rate that is none of
    sound, holds NaN or infinity, or needs FFmpeg, which is not installed.
    """

    path: str
    name: str
    rate_hz: int
    start_s: float = 0.0
    end_s: float | None = None  # None: the end of the file
    samples: int = 0  # that were given so far
    source_rate_hz: int = 0  # known from the first block on
    silent: bool = True  # so far every sample was 0

    def __iter__(self) -> Iterator[npt.NDArray[np.float32]]:
        resampler = None
        for (x_TD, rate_hz), is_last in with_last(self._blocks()):
            is_first = not self.source_rate_hz
            if is_first:
                self.source_rate_hz = self._usable(rate_hz)
            x_T = channel_mean(x_TD)
            if not np.isfinite(x_T).all() and not np.isfinite(x_TD).all():  # a sum of channels may overflow
                raise PslError(f"the audio file {self.name} holds samples that are NaN or infinite")
            if rate_hz == self.rate_hz:
                yield self._counted(x_T)
            elif is_first and is_last:  # a sixth less time than a stream of one block
                yield self._counted(soxr.resample(x_T, rate_hz, self.rate_hz, quality="HQ"))
            else:
                resampler = resampler or soxr.ResampleStream(rate_hz, self.rate_hz, 1, dtype="float32", quality="HQ")
                yield self._counted(resampler.resample_chunk(x_T, last=is_last))
        if not self.samples:
            raise PslError(f"the audio file {self.name} is empty")

    def _usable(self, rate_hz: int) -> int:
        if rate_hz < MIN_RATE_HZ:
            raise PslError(
                f"the audio file {self.name} states a sample rate of {rate_hz} Hz, with which the model cannot hear "
                f"anything: give a recording of {MIN_RATE_HZ} Hz or more"
            )
        return rate_hz

    def _counted(self, x_T: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self.samples += len(x_T)
        self.silent = self.silent and not x_T.any()
        return x_T

    def _blocks(self) -> Iterator[tuple[Block, int]]:
        """Samples (T, channels) at the recording's own rate, and that rate."""
        recording = open_recording(self.name, self.path)
        if recording is None:
            length_s = None if self.end_s is None else self.end_s - self.start_s
            yield from ffmpeg.segment_blocks(self.path, self.name, self.start_s, length_s)
            return
        with recording:
            yield from ((x_TD, recording.rate_hz) for x_TD in recording.blocks(self.start_s, self.end_s))


def with_last(items: Iterable[Item]) -> Iterator[tuple[Item, bool]]:
    """Each item, and whether it is the last.

    >>> list(with_last("ab"))
    [('a', False), ('b', True)]
    """
    rest = iter(items)
    for item in rest:
        for following in rest:
            yield item, False
            item = following
        yield item, True
