"""The manifest of AudioSet's full list, with a file name for most clips: seconds of each step, and the peak of memory.

`python -m benchmarks.manifest`; targets for two million rows: under 60 s and under 2 GiB. A stand-in for the walk gives
the names, since two million real files would measure the file system; for the same reason nothing is hashed, opened or
asked for its time. Hashes are cached as in the stage.
"""

import argparse
import hashlib
import os
import random
import resource
import string
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from psl.audio import info_cache, read_info
from psl.audio.info_cache import file_info_cache
from psl.audio.places import folder
from psl.corpora.lists import audio_files, audioset, writer
from psl.corpora.lists.audioset_lists import BALANCED, CLASS_LIST, EVAL, UNBALANCED
from psl.io.metadata.clip_counts import count_found, found_lines
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.vocabulary import Vocabulary

CLASSES, SHORT_LIST_ROWS, FOLDER_FILES, FOUND = 527, 22_000, 50_000, 0.93
CHARACTERS = string.ascii_letters + string.digits + "-_"
STEPS = [
    (audioset, "read_segments"),
    (audioset, "draw_aud300h"),
    (audio_files, "find_audio"),
    (audio_files, "resolve_audio"),
    (writer, "write_manifest"),
]


def main() -> None:
    """Print the seconds of each step and of all, and the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=2_000_000, help="rows of the unbalanced list")
    options = parser.parse_args()
    spent: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as root:
        folders = _make(Path(root), options.clips)
        made_mib = _peak_mib()
        with (
            patch.object(folder, "files", lambda top, report: _files(top, folders)),
            patch.object(read_info, "hash_audio", lambda path: "0" * 32),
            patch.object(read_info, "duration_s", lambda path: 10.0),
            patch.object(
                info_cache, "_key", lambda path: hashlib.blake2b(path.encode(), digest_size=16).hexdigest().encode()
            ),
            file_info_cache(Path(root, "cache")),
        ):
            total = _timed("all", _run, spent)(Path(root), spent)
    for name, seconds in spent.items():
        print(f"{name:16} {seconds:6.1f} s")
    print(f"{total} clips; peak {_peak_mib():.0f} MiB, {made_mib:.0f} MiB of it before: {os.cpu_count()} cores")


def _run(root: Path, spent: dict[str, float]) -> int:
    for module, name in STEPS:
        setattr(module, name, _timed(name, getattr(module, name), spent))
    out = root / "out"
    out.mkdir()
    audioset.write_corpus(out, root / "lists", root / "audio", aud300h_hours=300.0, seed=1)
    manifest, classes = read_manifest(out), Vocabulary.read(out / "classes.csv")
    for line in found_lines(_timed("count_found", count_found, spent)(manifest, audioset.SUBSETS, classes)):
        print(line)
    return len(manifest)


def _make(root: Path, clips: int) -> list[list[str]]:
    """Lists in the official spelling; names of files, by folder, are kept in memory as os.listdir would give them."""
    rng = random.Random(1)
    (root / "lists").mkdir()
    (root / "audio").mkdir()
    mids = [f"/m/{number:06x}" for number in range(CLASSES)]
    Vocabulary(tuple(mids), tuple(mids)).write(root / "lists" / CLASS_LIST)
    names = []
    for name, rows in ((BALANCED, SHORT_LIST_ROWS), (EVAL, SHORT_LIST_ROWS), (UNBALANCED, clips)):
        with (root / "lists" / name).open("w") as file:
            file.write("# Segments csv created\n# num_ytids\n# YTID, start_seconds, end_seconds, positive_labels\n")
            for _ in range(rows):
                ytid, start = "".join(rng.choices(CHARACTERS, k=11)), rng.randrange(60) * 10
                file.write(
                    f'{ytid}, {start}.000, {start + 10}.000, "{",".join(rng.sample(mids, rng.randint(1, 4)))}"\n'
                )
                if rng.random() < FOUND:
                    names.append(rng.choice((f"Y{ytid}.wav", f"{ytid}_{start}.000_{start + 10}.000.flac")))
    return [names[first : first + FOLDER_FILES] for first in range(0, len(names), FOLDER_FILES)]


def _files(top: Path, folders: list[list[str]]) -> Iterator[tuple[str, str]]:
    """The files of these folders below `top`, as (folder, name)."""
    return ((str(top / str(number)), name) for number, names in enumerate(folders) for name in names)


def _timed(name: str, work: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*values: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = work(*values, **named)
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - began
        return result

    return timed


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
