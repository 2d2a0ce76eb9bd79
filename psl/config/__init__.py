"""The parameters as frozen, closed types: an unknown key, a wrong type or a contradiction is an error."""

from psl.config.annotate import Annotate
from psl.config.annotators import TRAINED_ANNOTATOR, AnnotatorEnsemble, AnnotatorParams
from psl.config.calibrate import Calibrate
from psl.config.corpora import AudioSet, Corpus, Published, SoundscapeClips, Soundscapes
from psl.config.detect import Detect, Ensemble
from psl.config.exports import Export
from psl.config.features import Channel, FeaturesParams, FrontEndParams
from psl.config.leaks import Leaks
from psl.config.params import Params
from psl.config.plugin import Plugin
from psl.config.scoring import Evaluate, LabelCounts
from psl.config.shards import ShardsParams
from psl.config.student_training import architecture_of, training_of
from psl.config.students import RECIPE, Student, annotator_of, has_own_recipe, subset_of
from psl.config.synthetic import (
    PROCEDURAL,
    FromBank,
    SyntheticFSD50K,
    SyntheticFSDKaggle2018,
    SyntheticFSDKaggle2019,
    SyntheticSet,
)
from psl.config.training import TrainAnnotator, Training, TrainingParams, TrainStudent
from psl.config.transfer import ANNOTATOR, Transfer, TransferTask

__all__ = [
    "ANNOTATOR",
    "PROCEDURAL",
    "RECIPE",
    "TRAINED_ANNOTATOR",
    "Annotate",
    "AnnotatorEnsemble",
    "AnnotatorParams",
    "AudioSet",
    "Calibrate",
    "Channel",
    "Corpus",
    "Detect",
    "Ensemble",
    "Evaluate",
    "Export",
    "FeaturesParams",
    "FromBank",
    "FrontEndParams",
    "LabelCounts",
    "Leaks",
    "Params",
    "Plugin",
    "Published",
    "ShardsParams",
    "SoundscapeClips",
    "Soundscapes",
    "Student",
    "SyntheticFSD50K",
    "SyntheticFSDKaggle2018",
    "SyntheticFSDKaggle2019",
    "SyntheticSet",
    "TrainAnnotator",
    "TrainStudent",
    "Training",
    "TrainingParams",
    "Transfer",
    "TransferTask",
    "annotator_of",
    "architecture_of",
    "has_own_recipe",
    "subset_of",
    "training_of",
]
