"""MP3 files that do not say how long they are: their frames are counted, and a frame that says it is put before them.

libsndfile guesses the length of such a file from its first frames, and reads no further than its guess. With FFmpeg's
`-write_xing 0`, and out of a pipe, all are like that. As of every MP3 that says its length, the decoder then leaves out its own
delay, the first 529 samples.
"""

from typing import BinaryIO

KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
}
RATES_HZ = (44_100, 48_000, 32_000)  # of MPEG 1
VERSIONS = {0b11: 1, 0b10: 2, 0b00: 4}  # MPEG 1, 2 and 2.5, and what their rates are divided by
SYNC, LAYER_III, NO_CHECK_SUM, WIDEST = 0b111 << 5, 0b01 << 1, 1, 0b1110 << 4  # bits of a header's second and third byte
KIND = 0xFE, 0x0C  # those bits of them that are the same in all frames: version, layer, rate
SAYS_LENGTH, SAYS_IT_IN_VAIN = (b"Xing", b"Info"), b"VBRI"  # the latter is not understood by libsndfile
HEADER, TAG_END = 4, 42  # bytes of a frame, and where such a tag ends at the latest
HEAD_BYTES = 8192
HAS_FRAMES = 1  # of the tag's flags


def _sizes() -> dict[tuple[int, int], int]:
    """Bytes of a frame by the second and third byte of its header."""
    sizes = {}
    for version, divisor in VERSIONS.items():
        for second in (SYNC | version << 3 | LAYER_III | check for check in (0, NO_CHECK_SUM)):
            for third in range(0b1_0000, 0b1111_0000):
                if (rate := third >> 2 & 3) < len(RATES_HZ):
                    bits = KBITS[divisor == 1][(third >> 4) - 1] * (144_000 if divisor == 1 else 72_000)
                    sizes[second, third] = bits * divisor // RATES_HZ[rate] + (third >> 1 & 1)
    return sizes


SIZES = _sizes()


def with_length(file: BinaryIO) -> bytes | None:
    """The frames of `file` behind one that says how many they are; None where its first frame says so, or none is found.

    A last frame that is cut off is counted, too, so that reading to the end finds that it is not there.
    """
    file.seek(_id3_bytes(file))
    content = file.read(HEAD_BYTES)
    first = _next_frame(content, 0)
    if first is not None and any(tag in content[first : first + TAG_END] for tag in SAYS_LENGTH):
        return None
    content += file.read()
    first = _next_frame(content, 0)
    if first is not None and SAYS_IT_IN_VAIN in content[first : first + TAG_END]:
        first = _next_frame(content, first + 1)
    return None if first is None else _info_frame(content, first) + content[first:]


def _id3_bytes(file: BinaryIO) -> int:
    """Bytes of the ID3v2 tags that the file begins with."""
    end = 0
    while True:
        file.seek(end)
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            return end
        end += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def _info_frame(content: bytes, first: int) -> bytes:
    """A frame like the one at `first`, large enough for a tag Info that holds the number of frames."""
    second, third, fourth = content[first + 1] | NO_CHECK_SUM, WIDEST | content[first + 2] & KIND[1], content[first + 3]
    is_mpeg1, is_mono = second >> 3 & 3 == 0b11, fourth >> 6 == 0b11
    side_bytes = {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}[is_mpeg1, is_mono]
    tag = b"Info" + HAS_FRAMES.to_bytes(4) + _count(content, first).to_bytes(4)
    return (bytes((0xFF, second, third, fourth)) + bytes(side_bytes) + tag).ljust(SIZES[second, third], b"\0")


def _count(content: bytes, first: int) -> int:
    """Frames of the kind of that at `first`; what lies between and behind them is passed over."""
    frames, at, kind = 0, first, _kind(content, first)
    while True:
        while _kind(content, at) == kind:
            frames, at = frames + 1, at + SIZES[content[at + 1], content[at + 2]]
        found = _next_frame(content, at, kind)
        if found is None:
            return frames
        at = found


def _next_frame(content: bytes, at: int, kind: tuple[int, int] | None = None) -> int | None:
    """Where the next frame begins (of any kind, or of `kind`) that another one of its kind follows."""
    while (at := content.find(b"\xff", at)) >= 0:
        here = _kind(content, at)
        if here and kind in (None, here) and _kind(content, at + SIZES[content[at + 1], content[at + 2]]) == here:
            return at
        at += 1
    return None


def _kind(content: bytes, at: int) -> tuple[int, int] | None:
    """Version, layer and rate of the frame whose header stands there; None when there is none."""
    header = content[at : at + HEADER]
    if len(header) < HEADER or header[0] != 0xFF or (header[1], header[2]) not in SIZES:
        return None
    return header[1] & KIND[0], header[2] & KIND[1]
