"""The corpus that psl/soundscapes builds, in AudioSet's layout, read back as AudioSet is."""

from pathlib import Path

from psl.cores import cores
from psl.corpora.audioset import write_corpus
from psl.params import Soundscapes
from psl.soundscapes.build import build_soundscapes


def write_soundscapes(folder: Path, params: Soundscapes) -> None:
    """Build audio and lists in `folder`, and write what `write_corpus` writes beside them."""
    build_soundscapes(params, folder, workers=cores())
    write_corpus(folder, folder / "lists", folder / "audio", params.clips.aud300h * params.clip_seconds / 3600, params.seed)
