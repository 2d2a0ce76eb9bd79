"""MP3 files that do not state their length, or another one: count the frames, and state the count in front.

Files of MPEG's Layers I and II, which are found under the same names, can state none, and libsndfile takes their first
frame's size for that of all: see `_repeated`.

libsndfile believes the tag Xing or Info in the first frame, and guesses the length of a file without one; it reads no
further than either. FFmpeg writes files without a length with `-write_xing 0`, and always into a pipe. As with every
MP3 that states its length, the decoder then leaves out its own delay, the first 529 samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import BinaryIO

from psl.audio.layouts.layout import Layout, Part, id3_bytes
from psl.audio.spliced import Piece

LAYER_I, LAYER_II, LAYER_III = 0b11, 0b10, 0b01  # as headers code them
KBITS = {  # by layer, and whether it is MPEG 1 or one of MPEG 2 and 2.5
    (LAYER_III, True): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (LAYER_III, False): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (LAYER_II, True): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (LAYER_II, False): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (LAYER_I, True): tuple(range(32, 449, 32)),
    (LAYER_I, False): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
}
SAMPLES = {(LAYER_III, True): 1152, (LAYER_III, False): 576}  # of a frame
SAMPLES |= {(layer, is_mpeg_1): {LAYER_I: 384, LAYER_II: 1152}[layer] for layer, is_mpeg_1 in list(KBITS)[2:]}
SLOT_BYTES = {LAYER_I: 4}  # by which a frame can be longer; in other layers 1
RATES_HZ = (44_100, 48_000, 32_000)  # of MPEG 1
RATE_DIVISORS = {0b11: 1, 0b10: 2, 0b00: 4}  # of MPEG 1, 2 and 2.5, by the version bits
SYNC, NO_CRC = 0b111 << 5, 1  # bits of a header's second byte
MAX_BIT_RATE = 0b1110 << 4  # bits of its third byte
FORMAT_MASK = 0xFE, 0x0C  # the bits of both bytes that are the same in all frames: version, layer, rate
MONO = 0b11  # the highest bits of the fourth byte
LENGTH_TAGS, VBRI_TAG = (b"Xing", b"Info"), b"VBRI"  # libsndfile does not understand the latter
SIDE_BYTES = {(True, False): 32, (True, True): 17, (False, False): 17, (False, True): 9}  # by MPEG 1, mono
HEADER_BYTES = 4
MARK = b"\xff"  # with which frames begin
TAG_END = 42  # byte of a frame at which such a tag ends at the latest
HAS_FRAME_COUNT, HAS_BYTE_COUNT = 1, 2  # flags of the tag
COUNTED_TAG = 1  # frames too many, where a writer counted the tag's own
MAX_STRAY_SHARE = 0.01  # of bytes that are not of frames, beyond which libmpg123 complains
CHAIN = 4  # frames one after the other that are no accident

FrameFormat = tuple[int, int, bool]  # second and third byte of a header under FORMAT_MASK, and whether it is mono


def _frame_sizes() -> dict[tuple[int, int], int]:
    """Bytes of a frame by the second and third byte of its header."""
    sizes = {}
    for (version, divisor), layer, crc in product(RATE_DIVISORS.items(), (LAYER_I, LAYER_II, LAYER_III), (0, NO_CRC)):
        kind, slot = (layer, divisor == 1), SLOT_BYTES.get(layer, 1)
        for third in range(0b1_0000, 0b1111_0000):
            if (rate := third >> 2 & 3) < len(RATES_HZ):
                bits = KBITS[kind][(third >> 4) - 1] * 1000 * SAMPLES[kind] * divisor
                slots = bits // (8 * slot * RATES_HZ[rate]) + (third >> 1 & 1)
                sizes[SYNC | version << 3 | layer << 1 | crc, third] = slots * slot
    return sizes


FRAME_SIZES = _frame_sizes()


@dataclass(frozen=True)
class Tag:
    """What the first frame says of those after it; 0 for what it does not say."""

    is_vbri: bool
    head: bytes  # of its frame, up to the flags
    flags: int
    n_frames: int
    n_bytes: int  # of all frames, its own included
    rest: bytes  # of its frame, after the counts


@dataclass
class Frames:
    """The frames of sound: how many, in which ranges of the file, and whether others follow that do not match.

    The last of them lacks `missing` bytes.
    """

    n: int
    ranges: list[tuple[int, int]]
    other_follow: bool = False
    missing: int = 0


def layout(file: BinaryIO) -> Layout:
    """The frames of `file` behind one that states their number; the file as it is where it does so, or has none.

    A truncated last frame is counted as well, so that reading to the end detects the truncation.
    """
    start = id3_bytes(file)
    file.seek(start)
    content = file.read()
    first = _next_frame(content, 0)
    if first is None:
        return Layout((Part(),), is_mpeg=True)
    if content[first + 1] >> 1 & 3 != LAYER_III:
        return _repeated(content, start, first)
    tag, frame_format = _tag(content, first), _format_at(content, first)
    sound = first if tag is None else first + _size_at(content, first)
    frames = _frames(content, sound, frame_format)
    cut = _cut(tag, frames, len(content) - first)
    is_right = tag and not tag.is_vbri and tag.n_frames == frames.n and len(frames.ranges) == 1
    if tag and is_right and abs(tag.n_bytes - (len(content) - first)) <= MAX_STRAY_SHARE * tag.n_bytes:
        return Layout((Part(cut=cut),), is_mpeg=True)
    head = _info_frame(content, first, frames.n) if tag is None or tag.is_vbri else _corrected(tag, frames)
    pieces: tuple[Piece, ...] = (head, *((start + here, start + end) for here, end in frames.ranges))
    return Layout((Part(pieces, cut),), is_mpeg=True)


def _repeated(content: bytes, start: int, first: int) -> Layout:
    """The frames of Layer I or II from `first` on, again and again until they are as long as libsndfile takes them for.

    It takes all frames to be of the first one's size, and reads no further than that. Byte 0 of the content is `start`
    of the file.
    """
    frames = _frames(content, first, _format_at(content, first))
    n_bytes = sum(end - here for here, end in frames.ranges)
    times = -(-frames.n * _size_at(content, first) // n_bytes)
    pieces: tuple[Piece, ...] = tuple((start + here, start + end) for here, end in frames.ranges)
    n_whole = frames.n - (frames.missing > 0)
    samples = n_whole * SAMPLES[content[first + 1] >> 1 & 3, content[first + 1] >> 3 & 3 == 0b11]
    cut = "is damaged: its last frame is incomplete" if frames.missing else _cut(None, frames, len(content))
    return Layout((Part(pieces * times, cut, samples=samples),), is_mpeg=True)


def _tag(content: bytes, first: int) -> Tag | None:
    """The tag in the frame at `first`; None when that is a frame of sound."""
    frame = content[first : first + _size_at(content, first)]
    at = max(frame[:TAG_END].find(name) for name in (*LENGTH_TAGS, VBRI_TAG))
    if at < 0:
        return None
    if frame[at : at + 4] == VBRI_TAG:
        return Tag(
            True, b"", 0, int.from_bytes(frame[at + 14 : at + 18]), int.from_bytes(frame[at + 10 : at + 14]), b""
        )
    flags, counts, position = int.from_bytes(frame[at + 4 : at + 8]), [0, 0], at + 8
    for number, flag in enumerate((HAS_FRAME_COUNT, HAS_BYTE_COUNT)):
        if flags & flag:
            counts[number], position = int.from_bytes(frame[position : position + 4]), position + 4
    return Tag(False, frame[: at + 4], flags, counts[0], counts[1], frame[position:])


def _cut(tag: Tag | None, frames: Frames, n_bytes: int) -> str | None:
    """Why sound is missing; a count of frames that is too high is an error of the writer if no byte is missing."""
    if frames.other_follow:
        return "goes on with frames of another sample rate or number of channels, which are not read: encode it anew"
    if tag and tag.n_frames > frames.n + COUNTED_TAG and not 0 < tag.n_bytes <= n_bytes:
        return f"is damaged: its header promises {tag.n_frames} frames, and {frames.n} are there"
    return None


def _corrected(tag: Tag, frames: Frames) -> bytes:
    """The tag's frame with the true counts; what else it says, such as the encoder's delay, stays."""
    size = len(tag.head) + 4 + len(tag.rest) + 4 * (tag.flags & (HAS_FRAME_COUNT | HAS_BYTE_COUNT)).bit_count()
    n_bytes = size + sum(end - first for first, end in frames.ranges)
    counts = frames.n.to_bytes(4) + (n_bytes.to_bytes(4) if tag.flags & HAS_BYTE_COUNT else b"")
    return (tag.head + (tag.flags | HAS_FRAME_COUNT).to_bytes(4) + counts + tag.rest)[:size]


def _info_frame(content: bytes, first: int, n_frames: int) -> bytes:
    """A frame in the format of the one at `first`, large enough for an Info tag with the number of frames."""
    second, fourth = content[first + 1] | NO_CRC, content[first + 3]
    third = MAX_BIT_RATE | content[first + 2] & FORMAT_MASK[1]
    side_bytes = SIDE_BYTES[second >> 3 & 3 == 0b11, fourth >> 6 == MONO]
    tag = LENGTH_TAGS[1] + HAS_FRAME_COUNT.to_bytes(4) + n_frames.to_bytes(4)
    return (bytes((0xFF, second, third, fourth)) + bytes(side_bytes) + tag).ljust(FRAME_SIZES[second, third], b"\0")


def _frames(content: bytes, first: int, frame_format: FrameFormat | None) -> Frames:
    """The frames of this format from `first` on; bytes between and after them, and further tags, are skipped."""
    found, position, tags = Frames(0, []), first, set(_tag_frames(content, first))
    while True:
        start = position
        while _format_at(content, position) == frame_format and position not in tags:
            found.n, position = found.n + 1, position + _size_at(content, position)
        found.missing = max(0, position - len(content))
        if position > start:
            found.ranges.append((start, min(position, len(content))))
        skipped = position + (_size_at(content, position) if position in tags else 0)
        next_position = _next_frame(content, skipped, frame_format)
        found.other_follow |= _holds_others(content, skipped, next_position or len(content))
        if next_position is None:
            return found
        position = next_position


def _tag_frames(content: bytes, first: int) -> Iterator[int]:
    """Where further frames with a tag begin, as in files that were joined."""
    for name in LENGTH_TAGS:
        at = content.find(name, first)
        while at >= 0:
            starts = (at - HEADER_BYTES - side_bytes for side_bytes in SIDE_BYTES.values())
            yield from (start for start in starts if start >= first and _format_at(content, start))
            at = content.find(name, at + 1)


def _holds_others(content: bytes, first: int, end: int) -> bool:
    """Whether frames of any format lie in these bytes."""
    position = _next_frame(content, first)
    while position is not None and position < end:
        frame_format, n = _format_at(content, position), 0
        while position < end and n < CHAIN and _format_at(content, position) == frame_format:
            n, position = n + 1, position + _size_at(content, position)
        if n == CHAIN:
            return True
        position = _next_frame(content, position)
    return False


def _next_frame(content: bytes, position: int, frame_format: FrameFormat | None = None) -> int | None:
    """Where the next frame (of `frame_format`, if given) begins that is followed by one of the same format."""
    while (position := content.find(MARK, position)) >= 0:
        here = _format_at(content, position)
        if (
            here
            and frame_format in (None, here)
            and _format_at(content, position + _size_at(content, position)) == here
        ):
            return position
        position += 1
    return None


def _size_at(content: bytes, position: int) -> int:
    """Bytes of the frame whose header is at `position`."""
    return FRAME_SIZES[content[position + 1], content[position + 2]]


def _format_at(content: bytes, position: int) -> FrameFormat | None:
    """The format of the frame whose header is at `position`; None when there is none."""
    header = content[position : position + HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[:1] != MARK or (header[1], header[2]) not in FRAME_SIZES:
        return None
    return header[1] & FORMAT_MASK[0], header[2] & FORMAT_MASK[1], header[3] >> 6 == MONO
