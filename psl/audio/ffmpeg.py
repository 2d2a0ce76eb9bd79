"""Run FFmpeg for formats that libsndfile cannot read: a segment of a file as WAV, and the file's duration."""

import os
import re
import shutil
import subprocess

from psl.runtime.errors import PslError

TIMEOUT_S = 120.0
PREROLL_S = (
    1.0  # decoded before the segment and discarded: right after a seek FFmpeg may lose a frame (AAC: up to 23 ms)
)
OPTIONS = ("-nostdin", "-hide_banner", "-threads", "1", "-protocol_whitelist", "file")
WAV_OUTPUT = ("-map", "0:a:0", "-bitexact", "-f", "wav", "-codec:a", "pcm_f32le", "pipe:1")
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")


class FfmpegMissing(PslError):
    """FFmpeg is needed and not installed, so the failure says nothing about the file."""


def segment_as_wav(path: str, display_name: str, start_s: float, length_s: float | None) -> bytes:
    """The first audio stream from `start_s` for `length_s` seconds (None: to the end), as a WAV of float samples.

    Raises PslError, which calls the file `display_name`, when FFmpeg is not installed, fails or times out.
    """
    preroll_s = min(start_s, PREROLL_S)
    seek = ["-ss", f"{start_s - preroll_s:.6f}"] if start_s > preroll_s else []  # even a seek to 0 loses a frame
    trim = ["-ss", f"{preroll_s:.6f}"] + ([] if length_s is None else ["-t", f"{length_s:.6f}"])
    process = _run(path, display_name, seek, [*trim, *WAV_OUTPUT])
    if process.returncode:
        raise PslError(f"the audio file {display_name} cannot be read by FFmpeg: {_last_line(process.stderr)}")
    return process.stdout


def duration_s(path: str, display_name: str) -> float:
    """The duration of the file in seconds. Raises PslError as segment_as_wav does."""
    description = _run(path, display_name, [], []).stderr  # without an output FFmpeg only describes the input
    if match := _DURATION.search(description.decode(errors="replace")):
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
    raise PslError(f"FFmpeg cannot determine the duration of the audio file {display_name}: {_last_line(description)}")


def _run(
    path: str, display_name: str, input_options: list[str], output_options: list[str]
) -> subprocess.CompletedProcess[bytes]:
    """Run FFmpeg on the file.

    `file:` and an absolute path keep a name from being an option or an address; without other protocols a playlist
    fetches nothing.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise FfmpegMissing(
            f"the audio file {display_name} needs FFmpeg to be read, and there is no ffmpeg on the PATH: install FFmpeg"
        )
    log_level = ["-loglevel", "error" if output_options else "info"]
    files = [*input_options, "-i", f"file:{os.path.abspath(path)}", *output_options]
    try:
        return subprocess.run(
            [program, *OPTIONS, *log_level, *files], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise PslError(
            f"FFmpeg did not finish reading the audio file {display_name} in {TIMEOUT_S:.0f} s: check that file"
        ) from None


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else "it printed no reason"
