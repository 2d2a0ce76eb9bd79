"""Fetches clips from YouTube with yt-dlp, one at a time: exact cuts, a rate limit, and a record of each attempt."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from psl.audio.decode import read_clip
from psl.corpora.download.clip_records import DONE, FAILED, UNAVAILABLE, Record, append_record, read_records
from psl.io.files import file_lock
from psl.runtime.errors import PslError
from psl.runtime.progress import log, track

RECORDS = "clips.csv"
SUFFIX = ".flac"
YTID = re.compile(r"[A-Za-z0-9_-]{11}")
CUT_TOLERANCE_S = 0.5  # a file longer than its clip by more was cut at the wrong place
RATE_HZ = 16_000  # at which lengths are measured
YT_DLP = (sys.executable, "-m", "yt_dlp")
GIVE_UP_AFTER = 10  # clips in a row with transient failures: YouTube blocks us, or the network is down
TIMEOUT_S = 600.0  # for one clip
# yt-dlp's messages, in lower case. Transient ones win: "video unavailable … try again later" is not permanent.
TRANSIENT = re.compile(
    "not a bot|try again later|rate-limit|http error 429|http error 5|timed out|unable to download|resolve"
    "|on this (app|device)"
)
# Whole phrases about the video: an unavailable format, app or service is a problem of yt-dlp.
PERMANENT = re.compile(
    "video unavailable|private video|video is (private|unavailable|not available)|video has been removed"
    "|account .*terminated|no longer available|not (made this video )?available in your country"
    "|copyright (grounds|claim)|video does not exist"
    "|members-only|confirm your age|incomplete youtube id"
)


class YouTubeClip(NamedTuple):
    """An interval of a video, in milliseconds."""

    ytid: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class RateLimit:
    """How fast clips are requested; `sleep` and `clock` are those of the module time."""

    clips_per_minute: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def fetch_clips(
    clips: Sequence[YouTubeClip],
    folder: Path,
    rate_limit: RateLimit,
    retry_unavailable: bool,
    *,
    command: Sequence[str] = YT_DLP,
) -> dict[str, int]:
    """Fetch the clips that `folder` lacks as `{ytid}_{start}_{end}.flac`; returns the number of clips by outcome.

    Each attempt adds a line to `folder`/clips.csv, and outcomes of earlier runs count. Fetched clips are skipped, and
    unavailable ones unless `retry_unavailable`. Raises PslError when GIVE_UP_AFTER clips in a row fail.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with file_lock(folder / ".lock", f"fetching into {folder}"):
        records = read_records(folder / RECORDS)
        pending = [clip for clip in clips if _is_pending(clip, folder, records, retry_unavailable)]
        log(f"{len(clips) - len(pending)} of {len(clips)} clips are settled; {len(pending)} will be fetched")
        failures = 0
        for clip in track(_limited(pending, rate_limit), "clips", len(pending)):
            record = records[_clip_id(clip)] = _fetch(clip, folder, command)
            append_record(folder / RECORDS, record)
            failures = failures + 1 if record.outcome == FAILED else 0
            if failures == GIVE_UP_AFTER:
                raise PslError(
                    f"{failures} clips in a row failed, the last with: {record.reason}; "
                    "wait or slow down, then run again to continue"
                )
    outcomes = [records[_clip_id(clip)].outcome for clip in clips]
    return {outcome: outcomes.count(outcome) for outcome in (DONE, UNAVAILABLE, FAILED)}


def require_tools() -> None:
    """Raise PslError unless yt-dlp and ffmpeg, which cuts for it, are installed."""
    if importlib.util.find_spec("yt_dlp") is None:
        raise PslError("yt-dlp is not installed: install psl with its extra, `pip install -e '.[youtube]'`")
    if shutil.which("ffmpeg") is None:
        raise PslError(
            "ffmpeg is not installed: yt-dlp needs it to cut clips; install it with the system's package manager"
        )


def clip_file(clip: YouTubeClip) -> str:
    """The name of the clip's file, under which corpora find it."""
    return f"{clip.ytid}_{clip.start_ms / 1000:.3f}_{clip.end_ms / 1000:.3f}{SUFFIX}"


def arguments(clip: YouTubeClip) -> list[str]:
    """yt-dlp's arguments; the address follows `--`, so that an id that begins with `-` is never an option."""
    section = f"*{clip.start_ms / 1000:.3f}-{clip.end_ms / 1000:.3f}"
    return [
        *("--ignore-config", "--no-playlist", "--no-progress", "--no-warnings", "--no-cache-dir"),
        *("--format", "bestaudio/best", "--extract-audio", "--audio-format", SUFFIX.removeprefix(".")),
        *("--download-sections", section, "--force-keyframes-at-cuts"),
        *("--output", "clip.%(ext)s", "--", f"https://www.youtube.com/watch?v={clip.ytid}"),
    ]


def _is_pending(clip: YouTubeClip, folder: Path, records: dict[str, Record], retry_unavailable: bool) -> bool:
    record = records.get(_clip_id(clip))
    if record is None or record.outcome == FAILED:
        return True
    return retry_unavailable if record.outcome == UNAVAILABLE else not (folder / clip_file(clip)).exists()


def _clip_id(clip: YouTubeClip) -> str:
    return f"{clip.ytid}_{clip.start_ms}"


def _limited(clips: Sequence[YouTubeClip], rate_limit: RateLimit) -> Iterator[YouTubeClip]:
    """The clips, no faster than the rate limit allows."""
    started_s = None
    for clip in clips:
        if started_s is not None:
            rate_limit.sleep(max(started_s + 60 / rate_limit.clips_per_minute - rate_limit.clock(), 0.0))
        started_s = rate_limit.clock()
        yield clip


def _fetch(clip: YouTubeClip, folder: Path, command: Sequence[str]) -> Record:
    """One attempt; when the record says DONE, the complete file is in `folder`."""
    if not YTID.fullmatch(clip.ytid):
        return Record(_clip_id(clip), UNAVAILABLE, 0.0, f"{clip.ytid} is not a YouTube id: 11 letters, digits, - and _")
    with tempfile.TemporaryDirectory(prefix=".clip.", dir=folder) as temporary:
        try:
            call = subprocess.run(
                [*command, *arguments(clip)],
                cwd=temporary,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Record(_clip_id(clip), FAILED, 0.0, f"yt-dlp took more than {TIMEOUT_S:.0f} s")
        if call.returncode:
            return _failure(clip, call.stderr or call.stdout)
        return _keep(clip, Path(temporary) / f"clip{SUFFIX}", folder)


def _failure(clip: YouTubeClip, output: str) -> Record:
    """The record of a failed call, by the last error in yt-dlp's output."""
    lines = output.splitlines()
    errors = [line for line in lines if line.startswith("ERROR")]
    message = (errors or lines or ["yt-dlp gave no message"])[-1]
    is_permanent = PERMANENT.search(message.lower()) and not TRANSIENT.search(message.lower())
    return Record(_clip_id(clip), UNAVAILABLE if is_permanent else FAILED, 0.0, message.strip())


def _keep(clip: YouTubeClip, file: Path, folder: Path) -> Record:
    """Check the cut's length and move it to `folder`. A clip at the end of its video may be shorter."""
    expected = (clip.end_ms - clip.start_ms) / 1000
    try:
        seconds = len(read_clip(file, 0.0, None, RATE_HZ)) / RATE_HZ
    except PslError as error:
        return Record(_clip_id(clip), FAILED, 0.0, str(error).replace(str(file), clip_file(clip)))
    if seconds > expected + CUT_TOLERANCE_S:
        return Record(_clip_id(clip), FAILED, seconds, f"the cut is {seconds:.3f} s long instead of {expected:.3f} s")
    os.replace(file, folder / clip_file(clip))
    is_short = expected - seconds >= CUT_TOLERANCE_S
    return Record(
        _clip_id(clip), DONE, round(seconds, 3), f"the video ends before {expected:.3f} s" if is_short else ""
    )
