"""Audio files whose headers say other than what is there, made from whole ones by a change of some bytes."""

import struct

import numpy as np
from audio_containers import RATE, encoded

SECONDS = 10


def noise(seconds: float = SECONDS, channels: int = 1) -> np.ndarray:
    x_TD = np.random.default_rng(0).normal(0, 0.1, (int(seconds * RATE), channels)).astype(np.float32)
    return x_TD[:, 0] if channels == 1 else x_TD


WAV, FLAC = encoded(noise(), "WAV"), encoded(noise(), "FLAC")
VORBIS, OPUS = encoded(noise(), "OGG", "VORBIS"), encoded(noise(), "OGG", "OPUS")
MP3 = encoded(noise(), "MP3")


def wav_sizes(riff: int, data: int) -> bytes:
    """WAV with other sizes in its header."""
    return WAV[:4] + struct.pack("<I", riff) + WAV[8:40] + struct.pack("<I", data) + WAV[44:]


def flac_samples(n: int, flac: bytes = FLAC) -> bytes:
    """FLAC with another number of samples in its header."""
    rest = int.from_bytes(flac[18:26]) >> 36 << 36
    return flac[:18] + (rest | n).to_bytes(8) + flac[26:]


def mp3_counts(n_frames: int | None = None, n_bytes: int | None = None, mp3: bytes = MP3) -> bytes:
    """An MP3 with other numbers of frames and bytes in its tag."""
    at = mp3.index(b"Xing") + 8
    counts = [number if number is None else number.to_bytes(4) for number in (n_frames, n_bytes)]
    return mp3[:at] + (counts[0] or mp3[at : at + 4]) + (counts[1] or mp3[at + 4 : at + 8]) + mp3[at + 8 :]


def mp3_without_count(mp3: bytes = MP3) -> bytes:
    """An MP3 whose tag has no number of frames: what follows it in its frame moves up."""
    at, end = mp3.index(b"Xing"), mp3.index(b"\xff\xe3", 48)
    rest = mp3[at + 12 : end] + bytes(4)
    return mp3[: at + 7] + bytes((mp3[at + 7] & ~1,)) + rest + mp3[end:]


def ogg_pages(ogg: bytes) -> list[int]:
    """Where each page begins, and the file's end."""
    starts, at = [], ogg.find(b"OggS")
    while at >= 0:
        starts.append(at)
        at = ogg.find(b"OggS", at + 1)
    return [*starts, len(ogg)]


def ogg_samples(n: int, ogg: bytes) -> bytes:
    """Ogg whose last page states another number of samples, with the checksum that belongs to it."""
    start = ogg_pages(ogg)[-2]
    page = bytearray(ogg[start:])
    page[6:14], page[22:26] = n.to_bytes(8, "little"), bytes(4)
    check = 0
    for byte in page:
        check ^= byte << 24
        for _ in range(8):
            check = check << 1 ^ (0x104C11DB7 if check >> 31 else 0)
    page[22:26] = check.to_bytes(4, "little")
    return ogg[:start] + bytes(page)


def without_page(ogg: bytes) -> bytes:
    """Without a page in the middle."""
    pages = ogg_pages(ogg)
    middle = len(pages) // 2
    return ogg[: pages[middle]] + ogg[pages[middle + 1] :]


def with_damaged_page(ogg: bytes) -> bytes:
    """With another byte in a page in the middle."""
    at = ogg_pages(ogg)[len(ogg_pages(ogg)) // 2] + 300
    return ogg[:at] + bytes((ogg[at] ^ 0xFF,)) + ogg[at + 1 :]
