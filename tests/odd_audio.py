"""Audio files whose headers say other than what is there, made from whole ones by a change of some bytes."""

import struct
from itertools import pairwise

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


def rifx_head(size: int, rate_hz: int, coding: int = 1) -> bytes:
    """What stands before the samples of 16 bits of a big-endian WAV."""
    sound = struct.pack(">IHHIIHH", 16, coding, 1, rate_hz, 2 * rate_hz, 2, 16)
    return b"RIFX" + bytes(4) + b"WAVEfmt " + sound + b"data" + struct.pack(">I", size)


LAYER_II_KBITS = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192)


def layer_ii(kbits: list[int], rate: int = 2) -> bytes:
    """Silent frames of MPEG 1 Layer II, mono, of these bit rates; `rate` is 48 kHz (1) or 32 kHz (2)."""
    heads = [bytes((0xFF, 0xFD, LAYER_II_KBITS.index(kbit) + 1 << 4 | rate << 2, 0xC0)) for kbit in kbits]
    sizes = [144_000 * kbit // (48_000, 32_000)[rate - 1] for kbit in kbits]
    return b"".join(head.ljust(size, b"\0") for head, size in zip(heads, sizes, strict=True))


def ogg_page(body: bytes, number: int, flags: int, samples: int) -> bytes:
    """A page of Ogg with one packet."""
    lengths = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = b"OggS\0" + struct.pack("<BqIII", flags, samples, 7, number, 0) + bytes((len(lengths),)) + lengths
    return with_checksum(head + body)


def flac_in_ogg(flac: bytes = FLAC) -> bytes:
    """FLAC of frames of 4,096 samples, one a page."""
    starts, total = [], int.from_bytes(flac[18:26]) & (1 << 36) - 1
    at = 4
    while not starts:
        is_last, at = flac[at] >> 7, at + 4 + int.from_bytes(flac[at + 1 : at + 4])
        starts = [at] if is_last else []
    blocks = flac[42 : starts[0]]
    for number in range(1, -(-total // 4096)):  # a frame's number is its fifth byte
        starts.append(flac.index(flac[at : at + 2], starts[-1] + 4))
        while flac[starts[-1] + 4] != number or flac[starts[-1] + 2] >> 4 not in (6, 7, flac[at + 2] >> 4):
            starts[-1] = flac.index(flac[at : at + 2], starts[-1] + 1)
    pages = [ogg_page(b"\x7fFLAC\1\0\0\1" + flac[:42], 0, 2, 0), ogg_page(blocks, 1, 0, 0)]
    for number, (start, end) in enumerate(pairwise([*starts, len(flac)]), 1):
        is_last = end == len(flac)
        pages.append(ogg_page(flac[start:end], number + 1, 4 * is_last, min(number * 4096, total)))
    return b"".join(pages)


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
    return ogg[:start] + with_checksum(ogg[start : start + 6] + n.to_bytes(8, "little") + ogg[start + 14 :])


def with_checksum(page: bytes) -> bytes:
    """A page of Ogg with the checksum that belongs to it."""
    page, check = bytearray(page[:22] + bytes(4) + page[26:]), 0
    for byte in page:
        check ^= byte << 24
        for _ in range(8):
            check = check << 1 ^ (0x104C11DB7 if check >> 31 else 0)
    page[22:26] = check.to_bytes(4, "little")
    return bytes(page)


def without_page(ogg: bytes) -> bytes:
    """Without a page in the middle."""
    pages = ogg_pages(ogg)
    middle = len(pages) // 2
    return ogg[: pages[middle]] + ogg[pages[middle + 1] :]


def with_damaged_page(ogg: bytes) -> bytes:
    """With another byte in a page in the middle."""
    at = ogg_pages(ogg)[len(ogg_pages(ogg)) // 2] + 300
    return ogg[:at] + bytes((ogg[at] ^ 0xFF,)) + ogg[at + 1 :]
