"""Stage metadata@CORPUS: build or find the corpus, and write one manifest from its official lists."""

import shutil
from pathlib import Path

from psl.cores import cores
from psl.corpora.audioset import write_corpus
from psl.corpora.audioset_lists import OFFICIAL
from psl.files import write_whole_folder
from psl.params import AudioSet, Params, Soundscapes
from psl.soundscapes.build import build_soundscapes
from tasks.stage import METADATA, pick, run_key


def metadata(params: Params, key: str) -> None:
    """Write data/metadata/KEY."""
    corpus = pick(params.corpora, "corpora", key)
    with write_whole_folder(METADATA / key) as folder:
        if isinstance(corpus, Soundscapes):
            build_soundscapes(corpus, folder, workers=cores())
            write_corpus(folder, folder / "lists", folder / "audio", corpus.clips.aud300h * corpus.clip_seconds / 3600, corpus.seed)
        elif isinstance(corpus, AudioSet):
            write_corpus(folder, Path(corpus.lists), Path(corpus.audio), corpus.aud300h_hours, corpus.seed)
            _copy_lists(Path(corpus.lists), folder / "lists")


def _copy_lists(source: Path, target: Path) -> None:
    target.mkdir()
    for name in OFFICIAL:
        if (source / name).exists():
            shutil.copyfile(source / name, target / name)


if __name__ == "__main__":
    run_key("metadata", "corpus", metadata)
