"""Run FFmpeg for formats that libsndfile cannot read: a segment of a file, block by block, and the file's duration."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer

import numpy as np
import numpy.typing as npt
import soundfile

from psl.io.windows import to_units
from psl.runtime.errors import PslError

TIMEOUT_S = 120.0  # without a block
BLOCK_SAMPLES = 1 << 20  # of one channel, read at a time: 22 s at 48 kHz
PREROLL_S = (
    1.0  # decoded before the segment and discarded: right after a seek FFmpeg may lose a frame (AAC: up to 23 ms)
)
OPTIONS = ("-nostdin", "-hide_banner", "-threads", "1", "-protocol_whitelist", "file")
WAV_OUTPUT = ("-map", "0:a:0", "-bitexact", "-f", "wav", "-codec:a", "pcm_f32le", "pipe:1")
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")


class FfmpegMissing(PslError):
    """FFmpeg is needed and not installed, so the failure says nothing about the file."""


Block = npt.NDArray[np.float32]  # samples (T, channels)


def segment_blocks(path: str, display_name: str, start_s: float, length_s: float | None) -> Iterator[tuple[Block, int]]:
    """The samples of the first audio stream from `start_s` for `length_s` seconds (None: to the end), and their rate.

    They come as FFmpeg decodes them, in constant memory. Raises PslError, which calls the file `display_name`, when
    FFmpeg is not installed, fails or stands still, also after some blocks.
    """
    preroll_s = min(start_s, PREROLL_S)
    seek = ["-ss", f"{start_s - preroll_s:.6f}"] if start_s > preroll_s else []  # even a seek to 0 loses a frame
    trim = ["-ss", f"{preroll_s:.6f}"] + ([] if length_s is None else ["-t", f"{length_s:.6f}"])
    command = _command(path, display_name, seek, [*trim, *WAV_OUTPUT])
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as process,
    ):
        try:
            yield from _blocks(process, display_name, length_s)
            if process.wait():
                said.seek(0)
                reason = _last_line(said.read())
                raise PslError(f"the audio file {display_name} cannot be read by FFmpeg: {reason}")
        finally:
            process.kill()  # where not all blocks were wanted


def duration_s(path: str, display_name: str) -> float:
    """The duration of the file in seconds. Raises PslError as segment_blocks does."""
    command = _command(path, display_name, [], [])  # without an output FFmpeg only describes the input
    try:
        process = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise _too_slow(display_name) from None
    description = process.stderr
    if match := _DURATION.search(description.decode(errors="replace")):
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
    raise PslError(f"FFmpeg cannot determine the duration of the audio file {display_name}: {_last_line(description)}")


def _blocks(process: subprocess.Popen[bytes], display_name: str, length_s: float | None) -> Iterator[tuple[Block, int]]:
    """What FFmpeg writes as WAV; nothing where it writes none."""
    assert process.stdout is not None
    try:
        with _in_time(process, display_name):
            wav = soundfile.SoundFile(process.stdout.fileno(), closefd=False)
    except soundfile.SoundFileError:
        return
    with wav:
        left = sys.maxsize if length_s is None else to_units(length_s, wav.samplerate)
        while True:
            with _in_time(process, display_name):
                x_TD = wav.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
            if not len(x_TD):
                return
            if left > 0:
                yield x_TD[:left], wav.samplerate
            left -= len(x_TD)


@contextmanager
def _in_time(process: subprocess.Popen[bytes], display_name: str) -> Iterator[None]:
    """Kill a process that keeps what is inside waiting for too long, and raise PslError."""
    is_late = Event()

    def stop() -> None:
        is_late.set()
        process.kill()

    timer = Timer(TIMEOUT_S, stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if is_late.is_set():
            raise _too_slow(display_name)


def _too_slow(display_name: str) -> PslError:
    return PslError(f"FFmpeg did not go on reading the audio file {display_name} in {TIMEOUT_S:.0f} s: check that file")


def _command(path: str, display_name: str, input_options: list[str], output_options: list[str]) -> list[str]:
    """FFmpeg's command line.

    `file:` and an absolute path keep a name from being an option or an address; without other protocols a playlist
    fetches nothing.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise FfmpegMissing(
            f"the audio file {display_name} needs FFmpeg to be read, and there is no ffmpeg on the PATH: install FFmpeg"
        )
    log_level = ["-loglevel", "error" if output_options else "info"]
    return [program, *OPTIONS, *log_level, *input_options, "-i", f"file:{os.path.abspath(path)}", *output_options]


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else "it printed no reason"
