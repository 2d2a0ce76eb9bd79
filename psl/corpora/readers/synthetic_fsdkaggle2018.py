"""A set that psl/corpora/synthetic builds in FSDKaggle2018's layout, read back by the reader of the real one."""

from dataclasses import replace
from pathlib import Path

from psl.config import SyntheticFSDKaggle2018
from psl.corpora.lists import fsdkaggle2018
from psl.corpora.synthetic.published_layout import build_published

SUBSETS = replace(fsdkaggle2018.SUBSETS, recordings=None)


def write(folder: Path, params: SyntheticFSDKaggle2018) -> None:
    """Build the set in `folder`/made, and write what psl.corpora.lists.fsdkaggle2018 writes beside it."""
    fsdkaggle2018.write(folder, build_published(folder, params, "fsdkaggle2018"))
