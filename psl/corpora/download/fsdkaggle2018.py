"""FSDKaggle2018: https://zenodo.org/record/2552860, 5 GB.

No checksums of it are known here.
"""

from psl.corpora.download.sources import archive

BASE_URL = "https://zenodo.org/record/2552860/files/"

PIECES = tuple(
    archive(f"FSDKaggle2018.{part}", BASE_URL, {f"FSDKaggle2018.{part}.zip": None})
    for part in ("meta", "doc", "audio_test", "audio_train")
)
