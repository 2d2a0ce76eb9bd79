"""Read audio with libsndfile, by the parts of the file where its header says other than what is there."""

import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from psl.audio.complaints import complaints_named
from psl.audio.layouts.find import find_layout
from psl.audio.layouts.layout import AS_IT_IS, Part
from psl.audio.places.names import BY_FFMPEG
from psl.audio.source import EncodedAudio, first_bytes
from psl.audio.spliced import Spliced
from psl.io.windows import to_units
from psl.runtime.errors import PslError

MP4, MATROSKA = b"ftyp", b"\x1aE\xdf\xa3"  # signatures, the former at byte 4; such files may have other suffixes
NO_LENGTH = (1 << 63) - 1  # of a FLAC without samples that states none
MPEG = "MPEG_LAYER_"
NO_AUDIO = {  # what is found under names of audio, by its first bytes
    b"version ": "a pointer of Git LFS and no audio: `git lfs pull` fetches what it stands for",
    b"<!doctyp": "a web page and no audio: fetch the recording itself",
    b"<html": "a web page and no audio: fetch the recording itself",
    b"pk\3\4": "a zip archive and no audio: unpack it",
    b"\x1f\x8b": "compressed by gzip and no audio: unpack it",
}
BLOCK_SAMPLES = 1 << 20  # of one channel, read at a time: 22 s at 48 kHz

Block = npt.NDArray[np.float32]  # samples (T, channels)


class Recording:
    """An opened audio file, in one part or several: `frames` samples a channel at `rate_hz`."""

    def __init__(self, path: str, files: list[soundfile.SoundFile], parts: Sequence[Part], stack: ExitStack) -> None:
        self._path, self._files, self._parts, self._stack = path, files, list(parts), stack
        self.rate_hz, self.channels = files[0].samplerate, files[0].channels
        for number, file in enumerate(files[1:], 1):
            if (file.samplerate, file.channels) != (self.rate_hz, self.channels):
                self._drop_from(number)
                break
        self.frames = self._bounds()[-1]

    def _drop_from(self, number: int) -> None:
        """Leave out the parts from this number on, whose samples cannot follow those before them."""
        other = self._files[number]
        cut = f"goes on with {_form(other)} after {_form(self._files[0])}, which is not read: write it anew in one form"
        self._parts[number - 1 :] = [replace(self._parts[number - 1], cut=cut)]
        del self._files[number:]

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def blocks(self, start_s: float, end_s: float | None) -> Iterator[Block]:
        """The samples from `start_s` to `end_s` (None: to the end of the file), block by block.

        Raises PslError when they cannot all be read.
        """
        first, end = sample_range(self._path, self.frames, self.rate_hz, start_s, end_s=end_s)
        self._refuse_missing(first, self.frames + 1 if end_s is None else to_units(end_s, self.rate_hz))
        bounds, n_read = self._bounds(), 0
        for file, (part_first, part_end) in zip(self._files, pairwise(bounds), strict=True):
            if max(first, part_first) < min(end, part_end):
                for x_TD in self._part_blocks(file, max(first - part_first, 0), min(end, part_end) - part_first):
                    n_read += len(x_TD)
                    yield x_TD
        if n_read < end - first:
            raise PslError(f"the audio file {self._path} is damaged: {n_read} of {end - first} samples could be read")

    def _bounds(self) -> list[int]:
        """Where each part begins, and the last one ends."""
        return [0, *accumulate(map(_frames, self._files, self._parts))]

    def _refuse_missing(self, first: int, end: int) -> None:
        """Raise PslError when sound is missing that samples from `first` to before `end` should hold."""
        for part, (part_first, part_end) in zip(self._parts, pairwise(self._bounds()), strict=True):
            for gap_s in part.gaps_s:
                gap_first, gap_end = (part_first + to_units(time_s, self.rate_hz) for time_s in gap_s)
                if first < gap_end and gap_first < end:
                    missing = f"from {gap_first / self.rate_hz:.3f} s to {gap_end / self.rate_hz:.3f} s"
                    raise PslError(f"the audio file {self._path} is damaged: sound is missing somewhere {missing}")
            if part.cut and first < part_end < end:
                raise PslError(f"the audio file {self._path} {part.cut} (after {part_end / self.rate_hz:.3f} s)")

    def _part_blocks(self, file: soundfile.SoundFile, first: int, end: int) -> Iterator[Block]:
        """Samples of one part; fewer where it ends early."""
        try:
            position = 0
            if file.seekable():
                with self._complaints(file):
                    position = file.seek(first)
            while position < end:
                stop = end if position >= first else first  # what cannot be skipped is read
                wanted = min(BLOCK_SAMPLES, stop - position)
                with self._complaints(file):
                    x_TD = file.read(wanted, dtype="float32", always_2d=True)
                if position >= first and len(x_TD):
                    yield x_TD
                if len(x_TD) < wanted:
                    return
                position += wanted
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise _unreadable(self._path, error) from None

    def _complaints(self, file: soundfile.SoundFile) -> AbstractContextManager[None]:
        return complaints_named(self._path) if file.subtype.startswith(MPEG) else nullcontext()


def open_recording(path: str, source: EncodedAudio) -> Recording | None:
    """The opened file; None when FFmpeg has to read it.

    Raises PslError, which names `path`, when it is empty or damaged.
    """
    stack = ExitStack()
    try:
        with stack:
            files, parts = _open_parts(path, source, stack)
            return Recording(path, files, parts, stack.pop_all())
    except (soundfile.SoundFileError, RuntimeError) as error:
        head = first_bytes(source)
        if not head:
            raise PslError(f"the audio file {path} is empty") from None
        if Path(path).suffix.lower() in BY_FFMPEG or head[4:8] == MP4 or head[:4] == MATROSKA:
            return None
        if kind := next((kind for mark, kind in NO_AUDIO.items() if head.lower().startswith(mark)), None):
            raise PslError(f"the audio file {path} is {kind}") from None
        raise _unreadable(path, error) from None


def sample_range(path: str, frames: int, rate_hz: int, start_s: float, *, end_s: float | None) -> tuple[int, int]:
    """The first sample of a clip and the one after its last, in a recording of `frames` samples per channel.

    Raises PslError when the recording or the clip is empty, or the recording ends before the clip starts.
    """
    first, end = to_units(start_s, rate_hz), frames if end_s is None else to_units(end_s, rate_hz)
    if not frames:
        raise PslError(f"the audio file {path} is empty")
    if first >= frames:
        duration_s = frames / rate_hz
        raise PslError(f"the audio file {path} ends after {duration_s:.3f} s, before the clip's start at {start_s} s")
    if end <= first:
        raise PslError(f"the clip from {start_s} s to {end_s} s of the audio file {path} is empty")
    return first, min(end, frames)


def _open_parts(path: str, source: EncodedAudio, stack: ExitStack) -> tuple[list[soundfile.SoundFile], Sequence[Part]]:
    """The parts of the file, opened, which `stack` closes, and what is known of each."""
    found = find_layout(source)
    if found is None:
        with complaints_named(path):  # libmpg123 is asked about what nothing else reads
            whole = stack.enter_context(soundfile.SoundFile(source))
        if not whole.subtype.startswith(MPEG):
            return [whole], AS_IT_IS.parts
        found = find_layout(source, is_mpeg=True) or AS_IT_IS
    sources = [_spliced(source, part, stack) if part.pieces else source for part in found.parts]
    with complaints_named(path) if found.is_mpeg else nullcontext():
        files = [stack.enter_context(soundfile.SoundFile(part)) for part in sources]
    return files, found.parts


def _spliced(source: EncodedAudio, part: Part, stack: ExitStack) -> BinaryIO:
    """A part as a file."""
    file = stack.enter_context(io.FileIO(source)) if isinstance(source, str) else source
    return io.BufferedReader(Spliced(file, part.pieces))


def _frames(file: soundfile.SoundFile, part: Part) -> int:
    if part.samples is not None:
        return part.samples
    return 0 if file.format == "FLAC" and file.frames == NO_LENGTH else file.frames


def _form(file: soundfile.SoundFile) -> str:
    return f"{file.channels} channel{'s' * (file.channels > 1)} at {file.samplerate} Hz"


def _unreadable(path: str, error: Exception) -> PslError:
    return PslError(f"the audio file {path} cannot be read: {str(error).split(': ')[-1].rstrip('.')}")
