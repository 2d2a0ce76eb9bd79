"""FSDKaggle2018 as it is published, read by psl/corpora/lists/fsdkaggle2018.py."""

from psl.corpora.lists.fsdkaggle2018 import SUBSETS, write

__all__ = ["SUBSETS", "write"]
