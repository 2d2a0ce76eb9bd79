"""FSDKaggle2019: https://zenodo.org/record/3612637, the noisy set in seven parts.

No checksums of it are known here.
"""

from psl.corpora.download.sources import archive

BASE_URL = "https://zenodo.org/record/3612637/files/"
NOISY = "FSDKaggle2019.audio_train_noisy"

PIECES = (
    *(
        archive(f"FSDKaggle2019.{part}", BASE_URL, {f"FSDKaggle2019.{part}.zip": None})
        for part in ("meta", "doc", "audio_test", "audio_train_curated")
    ),
    archive(NOISY, BASE_URL, {**{f"{NOISY}.z{part:02}": None for part in range(1, 7)}, f"{NOISY}.zip": None}),
)
