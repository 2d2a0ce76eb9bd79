"""What every command is given that tags recordings, and what it opens with that."""

from dataclasses import dataclass
from pathlib import Path

from psl.config.base import Device
from psl.runtime.cores import cores
from psl.runtime.progress import log
from psl.tagging.events import EventRules
from psl.tagging.inputs import find_recordings
from psl.tagging.run import Run
from psl.tagging.tagger import Tagger, load
from psl.tagging.thresholds import Thresholds, read_thresholds


@dataclass(frozen=True, kw_only=True)
class Request:
    """A model, recordings, and how they are heard; None is what was not given."""

    model: Path
    recordings: list[str]
    threshold: str | None  # a number or a file
    rules: EventRules
    window_seconds: float | None
    hop_seconds: float | None
    workers: int  # 0: one per core
    device: Device

    def open(self) -> Run:
        """The recordings, found, and the model. Raises PslError where one of them is not there, or is none."""
        recordings = find_recordings(self.recordings)
        tagger = load(self.model, window_seconds=self.window_seconds, hop_seconds=self.hop_seconds, device=self.device)
        return Run(tagger, recordings)

    def threshold_C(self, tagger: Tagger) -> Thresholds:
        """The threshold of each class: those given, or those that came with the model, which is said."""
        if self.threshold is None and tagger.model.thresholds is not None:
            log(f"thresholds are those of {tagger.model.thresholds}, which came with the model")
        return read_thresholds(self.threshold or tagger.model.threshold, tagger.vocabulary)

    def at_once(self) -> int:
        """How many recordings are heard at once."""
        return self.workers or cores()
