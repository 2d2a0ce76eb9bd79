"""What libmpg123 prints is said once of each file, by name; what others print meanwhile is passed on."""

import os
import threading
from pathlib import Path

import pytest
from audio_containers import RATE
from odd_audio import MP3

from psl.audio.complaints import STDERR, complaints_named
from psl.audio.decode import read_clip

COMPLAINT = b"[src/libmpg123/layer3.c:INT123_do_layer3():1774] error: part2_3_length (1056) too large\n"


def zeroed(mp3: bytes) -> bytes:
    """An MP3 with frames of zeros in the middle, which libmpg123 does not like."""
    middle = len(mp3) // 2
    return mp3[:middle] + bytes(600) + mp3[middle + 600 :]


def test_a_complaint_of_decoding_is_said_once_with_the_files_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.mp3").write_bytes(zeroed(MP3))
    for start_s in (0.0, 3.0, 4.0):
        read_clip(tmp_path / "a.mp3", start_s, 6.0, RATE)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"libmpg123 decodes the audio file {tmp_path}/a.mp3, and complains: ")


def test_lines_of_others_are_passed_on_and_standard_error_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    with complaints_named("b.mp3"):
        os.write(STDERR, b"a line of another thread\n" + COMPLAINT + b"the next one\n" + COMPLAINT)
    os.write(STDERR, b"after it\n")
    assert capfd.readouterr().err.splitlines() == [
        "a line of another thread",
        "the next one",
        "libmpg123 decodes the audio file b.mp3, and complains: part2_3_length (1056) too large (2 such complaints)",
        "after it",
    ]


def test_threads_at_once_name_all_their_files(capfd: pytest.CaptureFixture[str]) -> None:
    began, may_end = threading.Event(), threading.Event()

    def decode() -> None:
        with complaints_named("c.mp3"):
            began.set()
            may_end.wait()

    thread = threading.Thread(target=decode)
    thread.start()
    began.wait()
    with complaints_named("d.mp3"):
        os.write(STDERR, COMPLAINT)
    may_end.set()
    thread.join()
    os.write(STDERR, b"after it\n")
    said, after = capfd.readouterr().err.splitlines()
    assert "the audio file c.mp3 or d.mp3, and complains: part2_3_length" in said and after == "after it"
