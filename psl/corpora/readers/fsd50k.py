"""FSD50K as it is published, read by psl/corpora/lists/fsd50k.py."""

from psl.corpora.lists.fsd50k import SUBSETS, write

__all__ = ["SUBSETS", "write"]
