"""What a person hears and sees of the rows of the queue: an excerpt around each window, as MP3 and spectrogram."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from psl.audio.decode import read_clip
from psl.audit.queue import QueueRow
from psl.audit.sound import RATE_HZ, mp3
from psl.audit.spectrogram import spectrogram
from psl.runtime.errors import PslError

CONTEXT_MS = 500  # on either side of a window
LONGEST_MS = 30_000  # of an excerpt
PAGE_BYTES = 7_000_000  # of all excerpts in base64: what is behind stays without


@dataclass(frozen=True)
class Excerpt:
    """Sound and picture as data URIs; the window is at these shares of its width."""

    sound: str
    picture: str
    start_ms: int
    end_ms: int
    window: tuple[float, float]


def excerpts(folder: Path, rows: Sequence[QueueRow], workers: int) -> dict[int, Excerpt]:
    """Those of the rows by their numbers, in their order as far as PAGE_BYTES go; unreadable ones are left out."""
    found, size = dict[int, Excerpt](), 0
    with ThreadPoolExecutor(workers) as pool:
        for row, excerpt in zip(rows, pool.map(partial(_excerpt, folder), rows), strict=True):
            size += len(excerpt.sound) + len(excerpt.picture) if excerpt else 0
            if excerpt and size <= PAGE_BYTES:
                found[row.row] = excerpt
    return found


def _excerpt(folder: Path, row: QueueRow) -> Excerpt | None:
    start_ms = max(row.start_ms - CONTEXT_MS, 0)
    end_ms = min(row.end_ms + CONTEXT_MS, start_ms + LONGEST_MS)
    try:
        x_T = read_clip(folder / row.file, start_ms / 1000, end_ms / 1000, RATE_HZ)
    except PslError:  # it could be read a moment ago
        return None
    end_ms = start_ms + len(x_T) * 1000 // RATE_HZ
    span = max(end_ms - start_ms, 1)
    window = (row.start_ms - start_ms) / span, min(1.0, (row.end_ms - start_ms) / span)
    return Excerpt(_uri("audio/mpeg", mp3(x_T)), _uri("image/png", spectrogram(x_T)), start_ms, end_ms, window)


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
