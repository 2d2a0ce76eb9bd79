"""A corpus of seconds with strong labels, and networks that detect them: a class is one loud band of frames."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from small_corpora import AUDIOSET_LAYOUT
from toy import FRONT_END, VOCABULARY

from psl.annotators.inference.network.saved_model import save
from psl.config import Params, Plugin
from psl.config.file import read_params
from psl.corpora.lists.writer import write_strong
from psl.io.features.front_end import front_end_hash
from psl.io.features.writer import write_features
from psl.io.metadata.manifest import write_manifest
from psl.io.schemas import MANIFEST
from tasks.stage import FEATURES, METADATA, TRAINED

FRAME_S, FRAMES, STEP_FRAMES = 0.04, 100, 5  # clips of four seconds
ARCHITECTURE = Plugin(name="bands")
DEFAULT = read_params(Path(__file__).parents[1] / "presets/default.yaml")
SCENES = METADATA / "scenes"
CLIPS = [f"clip{number:02}" for number in range(12)]
Event = tuple[str, float, float, str]


class Bands(torch.nn.Module):
    """Detects a class where its band is loud: probabilities .02 and .98, exact to the frame; a step is five frames."""

    def __init__(self, classes: int, architecture: Plugin) -> None:
        super().__init__()
        self.classes, self.slope = classes, torch.nn.Parameter(torch.tensor(0.2))

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        level_BTC = torch.stack([mel_BTF[:, :, 10 * c : 10 * c + 10].mean(2) for c in range(self.classes)], dim=2)
        p_BTC = torch.sigmoid(self.slope * (level_BTC + 40))
        steps_BTC = torch.nn.functional.avg_pool1d(p_BTC.transpose(1, 2), STEP_FRAMES, ceil_mode=True).transpose(1, 2)
        return p_BTC.mean(1), steps_BTC


def some_events() -> list[Event]:
    """Two events of different classes in each clip but the last, at whole steps; no two clips are alike."""
    rows = []
    for number, clip_id in enumerate(CLIPS[:-1]):
        first = 0.2 * (number % 8)
        rows.append((clip_id, round(first, 3), round(first + 1.0, 3), VOCABULARY.mids[number % 3]))
        rows.append((clip_id, round(first + 0.4, 3), round(first + 2.0, 3), VOCABULARY.mids[(number + 1) % 3]))
    return rows


def lay_out(events: list[Event], clips: list[str] = CLIPS, corpus: str = "scenes", subset: str = "eval") -> None:
    """Metadata and features of `clips` in the current folder; a clip without events has no labels."""
    metadata = METADATA / corpus
    labels = {clip_id: sorted({mid for clip, _, _, mid in events if clip == clip_id}) for clip_id in clips}
    rows = [(clip_id, None, 0.0, 4.0, subset, labels[clip_id], "one", None, None) for clip_id in clips]
    write_manifest(
        metadata, pa.Table.from_pylist([dict(zip(MANIFEST.names, row, strict=True)) for row in rows], MANIFEST)
    )
    AUDIOSET_LAYOUT.write(metadata)
    VOCABULARY.write(metadata / "classes.csv")
    write_strong(metadata, events)
    write_features(
        FEATURES / corpus / f"{subset}-00000.parquet",
        FRONT_END,
        [(clip, FRAMES * 640, mel_of(clip, events)) for clip in clips],
    )


def mel_of(clip_id: str, events: list[Event]) -> np.ndarray:
    """Quiet, and loud in the bands of the clip's events."""
    mel_TF = np.full((FRAMES, 32), -60, np.float16)
    for clip, onset_s, offset_s, mid in events:
        if clip == clip_id:
            band = 10 * VOCABULARY.index[mid]
            mel_TF[round(onset_s / FRAME_S) : round(offset_s / FRAME_S), band : band + 10] = -20
    return mel_TF


def save_bands(key: str, seed: int = 1, slope: float = 0.2, vocabulary=VOCABULARY) -> None:
    """A trained model in data/models; a negative slope detects the opposite."""
    model = Bands(len(vocabulary), ARCHITECTURE)
    model.slope.data = torch.tensor(slope)
    save(
        TRAINED / key / f"seed{seed}",
        model,
        ARCHITECTURE,
        FRONT_END,
        front_end_hash=front_end_hash(FRONT_END),
        vocabulary=vocabulary,
        trained_on={},
        history_csv="step\n",
    )


def params(**changes) -> Params:
    """The default parameters with the network's steps, no median filter, and `changes` of `detect`."""
    detect = (
        dict(
            scores="steps",
            window_seconds=None,
            hop_seconds=None,
            median_seconds=0.0,
            bootstrap_samples=40,
            collar_threshold=0.9,
        )
        | changes
    )
    return DEFAULT.model_copy(update={"detect": DEFAULT.detect.model_copy(update=detect)})


def evaluation_of(key: str) -> dict:
    """The report of a detector."""
    return json.loads(Path(f"reports/detect/{key}.json").read_text())
