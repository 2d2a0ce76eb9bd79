"""The labels of a corpus's windows, read from the cache clip by clip."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.clips import Clips
from psl.annotators.inference.label_cache import LabelCache
from psl.io.labels.writer import LabelWriter


@dataclass(frozen=True)
class Labels:
    """The labels of some clips, in the cache."""

    clips: Clips
    keys: list[str]
    cache: LabelCache
    n_new: int  # clips that were not in the cache before

    def __getitem__(self, number: int) -> npt.NDArray[np.float32]:
        """p_WC of the clip of this number."""
        return self.cache.read(self.keys[number])

    def starts(self, number: int) -> npt.NDArray[np.int64]:
        """start_ms_W of the clip of this number."""
        return self.cache.starts(int(self.clips.duration_ms_N[number]))

    def sorted_numbers(self) -> list[int]:
        """The clips' numbers in the order of their ids, in which LabelWriter takes them."""
        numbers: list[int] = np.argsort(self.clips.clip_ids, kind="stable").tolist()
        return numbers

    def write(self, writer: LabelWriter) -> None:
        """Hand all labels to `writer`."""
        length_ms = self.cache.windowing.length_ms
        for number in self.sorted_numbers():
            writer.add(self.clips.clip_ids[number], self.starts(number), length_ms, self[number])
