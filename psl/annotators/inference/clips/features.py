"""Clips as features: log-mel spectrograms of a feature store, for psl's own networks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import FeatureInput
from psl.annotators.inference.clips import Content, TimeAxis
from psl.io.features.store import FeatureStore, RowGroup, read_row_group
from psl.io.features.writer import mel_bytes
from psl.io.hashes import hash_bytes
from psl.runtime.errors import PslError


class FeatureClips:
    """The clips of a feature store; a psl.annotators.inference.clips.Clips."""

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._first_G = np.array([clips.start for clips in store.groups])
        self.input = FeatureInput(store.front_end_hash)
        self.axis = TimeAxis(store.front_end.sample_rate_hz, store.front_end.hop_length_samples)
        self.clip_ids = store.clip_ids
        self.duration_ms_N: npt.NDArray[np.int64] = store.duration_ms_N

    def hashes(self) -> list[str]:
        """Of their spectrograms."""
        hashes: list[str] = self._store.mel_hashes.to_pylist()
        return hashes

    def reader(self, numbers: Sequence[int]) -> "FeatureReader":
        """Reads each row group once."""
        rows_of: dict[int, list[int]] = {}
        for number, group in zip(numbers, np.searchsorted(self._first_G, numbers, "right") - 1, strict=True):
            row = self._store.row_groups[group].rows[number - self._store.groups[group].start]
            rows_of.setdefault(int(group), []).append(row)
        groups = tuple(self._store.row_groups[group]._replace(rows=tuple(rows)) for group, rows in rows_of.items())
        clips = tuple((self.clip_ids[number], self._store.mel_hashes[number].as_py()) for number in numbers)
        return FeatureReader(groups, clips, self._store.front_end.n_mels)

    def clips(self) -> Iterator[tuple[int, Content]]:
        """Each clip's number and mel_TF."""
        return self._store.clips()


@dataclass(frozen=True)
class FeatureReader:
    """Reads the spectrograms of some clips; a psl.annotators.inference.clips.Reader."""

    groups: tuple[RowGroup, ...]  # their rows are the clips, in this order
    clips: tuple[tuple[str, str], ...]  # id, and hash of its spectrogram
    n_mels: int

    def __call__(self) -> Iterator[Content]:
        """Raises PslError for features that are not those of the index."""
        clips = iter(self.clips)
        for group in self.groups:
            for mel_TF in read_row_group(group, self.n_mels):
                clip_id, mel_hash = next(clips)
                if hash_bytes(mel_bytes(mel_TF)) != mel_hash:
                    raise PslError(
                        f"the features of {clip_id} in {group.path} are not those of the index beside them: "
                        "run the features stage again"
                    )
                yield mel_TF
