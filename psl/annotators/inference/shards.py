"""One shard of annotation: a job names its clips, and a worker puts their labels into the cache, in any process."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clips import Reader, TimeAxis
from psl.annotators.inference.label_cache import SHARD
from psl.annotators.inference.scorer import Clip, Windowing, score_clips
from psl.io.keyed_shards import write_shard
from psl.runtime.errors import PslError
from psl.runtime.runners import shard_name


@dataclass(frozen=True, slots=True)
class ClipToLabel:
    """A clip whose labels are not cached."""

    key: str  # see LabelCache.key
    clip_id: str
    duration_ms: int


@dataclass(frozen=True, eq=False)
class Job:
    """Clips whose labels become one shard, and what reads them, in this order."""

    windowing: Windowing
    reader: Reader
    clips: tuple[ClipToLabel, ...]

    def __str__(self) -> str:
        return shard_name([clip.clip_id for clip in self.clips])


@dataclass(frozen=True)
class ShardWorker:
    """Computes a job's shard, in this process or another one."""

    axis: TimeAxis
    open_annotator: Callable[[], Annotator]
    weights_hash: str
    inference_batch_size: int
    cache: Path

    def __call__(self, job: Job) -> Path:
        """The shard with p_WC of the job's clips. Raises PslError when annotator or clips are not the job's."""
        annotator = _opened(self.open_annotator, self.weights_hash)
        if annotator.weights_hash != self.weights_hash:
            raise PslError(f"the annotator {annotator.name} changed while its labels were made: annotate again")
        labels = score_clips(
            map(Clip, job.reader(), (clip.duration_ms for clip in job.clips)),
            job.windowing,
            self.axis,
            annotator,
            inference_batch_size=self.inference_batch_size,
        )
        p_WC_of_clips = [np.ascontiguousarray(p_WC, "<f4").tobytes() for p_WC in labels]
        return write_shard(self.cache, SHARD, {"key": [clip.key for clip in job.clips], "p_WC": p_WC_of_clips})


@lru_cache(maxsize=1)
def _opened(open_annotator: Callable[[], Annotator], weights_hash: str) -> Annotator:
    """Opened once in each process; other weights are another annotator."""
    return open_annotator()
