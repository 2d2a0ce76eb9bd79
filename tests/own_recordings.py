"""A person's recordings: tones in class folders, tables that list them, and what `psl init` is given."""

import csv

import numpy as np
from params_files import DEFAULT, ROOT

from psl.audio.write import write_clip
from psl.corpora.custom.check import InitRequest
from psl.corpora.custom.clip_times import CustomClip

CLASS_LIST = ROOT.parent / "shared/metadata/audioset/class_labels_indices.csv"
ESC = ROOT.parent / "shared/audio/esc10"


def tone(path, number, seconds=0.5):
    """A recording whose bytes are `number`'s own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_clip(path, np.sin(np.arange(int(8_000 * seconds)) * (number + 1) / 99), 8_000)


def class_folders(folder, seconds=0.5):
    """Six recordings of three sources in each of two class folders."""
    for number in range(12):
        name = "Dog" if number % 2 else "rain drops"
        tone(folder / name / f"1-{number // 4}-{chr(65 + number)}.wav", number, seconds)
    return folder


def request(folder, labels=None, *, vocabulary=None, audioset_classes=None, ignore_unlisted=False):
    """What `psl init` is given."""
    return InitRequest(folder, labels, vocabulary, audioset_classes, ignore_unlisted)


def listed(folder):
    """A row `file,label` for each recording of the class folders."""
    files = sorted(path for path in folder.rglob("*.wav") if path.parent != folder)
    return [f"{path.relative_to(folder).as_posix()},{path.parent.name}" for path in files]


def table(folder, rows, header="file,labels"):
    """A table of labels beside the recordings."""
    path = folder.with_name("labels.csv")
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def clips_of(counts, seconds=1.0):
    """Clips by labels and source: {(labels, source): how many}."""
    return [
        CustomClip(f"{source}{labels}{number}.wav", tuple(labels), source, seconds)
        for (labels, source), count in counts.items()
        for number in range(count)
    ]


def default_params(folder):
    """A params.yaml with the default parameters."""
    path = folder / "params.yaml"
    path.write_text(DEFAULT.read_text())
    return path


def read_rows(path):
    """A CSV's rows by column."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
