"""The parameters as frozen, closed types: an unknown key, a wrong unit or a contradiction is an error (psl/params_file.py words it)."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.params.base import Closed, Key
from psl.params.corpora import AudioSet, Corpus, Published, SoundscapeClips, Soundscapes, require_one_division
from psl.params.detect import Detect, Detector, Ensemble, Sized
from psl.params.features import FeaturesParams, FrontEndParams
from psl.params.leaks import Leaks
from psl.params.made import PROCEDURAL, FromBank, Made, MadeFSD50K, MadeFSDKaggle2018, MadeFSDKaggle2019
from psl.params.models import Annotate, Annotator, Architecture, Model, Student, WeakStudent, Window
from psl.params.scoring import Evaluate, LabelCounts
from psl.params.shards import ShardsParams
from psl.params.training import Course, TrainAnnotator, Training, TrainStudent
from psl.params.transfer import Transfer, TransferOf, check_transfers
from psl.schemas import NESTED_SUBSETS
from psl.windows import to_units

__all__ = [
    "PROCEDURAL",
    "Annotate",
    "Annotator",
    "Architecture",
    "AudioSet",
    "Corpus",
    "Course",
    "Detect",
    "Detector",
    "Ensemble",
    "Evaluate",
    "FeaturesParams",
    "FromBank",
    "FrontEndParams",
    "LabelCounts",
    "Leaks",
    "Made",
    "MadeFSD50K",
    "MadeFSDKaggle2018",
    "MadeFSDKaggle2019",
    "Params",
    "Published",
    "ShardsParams",
    "Sized",
    "SoundscapeClips",
    "Soundscapes",
    "TrainAnnotator",
    "TrainStudent",
    "Training",
    "Transfer",
    "TransferOf",
    "WeakStudent",
    "Window",
]

LEAST_COUNTED = 0.1  # the lowest of the label store's counts


class Params(Closed):
    """All of params.yaml."""

    corpora: dict[Key, Annotated[Corpus, Field(discriminator="kind")]]
    front_end: FrontEndParams
    features: FeaturesParams
    leaks: Leaks
    shards: ShardsParams
    windows: dict[Key, Window]
    students: dict[Key, Student]
    models: dict[Key, Model]
    train_annotator: TrainAnnotator
    annotate: Annotate
    train_student: TrainStudent
    label_counts: LabelCounts
    evaluate: Evaluate
    transfers: dict[Key, TransferOf]
    transfer: Transfer
    sizes: dict[Key, Sized]
    detectors: dict[Key, Detector]
    ensembles: dict[Key, Ensemble]
    detect: Detect

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        for key, window in self.windows.items():
            if self.students.get(key) != window or self.models.get(key) != window:
                raise ValueError(f"windows.{key} must stand in students and models too: let them merge it (`<<: *windows`)")
        for key, corpus in self.corpora.items():
            if isinstance(corpus, Soundscapes) and self.features.min_seconds > corpus.clip_seconds:
                raise ValueError(
                    f"features.min_seconds {self.features.min_seconds} is longer than the clips "
                    f"(corpora.{key}.clip_seconds {corpus.clip_seconds})"
                )
            longest = max(self.windows.items(), key=lambda item: item[1].seconds, default=None)
            if longest and isinstance(corpus, Soundscapes) and longest[1].seconds > corpus.clip_seconds:
                raise ValueError(
                    f"windows.{longest[0]}.seconds {longest[1].seconds} is longer than the clips (clip_seconds {corpus.clip_seconds})"
                )
        check_transfers(self.transfers, self.corpora, self.models)
        require_one_division(self.corpora)
        if NESTED_SUBSETS.index(self.train_annotator.subset) < NESTED_SUBSETS.index(self.annotate.subset):
            raise ValueError(f"train_annotator.subset {self.train_annotator.subset} is smaller than annotate.subset {self.annotate.subset}")
        lowest = min(*self.label_counts.thresholds, LEAST_COUNTED)
        if self.annotate.floor > lowest:
            raise ValueError(
                f"annotate.floor {self.annotate.floor} is above {lowest}, down to which labels are counted (label_counts.thresholds, "
                f"and {LEAST_COUNTED} in the label store): lower it"
            )
        return self

    @model_validator(mode="after")
    def _long_enough(self) -> "Params":
        frame_s = self.front_end.hop_samples / self.front_end.sample_rate_hz
        lengths = {f"windows.{key}.seconds": window.seconds for key, window in self.windows.items()} | {
            "transfer.crop_seconds": self.transfer.crop_seconds,
            "detect.window_seconds": self.detect.window_seconds,
        }
        hops = {f"windows.{key}.hop": window.hop for key, window in self.windows.items()} | {
            "transfer.hop_seconds": self.transfer.hop_seconds,
            "detect.hop_seconds": self.detect.hop_seconds,
        }
        for name, seconds in lengths.items():
            if seconds is not None and seconds < frame_s:
                raise ValueError(f"{name} {seconds} is shorter than a frame of the front end ({frame_s:g} s)")
        for name, seconds in hops.items():
            if seconds is not None and to_units(seconds, 1000) == 0:
                raise ValueError(f"{name} {seconds} comes to no millisecond, and windows are counted in whole ones: give 0.001 or more")
        return self

    @model_validator(mode="after")
    def _detection(self) -> "Params":
        given = {f"models.{key}": (key, item) for key, item in self.models.items()} | {
            f"sizes.{key}": (key, item) for key, item in self.sizes.items()
        }
        for name, (key, item) in given.items():
            if self.detectors.get(key) != item:
                raise ValueError(f"{name} must stand in detectors too: let it merge both (`<<: [*models, *sizes]`)")
        for key in self.detectors:
            if (key in self.models) == (key in self.sizes):
                raise ValueError(f"detectors.{key} must come from models or from sizes, and one key cannot come from both")
        for key, size in self.sizes.items():
            if size.labels not in self.students:
                raise ValueError(f"sizes.{key}.labels {size.labels} is no student: there are {', '.join(self.students)}")
        for key, ensemble in self.ensembles.items():
            unknown = [model for model in ensemble.models if model not in self.detectors]
            if unknown:
                raise ValueError(f"ensembles.{key}.models {unknown[0]} is no detector: there are {', '.join(self.detectors)}")
            if key in self.detectors:
                raise ValueError(f"ensembles.{key} has the name of a detector: choose another")
        if self.detect.shown not in self.detectors:
            raise ValueError(f"detect.shown {self.detect.shown} is no detector: there are {', '.join(self.detectors)}")
        if self.detect.corpus not in self.corpora:
            raise ValueError(f"detect.corpus {self.detect.corpus} is none of corpora: there are {', '.join(self.corpora)}")
        return self
