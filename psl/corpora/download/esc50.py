"""ESC-50, a bank of recordings for synthetic corpora: https://github.com/karolpiczak/ESC-50, .6 GB, CC BY-NC.

The archive is made when it is asked for, so that no checksum is published.
"""

from psl.corpora.download.sources import archive

TARGET = "ESC-50-master"  # the archive's top folder, and the source of a corpus that is mixed from it
PIECES = (archive(TARGET, "https://github.com/karolpiczak/ESC-50/archive/", {"master.zip": None}),)
