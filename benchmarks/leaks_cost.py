"""Hashing audio and the search for near duplicates against the features stage, on your corpora: CPU seconds.

`python -m benchmarks.leaks_cost`, after `dvc repro metadata`; `--hop 160` for another front end. Both together may cost
15 % of the features. CPU seconds of one worker, so other work on the machine counts little.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from psl.audio.hashes import hash_audio
from psl.config import Params
from psl.config.file import read_params
from psl.corpora.overlap.clips import read_catalog
from psl.corpora.overlap.near_duplicates import find_near_duplicates
from psl.features.extraction.extract import extract
from psl.io.metadata.manifest import read_manifest
from psl.runtime.runners.in_process import Serial

METADATA = Path("data/metadata")


def main() -> None:
    """Print seconds and the share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hop", type=int, help="samples; left out: as in params.yaml")
    options = parser.parse_args()
    if not METADATA.is_dir():
        print(f"left out: there is no {METADATA}, run `dvc repro metadata` first")
        return
    params = read_params(Path("params.yaml"))
    hop = params.front_end.hop_length_samples if options.hop is None else options.hop
    params = params.model_copy(update={"front_end": params.front_end.model_copy(update={"hop_length_samples": hop})})
    audio = sorted({path for corpus in params.corpora for path in _audio(METADATA / corpus)})
    with tempfile.TemporaryDirectory() as folder:
        _hash(audio)  # so that the files are in memory for all
        hash_s = _cpu_seconds(lambda: _hash(audio))
        features_s = _cpu_seconds(lambda: _features(Path(folder), params))
        near_s = _cpu_seconds(lambda: _near(Path(folder), params))
    print(
        f"{len(audio)} files, hop {hop}: features {features_s:.2f} s, hashes {hash_s:.2f} s, "
        f"near duplicates {near_s:.2f} s"
    )
    print(f"hashes and near duplicates: {(hash_s + near_s) / features_s:.1%} of the features (at most 15 %)")


def _audio(corpus: Path) -> list[str]:
    paths: list[str | None] = read_manifest(corpus)["path"].to_pylist()
    return [str(corpus / path) for path in paths if path]


def _hash(audio: list[str]) -> None:
    for path in audio:
        hash_audio(path)


def _features(folder: Path, params: Params) -> None:
    for corpus in params.corpora:
        places = METADATA / corpus, folder / corpus, folder / "shards"
        extract(*places, params.front_end, params=params.features, runner=Serial())


def _near(features: Path, params: Params) -> None:
    find_near_duplicates(features, read_catalog(METADATA, features, list(params.corpora)), params.leaks.near_distance)


def _cpu_seconds(work: Callable[[], None]) -> float:
    """Of all threads of this process, which does everything itself."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
