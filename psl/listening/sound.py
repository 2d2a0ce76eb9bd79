"""A stretch of sound as a small MP3, which every browser plays; the same samples give the same bytes."""

import io

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 22_050  # of excerpts
COMPRESSION = 0.8  # from 0 to 1: 40 kbit/s at RATE_HZ


def mp3(x_T: npt.NDArray[np.float32]) -> bytes:
    """The mono samples at RATE_HZ, made louder or quieter so that their peak is at half of full scale."""
    peak = float(np.abs(x_T).max(initial=0.0))
    level_T = x_T * (0.5 / peak) if peak > 0 else x_T
    handle = io.BytesIO()
    with soundfile.SoundFile(
        handle, "w", RATE_HZ, 1, "MPEG_LAYER_III", format="MP3", compression_level=COMPRESSION, bitrate_mode="CONSTANT"
    ) as file:
        file.write(level_T)
    return handle.getvalue()
