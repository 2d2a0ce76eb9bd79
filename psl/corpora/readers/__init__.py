"""Readers of corpora, one file for each `kind` of `corpora` in params.yaml: official lists become one manifest.

To add a corpus, write one file here; its name is the `kind`. It has `SUBSETS`, which says which subsets train and which
evaluate, and `write(folder, params)`, which writes manifest.parquet, classes.csv and what else the corpus has
(psl/io/schemas.py) into a folder, and raises PslError that names the line of a list at fault. `params` gives `source`,
the folder of the lists, and `audio`, that of the audio files; a corpus with more parameters has a type of its own in
psl/config/corpora.py. desed.py is an example.
"""

from importlib import import_module
from pathlib import Path

from psl.config import Corpus


def write_metadata(folder: Path, params: Corpus) -> None:
    """Write the corpus's metadata into `folder`, and beside it corpus.json, which says what its subsets are for."""
    reader = import_module(f"psl.corpora.readers.{params.kind}")
    reader.write(folder, params)
    reader.SUBSETS.write(folder)
