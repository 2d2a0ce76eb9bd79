"""The corpus that psl/corpora/synthetic builds, in AudioSet's layout, read back as AudioSet is."""

from pathlib import Path

from psl.config import Soundscapes
from psl.corpora.lists.audioset import LAYOUT, write_corpus
from psl.corpora.synthetic.soundscapes import build_soundscapes
from psl.io.metadata.subsets import Subsets
from psl.runtime.cores import cores

SUBSETS = Subsets(LAYOUT, recordings=None)


def write(folder: Path, params: Soundscapes) -> None:
    """Build audio and lists in `folder`, and write what `write_corpus` writes beside them."""
    build_soundscapes(params, folder, workers=cores())
    aud300h_hours = params.clips.aud300h * params.clip_seconds / 3600
    write_corpus(folder, folder / "lists", folder / "audio", aud300h_hours, seed=params.seed)
