"""An excerpt of a recording around a window, as MP3 and spectrogram in data URIs, and as many as a page can hold."""

import base64
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from psl.audio.decode import read_clip
from psl.listening.sound import RATE_HZ, mp3
from psl.listening.spectrogram import spectrogram

CONTEXT_MS = 500  # on either side of a window
LONGEST_MS = 30_000  # of an excerpt
PAGE_BYTES = 7_000_000  # of all excerpts in base64: what is behind stays without
Row = TypeVar("Row")


@dataclass(frozen=True)
class Excerpt:
    """Sound and picture as data URIs; `window` is where the window begins and ends, as shares of the excerpt."""

    sound: str
    picture: str
    start_ms: int
    end_ms: int
    window: tuple[float, float]


def excerpt_of(path: Path | str, window_start_ms: int, window_end_ms: int) -> Excerpt:
    """The excerpt around a window that lies at these milliseconds of the recording at `path`, a file or a locator.

    Raises PslError where it cannot be read.
    """
    start_ms = max(window_start_ms - CONTEXT_MS, 0)
    end_ms = min(window_end_ms + CONTEXT_MS, start_ms + LONGEST_MS)
    x_T = read_clip(path, start_ms / 1000, end_ms / 1000, RATE_HZ)
    end_ms = start_ms + len(x_T) * 1000 // RATE_HZ
    span = max(end_ms - start_ms, 1)
    window = (window_start_ms - start_ms) / span, min(1.0, (window_end_ms - start_ms) / span)
    return Excerpt(_uri("audio/mpeg", mp3(x_T)), _uri("image/png", spectrogram(x_T)), start_ms, end_ms, window)


def as_many_as_fit(
    rows: Mapping[int, Row], excerpt: Callable[[Row], Excerpt | None], workers: int
) -> dict[int, Excerpt]:
    """The excerpts of numbered rows, in their order as far as PAGE_BYTES go; rows without one are left out."""
    found, size = dict[int, Excerpt](), 0
    with ThreadPoolExecutor(workers) as pool:
        for number, made in zip(rows, pool.map(excerpt, rows.values()), strict=True):
            size += len(made.sound) + len(made.picture) if made else 0
            if made and size <= PAGE_BYTES:
                found[number] = made
    return found


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
