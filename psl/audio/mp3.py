"""MP3 files that do not state their length: count the frames, and put a frame in front that states the count.

libsndfile guesses the length of such a file from its first frames, and reads no further than its guess. FFmpeg writes
files like that with `-write_xing 0`, and always into a pipe. As with every MP3 that states its length, the decoder then
leaves out its own delay, the first 529 samples.
"""

from typing import BinaryIO

KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
}
RATES_HZ = (44_100, 48_000, 32_000)  # of MPEG 1
RATE_DIVISORS = {0b11: 1, 0b10: 2, 0b00: 4}  # of MPEG 1, 2 and 2.5, by the version bits
SYNC, LAYER_III, NO_CRC = 0b111 << 5, 0b01 << 1, 1  # bits of a header's second byte
MAX_BIT_RATE = 0b1110 << 4  # bits of its third byte
FORMAT_MASK = 0xFE, 0x0C  # the bits of both bytes that are the same in all frames: version, layer, rate
LENGTH_TAGS, VBRI_TAG = (b"Xing", b"Info"), b"VBRI"  # libsndfile does not understand the latter
HEADER_BYTES = 4
TAG_END = 42  # byte of a frame at which such a tag ends at the latest
PROBE_BYTES = 8192
HAS_FRAME_COUNT = 1  # a flag of the tag

FrameFormat = tuple[int, int]  # version, layer and rate: the second and third byte of a header under FORMAT_MASK


def _frame_sizes() -> dict[tuple[int, int], int]:
    """Bytes of a frame by the second and third byte of its header."""
    sizes = {}
    for version, divisor in RATE_DIVISORS.items():
        for second in (SYNC | version << 3 | LAYER_III | crc for crc in (0, NO_CRC)):
            for third in range(0b1_0000, 0b1111_0000):
                if (rate := third >> 2 & 3) < len(RATES_HZ):
                    bits = KBITS[divisor == 1][(third >> 4) - 1] * (144_000 if divisor == 1 else 72_000)
                    sizes[second, third] = bits * divisor // RATES_HZ[rate] + (third >> 1 & 1)
    return sizes


FRAME_SIZES = _frame_sizes()


def with_length(file: BinaryIO) -> bytes | None:
    """The frames of `file` behind one that states their number; None when the first does so already, or there is none.

    A truncated last frame is counted as well, so that reading to the end detects the truncation.
    """
    file.seek(_id3_bytes(file))
    content = file.read(PROBE_BYTES)
    first = _next_frame(content, 0)
    if first is not None and any(tag in content[first : first + TAG_END] for tag in LENGTH_TAGS):
        return None
    content += file.read()
    first = _next_frame(content, 0)
    if first is not None and VBRI_TAG in content[first : first + TAG_END]:
        first = _next_frame(content, first + 1)
    return None if first is None else _info_frame(content, first) + content[first:]


def _id3_bytes(file: BinaryIO) -> int:
    """Bytes of the ID3v2 tags at the beginning of the file."""
    end = 0
    while True:
        file.seek(end)
        head = file.read(10)
        if head[:3] != b"ID3" or len(head) < 10:
            return end
        end += 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def _info_frame(content: bytes, first: int) -> bytes:
    """A frame in the format of the one at `first`, large enough for an Info tag with the number of frames."""
    second, fourth = content[first + 1] | NO_CRC, content[first + 3]
    third = MAX_BIT_RATE | content[first + 2] & FORMAT_MASK[1]
    is_mpeg1, is_mono = second >> 3 & 3 == 0b11, fourth >> 6 == 0b11
    side_bytes = {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}[is_mpeg1, is_mono]
    tag = b"Info" + HAS_FRAME_COUNT.to_bytes(4) + _count_frames(content, first).to_bytes(4)
    return (bytes((0xFF, second, third, fourth)) + bytes(side_bytes) + tag).ljust(FRAME_SIZES[second, third], b"\0")


def _count_frames(content: bytes, first: int) -> int:
    """The number of frames in the format of the one at `first`; bytes between and after them are skipped."""
    n_frames, position, frame_format = 0, first, _format_at(content, first)
    while True:
        while _format_at(content, position) == frame_format:
            n_frames, position = n_frames + 1, position + FRAME_SIZES[content[position + 1], content[position + 2]]
        next_position = _next_frame(content, position, frame_format)
        if next_position is None:
            return n_frames
        position = next_position


def _next_frame(content: bytes, position: int, frame_format: FrameFormat | None = None) -> int | None:
    """Where the next frame (of `frame_format`, if given) begins that is followed by one of the same format."""
    while (position := content.find(b"\xff", position)) >= 0:
        here = _format_at(content, position)
        if here and frame_format in (None, here):
            size = FRAME_SIZES[content[position + 1], content[position + 2]]
            if _format_at(content, position + size) == here:
                return position
        position += 1
    return None


def _format_at(content: bytes, position: int) -> FrameFormat | None:
    """The format of the frame whose header is at `position`; None when there is none."""
    header = content[position : position + HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[0] != 0xFF or (header[1], header[2]) not in FRAME_SIZES:
        return None
    return header[1] & FORMAT_MASK[0], header[2] & FORMAT_MASK[1]
