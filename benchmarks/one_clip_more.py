"""100 clips more, and 100 fewer, against computing all: ratios of features and of annotation in one run.

`python -m benchmarks.one_clip_more`; target 3 %. The changed clips are scattered over the order of the ids. Annotation
is by the default preset's network, from opening the features to checking the labels. `--bank ../shared/audio/esc10
--windows-ms 5000 2000` takes real recordings.
"""

import argparse
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from benchmarks.features import Clip, audio_files, extract_features, seconds
from psl.annotators.inference.annotate import annotate, check_windows
from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.scorer import Windowing
from psl.config import FrontEndParams, Params
from psl.config.file import read_params
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.labels.reader import read_labels
from psl.io.labels.writer import LabelWriter
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.cores import cores
from psl.runtime.runners.in_process import Serial

CHANGED, CLASSES, BATCH_WINDOWS, SHIFT_S, CLIP_S = 100, 16, 64, 0.001, 10.0
Clips = dict[int, Clip]  # by number
Times = tuple[float, float]  # wall-clock seconds, and seconds of CPU
NAMES = tuple(f"class {number}" for number in range(CLASSES))


def main() -> None:
    """Print seconds, and ratios to those of all clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="of 100 clips more, then of 100 fewer")
    parser.add_argument("--hop", type=int, help="left out: of the default preset")
    parser.add_argument("--bank", type=Path, help="folder of audio files; left out: ten seconds of noise")
    parser.add_argument("--windows-ms", type=int, nargs="*", default=(10_000, 2000), help="no longer than all clips")
    options = parser.parse_args()
    params, rounds = read_params(Path("presets/default.yaml")), options.rounds
    hop = options.hop or params.front_end.hop_length_samples
    front_end = params.front_end.model_copy(update={"hop_length_samples": hop})
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = audio_files(root, options.bank, 12.0)
        clips = dict(enumerate(islice(_distinct(files), options.clips + CHANGED * rounds)))
        more = [_part(clips, 0, options.clips + CHANGED * number) for number in range(rounds + 1)]
        fewer = [_part(clips, CHANGED * (number + 1), len(clips)) for number in range(rounds)]
        corpora = [*more, *fewer]
        _print(f"features, hop {hop}", rounds, [seconds(partial(_extract, root, front_end, part)) for part in corpora])
        model = _model(params, front_end)
        for length_ms in options.windows_ms:
            times = []
            for part in corpora:
                features = _extract(root, front_end, part)
                times.append(seconds(partial(_annotate, root, features, model, length_ms)))
            _print(f"labels, {length_ms / 1000:g} s", rounds, times)


def _distinct(files: list[Path]) -> Iterator[Clip]:
    """Clips that share no features: of each file again and again, a millisecond later each time."""
    for number, path in enumerate(cycle(files)):
        start_s = number // len(files) * SHIFT_S
        yield Clip(path, start_s, start_s + CLIP_S)


def _part(clips: Clips, begin: int, end: int) -> Clips:
    return {number: clips[number] for number in range(begin, end)}


def _extract(root: Path, front_end: FrontEndParams, clips: Clips) -> Path:
    return extract_features(root, "corpus", clips, front_end, workers=cores())


def _model(params: Params, front_end: FrontEndParams) -> Annotator:
    import torch  # here, because each worker that computes features imports this module

    from psl.annotators.inference.network.build import build_network
    from psl.annotators.inference.network.saved_model import SavedModel, for_inference

    torch.manual_seed(0)
    network = for_inference(build_network(CLASSES, params.train_annotator.architecture).eval(), torch.device("cpu"))
    about = {"front_end_hash": front_end_hash(front_end), "weights_hash": "0"}
    return SavedModel("bench", network, Vocabulary(NAMES, NAMES), about)


def _annotate(root: Path, features: Path, model: Annotator, length_ms: int) -> None:
    """From opening the features to checking the labels, as the stage does it."""
    store, windowing = FeatureStore(features, ["full"]), Windowing(length_ms, length_ms, "shift")
    with LabelWriter(root / "labels.parquet", model.vocabulary, 0.0, {}) as writer:
        how = {"inference_batch_size": BATCH_WINDOWS, "cache": root / "labels", "runner": Serial()}
        annotate(FeatureClips(store), windowing, model, **how).write(writer)
    check_windows(read_labels(root / "labels.parquet"), store, windowing)


def _print(what: str, rounds: int, times: list[Times]) -> None:
    """The first of `times` is of all clips, then come `rounds` of 100 more, then as many of 100 fewer."""
    for unit, seconds_R in zip(("s", "s of CPU"), zip(*times, strict=True), strict=True):
        whole, more, fewer = seconds_R[0], median(seconds_R[1 : rounds + 1]), median(seconds_R[rounds + 1 :])
        print(
            f"{what:17} all {whole:6.1f}   {CHANGED} more {more:5.2f}, {more / whole:.1%}   "
            f"{CHANGED} fewer {fewer:5.2f}, {fewer / whole:.1%} {unit} (target 3 %)",
            flush=True,
        )


if __name__ == "__main__":
    main()
