"""`psl tag` on one core against the bare decode, front end and forward: ratios in one run, for short and long files.

`python -m benchmarks.tagging`; target ≥ .90. The network is the default preset's, its windows are 2 s. The bare loop
has each file whole in memory, adds the two channels at once, and takes the best of several batch sizes; both take
turns, and the median counts. `--clock cpu` is for a busy machine; set OMP_NUM_THREADS=1 with it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
import soxr
import torch

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import SavedModel, save
from psl.config import FrontEndParams
from psl.config.file import read_params
from psl.features.log_mel import front_end
from psl.io.features.front_end import front_end_hash
from psl.io.metadata.vocabulary import Vocabulary
from psl.tagging.inputs import find_recordings
from psl.tagging.scores import Notes
from psl.tagging.tagger import Tagger, load

Clock = Callable[[], float]
CLASSES, SECONDS, RATE_HZ, BATCH_SIZES = 50, 2.0, 44_100, (8, 16, 32, 64)


def main() -> None:
    """Print seconds of audio per second of both, and the ratio, for many short files and a long one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=64, help="of ten seconds")
    parser.add_argument("--minutes", type=int, default=20, help="of the long file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--channels", type=int, choices=(1, 2), default=2)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    options = parser.parse_args()
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        tagger = load(_model(root / "model"), window_seconds=SECONDS, device="cpu")
        torch.set_num_threads(1)
        short = [
            _noise(root / f"short/{number}.flac", 1, options.channels, seed=number) for number in range(options.files)
        ]
        long = [_noise(root / "long/a.flac", 6 * options.minutes, options.channels, seed=0)]
        size = min(BATCH_SIZES, key=lambda size: _bare(tagger, short[:16], size, clock))
        for name, paths, seconds in (("short", short, 10 * len(short)), ("long", long, 60 * options.minutes)):
            pairs = [
                (_bare(tagger, paths, size, clock), _ours(tagger, root / name, clock)) for _ in range(options.rounds)
            ]
            bare, ours = (seconds / median(column) for column in zip(*pairs, strict=True))
            ratio = median(bare_s / ours_s for bare_s, ours_s in pairs)
            print(f"{name}: ours {ours:.0f}, bare {bare:.0f} s of audio a second, ratio {ratio:.3f}", flush=True)


def _ours(tagger: Tagger, folder: Path, clock: Clock) -> float:
    """Seconds that all scores of the files in a folder take."""
    began, notes = clock(), Notes()
    for _, windows in tagger.score(enumerate(find_recordings([str(folder)])), notes):
        for _ in windows:
            pass
    assert not notes.failed
    return clock() - began


def _bare(tagger: Tagger, paths: list[Path], size: int, clock: Clock) -> float:
    """Seconds of the same work without psl around it."""
    features, model = tagger.model.features, tagger.model.annotator
    assert features is not None and isinstance(model, SavedModel)
    began = clock()
    windows = chain.from_iterable(_windows(path, features) for path in paths)
    with torch.inference_mode():
        while batch := list(islice(windows, size)):
            model.network(torch.from_numpy(np.stack(batch).astype(np.float32)))
    return clock() - began


def _windows(path: Path, features: FrontEndParams) -> list[np.ndarray]:
    x_TD, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    x_T = x_TD[:, 0] if x_TD.shape[1] == 1 else (x_TD[:, 0] + x_TD[:, 1]) / 2
    mel_TF = front_end(features).log_mel(soxr.resample(x_T, rate_hz, features.sample_rate_hz))
    frames = int(SECONDS * features.sample_rate_hz) // features.hop_length_samples
    return [mel_TF[first : first + frames] for first in range(0, len(mel_TF) - frames, frames)]


def _model(folder: Path) -> Path:
    """The default's network, with its first weights."""
    params = read_params(Path("presets/default.yaml"))
    names = tuple(f"class {number}" for number in range(CLASSES))
    architecture = params.train_student.architecture
    network = build_network(CLASSES, architecture)
    about = {"vocabulary": Vocabulary(names, names), "trained_on": {}, "history_csv": ""}
    hash_of_features = front_end_hash(params.front_end)
    save(folder, network, architecture, params.front_end, front_end_hash=hash_of_features, **about)
    return folder


def _noise(path: Path, tens: int, channels: int, *, seed: int) -> Path:
    """Noise, `tens` times ten seconds."""
    path.parent.mkdir(exist_ok=True)
    x_TD = (np.random.default_rng(seed).standard_normal((10 * RATE_HZ, channels)) * 3000).astype(np.int16)
    with soundfile.SoundFile(path, "w", RATE_HZ, channels) as file:
        for _ in range(tens):
            file.write(x_TD)
    return path


if __name__ == "__main__":
    main()
