"""Clips by yt-dlp, with a stand-in that records its arguments: what is fetched, kept, recorded and tried again."""

import json
import sys

import numpy as np
import pytest

from psl.audio.decode import read_clip
from psl.audio.write import write_clip
from psl.corpora.download import youtube
from psl.corpora.download.clip_records import Record, append_record, read_records
from psl.corpora.download.youtube import RateLimit, YouTubeClip, arguments, clip_file, fetch_clips, require_tools
from psl.runtime.errors import PslError

GOOD, DASH = YouTubeClip("abcdefghijk", 30_000, 31_000), YouTubeClip("--PJHxphWEs", 0, 1_000)
STAND_IN = """
import json, shutil, sys, pathlib
home = pathlib.Path(__file__).parent
with (home / "calls.jsonl").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
ytid = sys.argv[-1].split("v=")[-1]
if (home / f"{ytid}.txt").exists():
    sys.exit((home / f"{ytid}.txt").read_text())
if (home / f"{ytid}.flac").exists():
    shutil.copy(home / f"{ytid}.flac", "clip.flac")
"""


@pytest.fixture
def tool(tmp_path):
    """A folder with the stand-in; `{ytid}.flac` there is what a clip brings, `{ytid}.txt` what it fails with."""
    folder = tmp_path / "tool"
    folder.mkdir()
    (folder / "yt.py").write_text(STAND_IN)
    for clip in (GOOD, DASH):
        write_clip(folder / f"{clip.ytid}.flac", np.zeros(16_000), 16_000)
    return folder


@pytest.fixture
def fetch(tool, tmp_path):
    def run(*clips, retry_unavailable=False):
        command = (sys.executable, str(tool / "yt.py"))
        return fetch_clips(clips, tmp_path / "audio", RateLimit(1e9), retry_unavailable, command=command)

    return run


def calls(tool):
    return [json.loads(line) for line in (tool / "calls.jsonl").read_text().splitlines()]


def test_clips_come_under_names_that_the_corpus_finds(fetch, tool, tmp_path):
    assert fetch(GOOD, DASH) == {"done": 2, "gone": 0, "failed": 0}
    names = sorted(path.name for path in (tmp_path / "audio").glob("[!.]*"))
    assert names == ["--PJHxphWEs_0.000_1.000.flac", "abcdefghijk_30.000_31.000.flac", "clips.csv"]
    assert read_records(tmp_path / "audio/clips.csv")["--PJHxphWEs_0"] == Record("--PJHxphWEs_0", "done", 1.0, "")


def test_the_address_is_never_an_option_and_the_cut_is_exact(fetch, tool):
    fetch(DASH)
    (call,) = calls(tool)
    assert call == arguments(DASH)
    assert call[-2:] == ["--", "https://www.youtube.com/watch?v=--PJHxphWEs"]
    assert call[call.index("--download-sections") + 1] == "*0.000-1.000" and "--force-keyframes-at-cuts" in call


def test_the_real_yt_dlp_knows_every_argument():
    options = pytest.importorskip("yt_dlp").parse_options(arguments(DASH))
    assert options.urls == ["https://www.youtube.com/watch?v=--PJHxphWEs"]
    assert options.ydl_opts["force_keyframes_at_cuts"] and options.ydl_opts["outtmpl"]["default"] == "clip.%(ext)s"
    assert list(options.ydl_opts["download_ranges"]({}, None)) == [{"start_time": 0.0, "end_time": 1.0}]


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("ERROR: [youtube] x: Video unavailable. This video has been removed by the uploader", "gone"),
        ("ERROR: [youtube] x: Private video. Sign in if you've been granted access", "gone"),
        ("ERROR: [youtube] x: This account has been terminated", "gone"),
        ("ERROR: [youtube] x: Sign in to confirm your age", "gone"),
        ("ERROR: [youtube] x: This video is no longer available because the YouTube account is closed", "gone"),
        ("ERROR: [youtube] x: The uploader has not made this video available in your country", "gone"),
        ("ERROR: [youtube] x: This video is not available", "gone"),
        ("ERROR: [youtube] x: Requested format is not available. Use --list-formats for a list", "failed"),
        (
            "ERROR: [youtube] x: The following content is not available on this app.. Watch on the latest version",
            "failed",
        ),
        ("ERROR: [youtube] x: Failed to extract any player response; service unavailable", "failed"),
        ("ERROR: [youtube] x: this option was removed, and the module does not exist", "failed"),
        ("ERROR: [youtube] x: Video unavailable. This content isn't available, try again later", "failed"),
        ("ERROR: [youtube] x: Sign in to confirm you're not a bot", "failed"),
        ("ERROR: unable to download webpage: HTTP Error 429: Too Many Requests", "failed"),
        ("Traceback:\nsomething else", "failed"),
    ],
)
def test_failures_are_recorded_and_only_transient_ones_tried_again(fetch, tool, tmp_path, message, outcome):
    (tool / f"{GOOD.ytid}.txt").write_text(message)
    assert fetch(GOOD)[outcome] == 1
    assert read_records(tmp_path / "audio/clips.csv")["abcdefghijk_30000"].reason == message.splitlines()[-1]
    (tool / f"{GOOD.ytid}.txt").unlink()
    assert fetch(GOOD)["done"] == (outcome == "failed")
    assert fetch(GOOD, retry_unavailable=True)["done"] == 1
    assert len(calls(tool)) == 2


def test_a_clip_whose_file_is_gone_is_fetched_again(fetch, tool, tmp_path):
    fetch(GOOD)
    (tmp_path / "audio" / clip_file(GOOD)).unlink()
    assert fetch(GOOD)["done"] == 1 and len(calls(tool)) == 2


@pytest.mark.parametrize(
    ("seconds", "outcome", "reason"),
    [
        (2.0, "failed", "the cut is 2.000 s long instead of 1.000 s"),
        (0.25, "done", "the video ends before 1.000 s"),
        (0.0, "failed", "abcdefghijk_30.000_31.000.flac is empty"),
    ],
)
def test_the_length_of_the_cut_is_checked(fetch, tool, tmp_path, seconds, outcome, reason):
    write_clip(tool / f"{GOOD.ytid}.flac", np.zeros(int(16_000 * seconds)), 16_000)
    assert fetch(GOOD)[outcome] == 1
    record = read_records(tmp_path / "audio/clips.csv")["abcdefghijk_30000"]
    assert reason in record.reason and (tmp_path / "audio" / clip_file(GOOD)).exists() == (outcome == "done")


def test_a_call_that_writes_nothing_or_never_ends_is_a_failure(fetch, tool, tmp_path, monkeypatch):
    (tool / f"{GOOD.ytid}.flac").unlink()
    fetch(GOOD)
    assert "does not exist" in read_records(tmp_path / "audio/clips.csv")["abcdefghijk_30000"].reason
    monkeypatch.setattr(youtube, "TIMEOUT_S", 0.01)
    fetch(GOOD)
    assert "yt-dlp took more than" in read_records(tmp_path / "audio/clips.csv")["abcdefghijk_30000"].reason


def test_an_id_that_is_a_path_is_not_requested(fetch, tool, tmp_path):
    assert fetch(YouTubeClip("../../x", 0, 1_000)) == {"done": 0, "gone": 1, "failed": 0}
    assert "not a YouTube id" in read_records(tmp_path / "audio/clips.csv")["../../x_0"].reason
    assert not (tool / "calls.jsonl").exists()


def test_it_stops_after_ten_failures_in_a_row(fetch, tool, tmp_path):
    clips = [YouTubeClip(f"video{number:06}", 0, 1_000) for number in range(20)]
    for clip in clips:
        (tool / f"{clip.ytid}.txt").write_text("ERROR: HTTP Error 429")
    with pytest.raises(
        PslError, match=r"10 clips in a row failed, the last with: ERROR: HTTP Error 429; wait or slow down"
    ):
        fetch(*clips)
    assert len(read_records(tmp_path / "audio/clips.csv")) == 10


def test_a_success_resets_the_count_of_failures(fetch, tool):
    clips = [YouTubeClip(f"video{number:06}", 0, 1_000) for number in range(18)]
    for clip in clips:
        (tool / f"{clip.ytid}.txt").write_text("ERROR: HTTP Error 429")
    assert fetch(*clips[:9], GOOD, *clips[9:]) == {"done": 1, "gone": 0, "failed": 18}


def test_clips_are_requested_no_faster_than_the_rate_limit(tool, tmp_path):
    now, sleeps = [0.0], []

    def sleep(seconds):
        sleeps.append(seconds)
        now[0] += seconds

    rate_limit = RateLimit(12.0, sleep, lambda: now[0])
    command = (sys.executable, str(tool / "yt.py"))
    fetch_clips([GOOD, DASH, YouTubeClip("../x", 0, 1)], tmp_path / "audio", rate_limit, False, command=command)
    assert sleeps == [5.0, 5.0]


def test_a_record_that_was_cut_off_is_taken_off(tmp_path):
    path = tmp_path / "clips.csv"
    append_record(path, Record("a_0", "failed", 0.0, 'said "no",\nthen went'))
    whole = path.read_bytes()
    path.write_bytes(whole + b"b_0,do")
    append_record(path, *read_records(path).values())
    assert path.read_bytes() == whole + whole.splitlines(True)[1]
    assert read_records(path) == {"a_0": Record("a_0", "failed", 0.0, 'said "no", then went')}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,what\n", "must begin with the line clip_id,outcome,seconds,reason"),
        ("clip_id,outcome,seconds,reason\na_0,maybe,0.0,\n", "line 2 of the record"),
        ("clip_id,outcome,seconds,reason\na_0,done\n", "line 2 of the record"),
    ],
)
def test_a_broken_record_is_reported(tmp_path, text, message):
    (tmp_path / "clips.csv").write_text(text)
    with pytest.raises(PslError, match=message):
        read_records(tmp_path / "clips.csv")


def test_missing_tools_are_reported(monkeypatch):
    monkeypatch.setattr(youtube.shutil, "which", lambda _: None)
    monkeypatch.setattr(youtube.importlib.util, "find_spec", lambda _: True)
    with pytest.raises(PslError, match="ffmpeg is not installed"):
        require_tools()
    monkeypatch.setattr(youtube.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PslError, match=r"yt-dlp is not installed: .*\.\[youtube\]"):
        require_tools()


def test_what_was_fetched_can_be_read(fetch, tmp_path):
    fetch(GOOD)
    assert len(read_clip(tmp_path / "audio" / clip_file(GOOD), 0.0, None, 16_000)) == 16_000
