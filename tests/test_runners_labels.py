"""Labels are the same bytes whoever computes them: this process, threads, processes, Dask or Ray."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy import ARCHITECTURE, FRONT_END, VOCABULARY, toy_store

from psl.annotators.inference import annotate as annotation
from psl.annotators.inference.annotate import annotate
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import save
from psl.annotators.inference.scorer import Windowing
from psl.annotators.inspection import inspect, make_record
from psl.annotators.join_classes import join_classes
from psl.annotators.opened import Opener
from psl.annotators.record import write_record
from psl.config import AnnotatorParams
from psl.config.class_join import ClassJoin
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.labels.writer import LabelWriter
from psl.runtime.errors import PslError
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial
from psl.runtime.runners.processes import Processes


@pytest.fixture(scope="module")
def annotator(tmp_path_factory) -> Path:
    """The record of a saved network whose probabilities spread over (0, 1)."""
    folder = tmp_path_factory.mktemp("annotator") / "model"
    torch.manual_seed(1)
    network = build_network(3, ARCHITECTURE)
    with torch.no_grad():
        network.classifier[1].weight.mul_(100)
        for _ in range(30):
            network(torch.randn(16, 40, 32) * 20 - 50)
    save(
        folder,
        network,
        ARCHITECTURE,
        FRONT_END,
        front_end_hash=front_end_hash(FRONT_END),
        vocabulary=VOCABULARY,
        trained_on={},
        history_csv="",
    )
    return record_of(AnnotatorParams(kind="saved", source=str(folder)), folder.with_name("record"))


def record_of(params: AnnotatorParams, folder: Path) -> Path:
    """`folder`, with the record of an annotator of the toy's classes."""
    model, contract = inspect("a", params, FRONT_END, "cpu")
    class_map = join_classes(VOCABULARY, model.vocabulary, ClassJoin(), "annotators.a.classes")
    write_record(folder, make_record(params, model, contract, class_map, front_end=FRONT_END))
    return folder


def labels(store: FeatureStore, folder: Path, to: Path, runner: Runner) -> bytes:
    """Bytes of the labels by the annotator in `folder`, made in `to`."""
    with LabelWriter(to / "labels.parquet", VOCABULARY, 0.0, {}) as writer:
        how = dict(inference_batch_size=8, cache=to / "cache", runner=runner, opener=Opener(folder, "cpu"))
        annotate(FeatureClips(store), Windowing(400, 300, "shift"), how["opener"](), **how).write(writer)
    return (to / "labels.parquet").read_bytes()


def test_labels_are_the_same_bytes(runner, annotator, tmp_path, monkeypatch):
    monkeypatch.setattr(annotation, "SHARD_CLIPS", 16)
    store = toy_store(tmp_path / "features", clips=60, frames=(40, 23))
    expected = labels(store, annotator, tmp_path / "here", Serial())
    assert labels(store, annotator, tmp_path / "there", runner) == expected
    assert len(list((tmp_path / "there/cache").glob("*.arrow"))) == 4
    assert labels(store, annotator, tmp_path / "there", runner) == expected


def test_an_annotator_that_changed_is_refused(annotator, tmp_path):
    store = toy_store(tmp_path, clips=3)
    network = Opener(annotator, "cpu")()
    changed = replace(network, about={**network.about, "weights_hash": "other"})
    with pytest.raises(PslError, match="changed while"):
        opener = Opener(annotator, "cpu")
        how = dict(inference_batch_size=8, cache=tmp_path, runner=Processes(1), opener=opener)
        annotate(FeatureClips(store), Windowing(400, 300, "shift"), changed, **how)
    assert np.all([path.suffix != ".npy" for path in tmp_path.iterdir()])
