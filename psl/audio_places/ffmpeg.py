"""FFmpeg as a process: the stretch of a file that libsndfile does not read, as a WAV; and the file's duration."""

import os
import re
import shutil
import subprocess

from psl.errors import PslError

LONGEST_S = 120.0  # a process that takes longer hangs
RUN_UP_S = 1.0  # decoded before the stretch and thrown away: right after a jump FFmpeg may lose a frame (AAC: up to 23 ms)
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")


class FfmpegAbsent(PslError):
    """FFmpeg is needed, and there is none: it is not the file's fault."""


def stretch_as_wav(path: str, told: str, start_s: float, length_s: float | None) -> bytes:
    """The first audio stream from `start_s` for `length_s` seconds (None: to the end), as a WAV of float samples.

    Raises PslError, which names the file as `told`, when FFmpeg is not installed, fails or hangs.
    """
    run_up_s = min(start_s, RUN_UP_S)
    jump = ["-ss", f"{start_s - run_up_s:.6f}"] if start_s > run_up_s else []  # a jump to 0 loses a frame, too
    cut = ["-ss", f"{run_up_s:.6f}"] + ([] if length_s is None else ["-t", f"{length_s:.6f}"])
    done = _run(path, told, jump, [*cut, "-map", "0:a:0", "-bitexact", "-f", "wav", "-codec:a", "pcm_f32le", "pipe:1"])
    if done.returncode:
        raise PslError(f"the audio file {told} cannot be read by FFmpeg: {_last_line(done.stderr)}")
    return done.stdout


def duration_s(path: str, told: str) -> float:
    """Seconds from the file's beginning to its end. Raises PslError as stretch_as_wav does."""
    described = _run(path, told, [], []).stderr  # without an output FFmpeg only describes the input
    if match := _DURATION.search(described.decode(errors="replace")):
        return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])
    raise PslError(f"FFmpeg does not find out how long the audio file {told} is: {_last_line(described)}")


def _run(path: str, told: str, before: list[str], after: list[str]) -> subprocess.CompletedProcess[bytes]:
    """`file:` and a whole path, so that no name is an option or an address; no other protocol, so that a play list fetches nothing."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise FfmpegAbsent(f"the audio file {told} needs FFmpeg to be read, and there is no ffmpeg on the PATH: install FFmpeg")
    loud = "error" if after else "info"
    command = [program, "-nostdin", "-hide_banner", "-loglevel", loud, "-threads", "1", "-protocol_whitelist", "file", *before]
    try:
        return subprocess.run(
            [*command, "-i", f"file:{os.path.abspath(path)}", *after], stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_S
        )
    except subprocess.TimeoutExpired:
        raise PslError(f"FFmpeg did not get done with the audio file {told} in {LONGEST_S:.0f} s: see to that file") from None


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else "it does not say why"
