"""FSDKaggle2019 as it is published, read by psl/corpora/lists/fsdkaggle2019.py."""

from psl.corpora.lists.fsdkaggle2019 import SUBSETS, write

__all__ = ["SUBSETS", "write"]
