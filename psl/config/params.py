"""The parameters of the whole pipeline, and what one section demands of another."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.config.annotate import Annotate
from psl.config.annotators import AnnotatorEnsemble, AnnotatorParams, check_annotators, check_trained_here
from psl.config.base import Closed, Key
from psl.config.calibrate import Calibrate
from psl.config.corpora import Corpus, Soundscapes, require_one_division
from psl.config.cross_fitting import check_cross_fitting, trained_folders
from psl.config.detect import Detect, Ensemble
from psl.config.exports import Export, check_exports
from psl.config.features import FeaturesParams, FrontEndParams
from psl.config.leaks import Leaks
from psl.config.scoring import Evaluate, LabelCounts
from psl.config.shards import ShardsParams
from psl.config.student_training import architecture_of, check_training, training_of
from psl.config.students import Student, annotator_of, subset_of
from psl.config.training import TrainAnnotator, TrainStudent
from psl.config.transfer import ANNOTATOR, Transfer, TransferTask, check_transfers

LEAST_COUNTED = 0.1  # the lowest of the label store's counts


class Params(Closed):
    """All of params.yaml."""

    corpus: Key  # of corpora: the annotator and the students learn from it
    corpora: dict[Key, Annotated[Corpus, Field(discriminator="kind")]]
    front_end: FrontEndParams
    features: FeaturesParams
    leaks: Leaks
    shards: ShardsParams
    train_annotator: TrainAnnotator
    annotators: Annotated[dict[Key, AnnotatorParams], Field(min_length=1)]
    annotator_ensembles: dict[Key, AnnotatorEnsemble]
    annotate: Annotate
    calibrate: Calibrate
    students: Annotated[dict[Key, Student], Field(min_length=1)]
    train_student: TrainStudent
    label_counts: LabelCounts
    evaluate: Evaluate
    transfers: dict[Key, TransferTask]
    transfer: Transfer
    ensembles: dict[Key, Ensemble]
    detect: Detect
    exports: dict[Key, Export]

    @model_validator(mode="after")
    def _corpora(self) -> "Params":
        for name, key in (("corpus", self.corpus), ("detect.corpus", self.detect.corpus)):
            if key not in self.corpora:
                raise ValueError(f"{name} {key} is none of corpora: {', '.join(self.corpora)}")
        require_one_division(self.corpora)
        return self

    @model_validator(mode="after")
    def _annotators(self) -> "Params":
        check_annotators(self.annotators, self.annotator_ensembles, self.students)
        known = [*self.annotators, *self.annotator_ensembles]
        named = {f"students.{key}.annotator": student.annotator for key, student in self.students.items()}
        for name, wanted in {"annotate.annotator": self.annotate.annotator, **named}.items():
            if wanted is not None and wanted not in known:
                raise ValueError(f"{name} {wanted} is none of annotators: {', '.join(known)}")
        used = [key for key, annotator in self.annotators.items() if annotator.is_trained_here]
        if used and not self.train_annotator.enabled:
            raise ValueError(
                f"annotators.{used[0]} is the model of train_annotator, and train_annotator.enabled is false: "
                "set it to true, or take another annotator"
            )
        folders, one_seed = trained_folders(self.train_annotator), len(self.train_annotator.seeds) == 1
        for key in used:
            check_trained_here(key, self.annotators[key].source, folders, one_seed=one_seed)
        return self

    @model_validator(mode="after")
    def _students(self) -> "Params":
        if ANNOTATOR in self.students:
            raise ValueError(f"students.{ANNOTATOR} has the annotator's name: choose another")
        if "weak" in self.students and self.students["weak"].targets != "weak":
            raise ValueError("students.weak has the name of the weak labels: choose another, or targets: weak")
        targets = {student.targets for student in self.students.values() if student.subset is None}
        if "weak" not in targets:
            raise ValueError("students has none with targets: weak and no subset, the baseline of every table: add one")
        if targets == {"weak"}:
            raise ValueError(
                "students has none with window_seconds and no subset: add one, such as {window_seconds: 2.0, "
                "hop_seconds: 2.0}"
            )
        first: dict[Student, str] = {}
        for key, student in self.students.items():
            annotator, subset = annotator_of(student, self.annotate.annotator), subset_of(student, self.annotate.subset)
            network = {"architecture": architecture_of(self.train_student, student), "width": None}
            whole = student.model_copy(update={"annotator": annotator, "subset": subset, **network})
            if first.setdefault(whole, key) != key:
                raise ValueError(f"students.{key} and students.{first[whole]} are the same: keep one")
            check_training(key, student, self.train_student)
        check_cross_fitting(self)
        return self

    @model_validator(mode="after")
    def _clip_lengths(self) -> "Params":
        corpus = self.corpora[self.corpus]
        if not isinstance(corpus, Soundscapes):
            return self
        if self.features.min_seconds > corpus.clip_seconds:
            raise ValueError(
                f"features.min_seconds {self.features.min_seconds} is longer than the clips "
                f"(corpora.{self.corpus}.clip_seconds {corpus.clip_seconds})"
            )
        for key, student in self.students.items():
            if student.window_seconds and student.window_seconds > corpus.clip_seconds:
                raise ValueError(
                    f"students.{key}.window_seconds {student.window_seconds} is longer than the clips "
                    f"(corpora.{self.corpus}.clip_seconds {corpus.clip_seconds})"
                )
        return self

    @model_validator(mode="after")
    def _counted(self) -> "Params":
        lowest = min(*self.label_counts.thresholds, LEAST_COUNTED)
        if self.annotate.min_probability > lowest:
            raise ValueError(
                f"annotate.min_probability {self.annotate.min_probability} is above {lowest}, "
                f"down to which labels are counted (label_counts.thresholds, and {LEAST_COUNTED} in the "
                "label store): lower it"
            )
        return self

    @model_validator(mode="after")
    def _long_enough(self) -> "Params":
        frame_s = self.front_end.hop_length_samples / self.front_end.sample_rate_hz
        lengths = {f"students.{key}.window_seconds": student.window_seconds for key, student in self.students.items()}
        lengths |= {
            "transfer.crop_seconds": self.transfer.crop_seconds,
            "train_annotator.crop_seconds": self.train_annotator.crop_seconds,
            "train_student.crop_seconds": self.train_student.crop_seconds,
            "detect.window_seconds": self.detect.window_seconds,
            "evaluate.window_seconds": self.evaluate.window_seconds,
        }
        hops = {f"students.{key}.hop_seconds": student.hop_seconds for key, student in self.students.items()}
        hops |= {f"{name}.hop_seconds": getattr(self, name).hop_seconds for name in ("transfer", "detect", "evaluate")}
        for name, seconds in lengths.items():
            if seconds is not None and seconds < frame_s:
                raise ValueError(f"{name} {seconds} is shorter than a frame of the front end ({frame_s:g} s)")
        for name, seconds in hops.items():
            if seconds is not None and seconds < frame_s:
                raise ValueError(
                    f"{name} {seconds} is finer than a frame of the front end ({frame_s:g} s): windows would repeat"
                )
        return self

    @model_validator(mode="after")
    def _models(self) -> "Params":
        models = [ANNOTATOR, *self.students]
        check_transfers(self.transfers, self.corpora, models if self.train_annotator.enabled else [*self.students])
        for key, ensemble in self.ensembles.items():
            unknown = [model for model in ensemble.models if model not in models]
            if unknown:
                raise ValueError(
                    f"ensembles.{key}.models {unknown[0]} is none of {', '.join(models)}: take it out of the ensemble, "
                    "too, or remove the ensemble where one model would be left"
                )
            if key in models:
                raise ValueError(f"ensembles.{key} has the name of a model: choose another")
        if self.detect.plotted_detector not in models:
            raise ValueError(f"detect.plotted_detector {self.detect.plotted_detector} is none of {', '.join(models)}")
        return self

    @model_validator(mode="after")
    def _exports(self) -> "Params":
        labels = self.annotators.get(self.annotate.annotator)
        trained_here = {ANNOTATOR: self.train_annotator.seeds} if labels and labels.is_trained_here else {}
        students = {key: training_of(self.train_student, student).seeds for key, student in self.students.items()}
        check_exports(self.exports, trained_here | students)
        return self
