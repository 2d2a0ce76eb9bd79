"""The parameters as frozen, closed types: an unknown key, a wrong unit or a contradiction is an error (psl/params_file.py words it)."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.params.base import Closed, Key
from psl.params.corpora import AudioSet, Corpus, Published, SoundscapeClips, Soundscapes
from psl.params.features import FeaturesParams, FrontEndParams
from psl.params.models import Annotate, Annotator, Architecture, Model, Student, WeakStudent, Window
from psl.params.scoring import Evaluate, LabelCounts
from psl.params.shards import ShardsParams
from psl.params.training import TrainAnnotator, Training, TrainStudent
from psl.schemas import NESTED_SUBSETS

__all__ = [
    "Annotate",
    "Annotator",
    "Architecture",
    "AudioSet",
    "Corpus",
    "Evaluate",
    "FeaturesParams",
    "FrontEndParams",
    "LabelCounts",
    "Params",
    "Published",
    "ShardsParams",
    "SoundscapeClips",
    "Soundscapes",
    "TrainAnnotator",
    "TrainStudent",
    "Training",
    "WeakStudent",
    "Window",
]

LEAST_COUNTED = 0.1  # the lowest of the label store's counts


class Params(Closed):
    """All of params.yaml."""

    corpora: dict[Key, Annotated[Corpus, Field(discriminator="kind")]]
    front_end: FrontEndParams
    features: FeaturesParams
    shards: ShardsParams
    windows: dict[Key, Window]
    students: dict[Key, Student]
    models: dict[Key, Model]
    train_annotator: TrainAnnotator
    annotate: Annotate
    train_student: TrainStudent
    label_counts: LabelCounts
    evaluate: Evaluate

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        for key, window in self.windows.items():
            if self.students.get(key) != window or self.models.get(key) != window:
                raise ValueError(f"windows.{key} must stand in students and models too: let them merge it (`<<: *windows`)")
        for corpus in self.corpora.values():
            longest = max(self.windows.items(), key=lambda item: item[1].seconds, default=None)
            if longest and isinstance(corpus, Soundscapes) and longest[1].seconds > corpus.clip_seconds:
                raise ValueError(
                    f"windows.{longest[0]}.seconds {longest[1].seconds} is longer than the clips (clip_seconds {corpus.clip_seconds})"
                )
        if NESTED_SUBSETS.index(self.train_annotator.subset) < NESTED_SUBSETS.index(self.annotate.subset):
            raise ValueError(f"train_annotator.subset {self.train_annotator.subset} is smaller than annotate.subset {self.annotate.subset}")
        lowest = min(*self.label_counts.thresholds, LEAST_COUNTED)
        if self.annotate.floor > lowest:
            raise ValueError(
                f"annotate.floor {self.annotate.floor} is above {lowest}, down to which labels are counted (label_counts.thresholds, "
                f"and {LEAST_COUNTED} in the label store): lower it"
            )
        return self
