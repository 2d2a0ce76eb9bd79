"""A set that psl/corpora/synthetic builds in FSDKaggle2019's layout, read back by the reader of the real one."""

from dataclasses import replace
from pathlib import Path

from psl.config import SyntheticFSDKaggle2019
from psl.corpora.lists import fsdkaggle2019
from psl.corpora.synthetic.published_layout import build_published

SUBSETS = replace(fsdkaggle2019.SUBSETS, recordings=None)


def write(folder: Path, params: SyntheticFSDKaggle2019) -> None:
    """Build the set in `folder`/made, and write what psl.corpora.lists.fsdkaggle2019 writes beside it."""
    fsdkaggle2019.write(folder, build_published(folder, params, "fsdkaggle2019"))
