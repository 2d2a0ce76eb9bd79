"""A spectrogram as a small PNG without any text in it, written without a drawing library."""

import struct
import zlib

import numpy as np
import numpy.typing as npt

from psl.config import FrontEndParams
from psl.features.log_mel import front_end
from psl.listening.sound import RATE_HZ

WIDTH, BANDS, COLOURS, RANGE_DB = 320, 64, 32, 70.0
ANCHORS = ((8, 8, 32), (58, 20, 98), (140, 41, 99), (222, 90, 60), (249, 178, 60), (252, 252, 191))  # dark to bright
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def spectrogram(x_T: npt.NDArray[np.float32]) -> bytes:
    """A PNG, WIDTH by BANDS pixels, of samples at RATE_HZ: low frequencies below; RANGE_DB from dark to bright."""
    hop = max(1, -(-len(x_T) // WIDTH))
    mel_TF = front_end(_params(hop)).log_mel(x_T.astype(np.float32)).astype(np.float32)
    at_T = np.linspace(0, len(mel_TF) - 1, WIDTH).round().astype(int)
    relative_TF = 1 + (mel_TF[at_T] - mel_TF.max()) / RANGE_DB
    level_FT = np.clip(relative_TF * (COLOURS - 1), 0, COLOURS - 1).round().astype(np.uint8).T[::-1]
    return png(level_FT)


def _params(hop: int) -> FrontEndParams:
    return FrontEndParams(
        sample_rate_hz=RATE_HZ,
        n_fft=1024,
        win_length_samples=1024,
        hop_length_samples=hop,
        n_mels=BANDS,
        f_min_hz=0.0,
        f_max_hz=RATE_HZ / 2,
        dynamic_range_db=RANGE_DB,
    )


def png(level_YX: npt.NDArray[np.uint8]) -> bytes:
    """A picture of these levels below COLOURS, in the colours between ANCHORS (W3C's PNG: palette, no filter)."""
    height, width = level_YX.shape
    at = np.linspace(0, len(ANCHORS) - 1, COLOURS)
    columns = [np.interp(at, range(len(ANCHORS)), column) for column in zip(*ANCHORS, strict=True)]
    palette = np.stack(columns, axis=1).round().astype(np.uint8).tobytes()
    rows = np.hstack([np.zeros((height, 1), np.uint8), level_YX]).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return PNG_MAGIC + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
