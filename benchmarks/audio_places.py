"""Names against clips, and plain files by locator, as times of one run: 2 M names, 2 M clips; targets 60 s and 2 GiB.

`python -m benchmarks.audio_places --names 2000000`; with `--files 200000` that many empty files are made and walked,
too.
"""

import argparse
import base64
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from psl.audio.decode import read_clip
from psl.audio.places.names import accepted_stems
from psl.audio.places.search import Search, find_audio
from psl.audio.places.segments import Segment

ROOT = "/sets/audioset/unbalanced_train_segments/unbalanced_train_segments_part"


def main() -> None:
    """Print times and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=2_000_000)
    parser.add_argument("--files", type=int, default=0, help="empty files that are made and walked")
    asked = parser.parse_args()
    clips = _clips(asked.names)
    before = _peak_mib()
    search, seconds = _match(clips)
    found = sum(locator is not None for locator in search.matches().locators)
    print(f"{asked.names} names, {len(clips)} clips, {found} found: {seconds:.1f} s (target 60)")
    print(f"largest {_peak_mib():.0f} MiB, of which the list of clips {before:.0f} MiB (target 2048)")
    if asked.files:
        _walk(clips[: asked.files])
    _plain_files()


def _clips(count: int) -> list[Segment]:
    """Ids of YouTube's look, each with a start of its own."""
    random = np.random.default_rng(1)
    ids = (base64.urlsafe_b64encode(random.bytes(8)).decode().rstrip("=") for _ in range(count))
    return [Segment(name, start := 1000 * (n % 300), start + 10_000) for n, name in enumerate(ids)]


def _names(clips: list[Segment]) -> Iterator[tuple[str, str]]:
    """(stem, locator): one name for each clip, in every scheme in turn; every tenth belongs to no clip."""
    for n, clip in enumerate(clips):
        stems = accepted_stems(clip)
        stem = f"Y{clip.name[::-1]}_30.000" if n % 10 == 0 else stems[n % len(stems)]
        yield stem, f"{ROOT}{n % 41:02d}/{stem}.wav"


def _match(clips: list[Segment]) -> tuple[Search, float]:
    """All names against all clips, and the seconds that this took; making up the names does not count."""
    search, seconds = _timed(lambda: Search(clips))
    names = _names(clips)
    while some := list(islice(names, 100_000)):
        seconds += _timed(lambda some=some: [search.add(stem, ".wav", locator) for stem, locator in some])[1]
    return search, seconds


def _walk(clips: list[Segment]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for n, (stem, _) in enumerate(_names(clips)):
            part = Path(folder, f"part{n // 50_000:02d}")
            part.mkdir(exist_ok=True)
            (part / f"{stem}.wav").touch()
        matches, seconds = _timed(lambda: find_audio(Path(folder), clips))
    print(
        f"{len(clips)} files walked and matched: {seconds:.1f} s, "
        f"{sum(locator is not None for locator in matches.locators)} matches"
    )


def _plain_files() -> None:
    """The reader of clips against bare libsndfile on short WAV files, where opening is most of the work."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.wav")
        soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 16_000), 16_000)
        rounds = {
            "bare soundfile": lambda: soundfile.read(path, dtype="float32"),
            "read_clip": lambda: read_clip(path, 0.0, 1.0, 16_000),
        }
        for name, read in rounds.items():
            times = [_timed(read)[1] for _ in range(2000)]
            print(f"{name:15} {1e6 * float(np.median(times)):6.0f} µs a file of one second")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
