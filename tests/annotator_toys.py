"""Annotators of others as a person has them: a folder with a small ONNX model, its classes and its contract."""

import json

import numpy as np
from onnx_models import CHANNELS, KERNEL, N_CLASSES, STATED, random, tagger
from toy import FRONT_END

from psl.annotators.inspection import inspect, make_record
from psl.annotators.join_classes import join_classes
from psl.annotators.record import write_record
from psl.config import AnnotatorParams
from psl.config.annotators import Statement
from psl.config.class_join import ClassJoin
from psl.io.metadata.vocabulary import Vocabulary

CORPUS = Vocabulary(("/m/a", "/m/b", "/m/c"), ("Alarm", "Bell", "Cough"))
TEACHER = Vocabulary(("/m/z", "/m/c", "/m/a"), ("Zip", "Cough", "Alarm"))  # without /m/b, in another order


def model_folder(folder, *, vocabulary=TEACHER, **fixed):
    """A folder with toy.onnx, a tagger of waveforms, and classes.csv; it states nothing."""
    folder.mkdir(parents=True)
    tagger(folder / "toy.onnx", **fixed)
    vocabulary.write(folder / "classes.csv")
    return folder


def state(folder, *left_out, **fields):
    """Write annotator.yaml, with all that the toy does not say itself but for some fields."""
    stated = {name: value for name, value in (STATED | fields).items() if name not in left_out}
    (folder / "annotator.yaml").write_text(json.dumps(stated))  # which is YAML, too
    return folder


def params(source, contract=None, **fields):
    """Those of an ONNX annotator; `contract` as it stands in params.yaml."""
    statement = None if contract is None else Statement.model_validate(contract)
    return AnnotatorParams(**{"kind": "onnx", "source": str(source), "contract": statement, **fields})


def inspected(source, contract=None, **fields):
    """The opened annotator, and its contract."""
    return inspect("toy", params(source, contract, **fields), FRONT_END, "cpu")


def recorded(source, folder, *, corpus=CORPUS, **classes):
    """Write the record of the annotator at `source` into `folder`, as the stage annotator does; returns `folder`."""
    settings = params(source, classes=ClassJoin(**classes))
    annotator, contract = inspect("toy", settings, FRONT_END, "cpu")
    class_map = join_classes(corpus, annotator.vocabulary, settings.classes, "annotators.toy.classes")
    write_record(folder, make_record(settings, annotator, contract, class_map, front_end=FRONT_END))
    return folder


def by_hand(x_T):
    """p_K of the tagger for one window, in float64: the weights of tests/onnx_models.py, and no onnxruntime."""
    kernel_CT = random(CHANNELS, 1, KERNEL)[:, 0].astype(np.float64)
    starts = range(0, len(x_T) - KERNEL + 1, KERNEL // 2)
    mean_C = np.mean([np.abs(kernel_CT @ x_T[start : start + KERNEL]) for start in starts], axis=0)
    return 1 / (1 + np.exp(-mean_C @ random(CHANNELS, N_CLASSES, seed=1)))
