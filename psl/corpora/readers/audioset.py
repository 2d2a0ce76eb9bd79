"""AudioSet as it is published, read by psl/corpora/lists/audioset.py."""

from psl.corpora.lists.audioset import SUBSETS, write

__all__ = ["SUBSETS", "write"]
