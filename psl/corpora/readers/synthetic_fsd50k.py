"""A set that psl/corpora/synthetic builds in FSD50K's layout, read back by the reader of the real one."""

from dataclasses import replace
from pathlib import Path

from psl.config import SyntheticFSD50K
from psl.corpora.lists import fsd50k
from psl.corpora.synthetic.published_layout import build_published

SUBSETS = replace(fsd50k.SUBSETS, recordings=None)


def write(folder: Path, params: SyntheticFSD50K) -> None:
    """Build the set in `folder`/made, and write what psl.corpora.lists.fsd50k writes beside it."""
    fsd50k.write(folder, build_published(folder, params, "fsd50k"))
