"""Write a clip as 16-bit FLAC or WAV."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from psl.runtime.errors import PslError

FORMATS = {".flac": "FLAC", ".wav": "WAV"}
FULL_SCALE = 32_768  # of 16-bit samples, as libsndfile reads them


def write_clip(path: Path, x_T: npt.NDArray[np.floating], rate_hz: int) -> None:
    """Write mono samples in [-1, 1); samples beyond full scale are clipped. Same samples, same bytes.

    Raises PslError for a suffix that is not in FORMATS, and for samples that are NaN or infinite.
    """
    if path.suffix not in FORMATS:
        raise PslError(f"cannot write {path}: the name must end in {' or '.join(FORMATS)}")
    if not np.isfinite(x_T).all():
        raise PslError(f"cannot write {path}: there are samples that are NaN or infinite")
    sample_T = np.clip(np.rint(x_T * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    soundfile.write(path, sample_T, rate_hz, subtype="PCM_16", format=FORMATS[path.suffix])
