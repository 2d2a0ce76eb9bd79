"""The cache of labels: a clip's probabilities are found by what they depend on, whatever clips were labelled beside it.

They depend on the annotator, the batch size, the windows and the content of the clip (see scorer.py), and on the code,
which the caller puts into the folder's name.
"""

from dataclasses import astuple
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.scorer import Windowing
from psl.io.hashes import hash_bytes, hash_json
from psl.io.keyed_shards import KeyedShards

SHARD = pa.schema([("key", pa.string()), ("p_WC", pa.binary())])  # float32 little endian, W x C, row major


class LabelCache:
    """The labels of one annotator in the shards in `folder`, for one batch size and windowing."""

    def __init__(self, folder: Path, annotator: Annotator, windowing: Windowing, inference_batch_size: int) -> None:
        self.shards = KeyedShards(folder, SHARD)
        self._n_classes = len(annotator.vocabulary)
        self._about = [
            annotator.weights_hash,
            list(map(str, astuple(annotator.input))),
            annotator.vocabulary.hash,
            inference_batch_size,
            windowing.length_ms,
        ]
        self.windowing = windowing
        self.starts = lru_cache(maxsize=None)(windowing.starts)  # many clips have the same duration
        self._windows_hash = lru_cache(maxsize=None)(self._hash_windows)

    def key(self, duration_ms: int, content_hash: str) -> str:
        """Where the labels of a clip with this content are found."""
        return hash_bytes(f"{self._windows_hash(duration_ms)} {content_hash}".encode())

    def refresh(self) -> None:
        """Find new shards."""
        for _ in self.shards.refresh():
            pass

    def read(self, key: str) -> npt.NDArray[np.float32]:
        """p_WC of a clip."""
        return np.frombuffer(self.shards.buffer(key, "p_WC"), "<f4").reshape(-1, self._n_classes)

    def _hash_windows(self, duration_ms: int) -> str:
        return hash_json([*self._about, self.starts(duration_ms).tolist()])
