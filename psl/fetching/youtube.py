"""AudioSet's clips from YouTube with yt-dlp, one after another: exact cuts, a limited rate, a record of what became of each."""

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

from psl.audio import read_clip
from psl.errors import PslError
from psl.fetching.clip_records import DONE, FAILED, GONE, Record, append_record, read_records
from psl.files import only_one
from psl.progress import say, track

RECORDS = "clips.csv"
SUFFIX = ".flac"
YTID = re.compile(r"[A-Za-z0-9_-]{11}")
CUT_TOLERANCE_S = 0.5  # a file that is longer than its clip by more was cut at the wrong place
RATE_HZ = 16_000  # at which lengths are looked at
GIVE_UP_AFTER = 10  # clips in a row that fail for a passing reason: YouTube or the network has had enough
TIMEOUT_S = 600.0  # for one clip
# yt-dlp's words, in lower case. What may pass is looked for first: "video unavailable … try again later" is not gone.
PASSING = re.compile(
    "not a bot|try again later|rate-limit|http error 429|http error 5|timed out|unable to download|resolve|on this (app|device)"
)
# Whole phrases about the video: a format, an app or a service that is not available is yt-dlp's own trouble.
PERMANENT = re.compile(
    "video unavailable|private video|video is (private|unavailable|not available)|video has been removed|account .*terminated"
    "|no longer available|not (made this video )?available in your country|copyright (grounds|claim)|video does not exist"
    "|members-only|confirm your age|incomplete youtube id"
)


class Clip(NamedTuple):
    """What is asked for: a stretch of a video, in milliseconds."""

    ytid: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Pace:
    """How fast clips are asked for, and with what: `sleep` and `clock` are time's, `command` begins a call of yt-dlp."""

    clips_per_minute: float
    command: tuple[str, ...] = (sys.executable, "-m", "yt_dlp")
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def fetch_clips(clips: Sequence[Clip], folder: Path, pace: Pace, gone_again: bool) -> dict[str, int]:
    """Fetch what `folder` does not have yet as `{ytid}_{start}_{end}.flac`; how many clips had each outcome, earlier runs included.

    Each try adds a line to `folder`/clips.csv. Clips that are done are skipped, and those that are gone unless `gone_again`.
    Raises PslError when GIVE_UP_AFTER clips in a row fail for a reason that may pass.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder / ".lock", f"fetching into {folder}"):
        records = read_records(folder / RECORDS)
        asked = [clip for clip in clips if _is_asked(clip, folder, records, gone_again)]
        say(f"{len(clips) - len(asked)} of {len(clips)} clips need no try; {len(asked)} are asked for")
        in_a_row = 0
        for clip in track(_paced(asked, pace), "clips", len(asked)):
            record = records[_clip_id(clip)] = _fetch(clip, folder, pace.command)
            append_record(folder / RECORDS, record)
            in_a_row = in_a_row + 1 if record.outcome == FAILED else 0
            if in_a_row == GIVE_UP_AFTER:
                raise PslError(
                    f"{in_a_row} clips in a row failed, the last with: {record.reason}; wait or slow down, then run again to go on"
                )
    outcomes = [records[_clip_id(clip)].outcome for clip in clips]
    return {outcome: outcomes.count(outcome) for outcome in (DONE, GONE, FAILED)}


def require_tools() -> None:
    """Raise PslError unless yt-dlp and ffmpeg, which cuts for it, are installed."""
    if importlib.util.find_spec("yt_dlp") is None:
        raise PslError("yt-dlp is not installed: install psl with its extra, `pip install -e '.[youtube]'`")
    if shutil.which("ffmpeg") is None:
        raise PslError("ffmpeg is not installed: yt-dlp needs it to cut clips; install it with the system's package manager")


def clip_file(clip: Clip) -> str:
    """The name that clips have here, which the corpus of kind audioset finds."""
    return f"{clip.ytid}_{clip.start_ms / 1000:.3f}_{clip.end_ms / 1000:.3f}{SUFFIX}"


def arguments(clip: Clip) -> list[str]:
    """yt-dlp's arguments; the address stands behind `--`, so that an id that begins with `-` is never an option."""
    section = f"*{clip.start_ms / 1000:.3f}-{clip.end_ms / 1000:.3f}"
    return [
        *("--ignore-config", "--no-playlist", "--no-progress", "--no-warnings", "--no-cache-dir"),
        *("--format", "bestaudio/best", "--extract-audio", "--audio-format", SUFFIX.removeprefix(".")),
        *("--download-sections", section, "--force-keyframes-at-cuts"),
        *("--output", "clip.%(ext)s", "--", f"https://www.youtube.com/watch?v={clip.ytid}"),
    ]


def _is_asked(clip: Clip, folder: Path, records: dict[str, Record], gone_again: bool) -> bool:
    record = records.get(_clip_id(clip))
    if record is None or record.outcome == FAILED:
        return True
    return gone_again if record.outcome == GONE else not (folder / clip_file(clip)).exists()


def _clip_id(clip: Clip) -> str:
    return f"{clip.ytid}_{clip.start_ms}"


def _paced(clips: Sequence[Clip], pace: Pace) -> Iterator[Clip]:
    """The clips, no sooner after one another than the pace allows."""
    began = None
    for clip in clips:
        if began is not None:
            pace.sleep(max(began + 60 / pace.clips_per_minute - pace.clock(), 0.0))
        began = pace.clock()
        yield clip


def _fetch(clip: Clip, folder: Path, command: Sequence[str]) -> Record:
    """One try; the file is there, whole, when the record says done."""
    if not YTID.fullmatch(clip.ytid):
        return Record(_clip_id(clip), GONE, 0.0, f"{clip.ytid} is no id of YouTube's: 11 letters, digits, - and _")
    with tempfile.TemporaryDirectory(prefix=".clip.", dir=folder) as place:
        try:
            call = subprocess.run([*command, *arguments(clip)], cwd=place, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return Record(_clip_id(clip), FAILED, 0.0, f"yt-dlp took more than {TIMEOUT_S:.0f} s")
        if call.returncode:
            return _failure(clip, call.stderr or call.stdout)
        return _kept(clip, Path(place) / f"clip{SUFFIX}", folder)


def _failure(clip: Clip, told: str) -> Record:
    lines = [line for line in told.splitlines() if line.startswith("ERROR")] or told.splitlines() or ["yt-dlp said nothing"]
    reason, words = lines[-1].strip(), lines[-1].lower()
    gone = PERMANENT.search(words) and not PASSING.search(words)
    return Record(_clip_id(clip), GONE if gone else FAILED, 0.0, reason)


def _kept(clip: Clip, file: Path, folder: Path) -> Record:
    """Look at the cut, and give it its name when it is right. A clip at the end of its video may be shorter."""
    asked = (clip.end_ms - clip.start_ms) / 1000
    try:
        seconds = len(read_clip(file, 0.0, None, RATE_HZ)) / RATE_HZ
    except PslError as error:
        return Record(_clip_id(clip), FAILED, 0.0, str(error).replace(str(file), clip_file(clip)))
    if seconds > asked + CUT_TOLERANCE_S:
        return Record(_clip_id(clip), FAILED, seconds, f"the cut is {seconds:.3f} s long instead of {asked:.3f} s")
    os.replace(file, folder / clip_file(clip))
    return Record(
        _clip_id(clip), DONE, round(seconds, 3), "" if asked - seconds < CUT_TOLERANCE_S else f"the video ends before {asked:.3f} s"
    )
