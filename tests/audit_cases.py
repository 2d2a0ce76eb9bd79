"""A small annotator that hears tones, recordings of tones, and audits made of numbers alone."""

import zlib

import numpy as np
from annotator_toys import TEACHER, state
from onnx import helper
from onnx_models import RATE_HZ, save

from psl.audio.write import write_clip
from psl.audit.findings import Heard
from psl.audit.given import LabelledClip
from psl.audit.queue import QueueRow
from psl.audit.record import Record
from psl.audit.score import ClipScores
from psl.io.metadata.vocabulary import Vocabulary

HZ = {"Zip": 500, "Cough": 1000, "Alarm": 2000}  # the toy annotator's classes
KERNEL = 64


def listener(folder):
    """The folder of an ONNX model that hears each class as a tone of its own, in windows of any length."""
    folder.mkdir(parents=True)
    t = np.arange(KERNEL) / RATE_HZ
    tones = np.stack([np.sin(2 * np.pi * hz * t) for hz in HZ.values()])[:, None].astype(np.float32)
    weights = {
        "shape": np.array([0, 1, -1]),
        "kernel": tones,
        "slope": np.float32([2.0]),
        "offset": np.float32([-6.0]),
    }
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["channel"]),
        helper.make_node("Conv", ["channel", "kernel"], ["bands"], strides=[7]),
        helper.make_node("Abs", ["bands"], ["size"]),
        helper.make_node("ReduceMean", ["size"], ["mean"], axes=[2], keepdims=0),
        helper.make_node("Mul", ["mean", "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["y"]),
    ]
    save(folder / "toy.onnx", nodes, ["batch", "samples"], weights=weights)
    TEACHER.write(folder / "classes.csv")
    return state(folder)


def record(path, *seconds):
    """A recording with these classes in each of its seconds in turn, such as ("Zip", "Zip Alarm", "")."""
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(RATE_HZ) / RATE_HZ
    seed = zlib.crc32("/".join(path.parts[-2:]).encode())  # so that no two have the same bytes
    noise = np.random.default_rng(seed).normal(0, 0.001, (len(seconds), RATE_HZ))
    tones = [sum((0.3 * np.sin(2 * np.pi * HZ[name] * t) for name in names.split()), 0 * t) for names in seconds]
    write_clip(path, (np.stack(tones) + noise).ravel(), RATE_HZ)
    return path


def yard(folder):
    """Class folders with four recordings of each class; one of Alarm is a Zip, and one of Zip has an Alarm, too."""
    for name in HZ:
        for number in range(4):
            record(folder / name / f"{number}.wav", name, name)
    record(folder / "Alarm/3.wav", "Zip", "Zip")
    record(folder / "Zip/2.wav", "Zip", "Zip Alarm")
    return folder


CLASSES = Vocabulary(("/m/a", "b", "c"), ("Alarm", "b", "c"))


def heard(p_NWC, labels, *, vocabulary=CLASSES, looked_for=None):
    """Clips c0, c1 … with the scores of windows of a second, and their labels: ids by clip."""
    clips, scores = [], []
    for n, (p_WC, mids) in enumerate(zip(p_NWC, labels, strict=True)):
        p_WC = np.asarray(p_WC, np.float32)
        start_ms_W = 1000 * np.arange(len(p_WC))
        sought = None if looked_for is None else looked_for[n]
        clips.append(LabelledClip(f"c{n}.wav", f"c{n}.wav", 0.0, None, tuple(mids), sought))
        scores.append(ClipScores(start_ms_W, start_ms_W + 1000, p_WC, p_WC.max(axis=0)))
    return Heard(clips, scores, vocabulary)


def queue_row(row, file="-a.wav", *, start_ms=0, mid="/m/a", why="missing", surest=True, labelled="no"):
    """A row of the queue, of a second and the class Alarm unless said otherwise."""
    name = {"/m/a": "Alarm"}.get(mid, mid)
    return QueueRow(row, file, start_ms, start_ms + 1000, mid, name, 0.5, labelled, why, file, surest)


def record_of(*rows, **about):
    """The record of an audit with these rows."""
    written = {"siren": ["/m/a", "Alarm"], "b": ["b", "b"], "c": ["c", "c"]}
    known = {"written": written, "names": {"/m/a": "Alarm", "b": "b", "c": "c"}, "labels": None, "labels_hash": None}
    return Record({"folder": "in", "annotator": "toy", "rate_hz": 8000, **known, **about}, rows)
