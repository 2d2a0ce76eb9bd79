"""File information: the same with any number of threads and with a cache, and only what changed is read again."""

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest
from audio_containers import RATE, encoded, ramp, write_parquet, write_tar

from psl.audio import info_cache, read_info
from psl.audio.file_info import FileInfo
from psl.audio.hashes import hash_audio
from psl.audio.info_cache import file_info_cache
from psl.audio.places import parquet, tar
from psl.audio.read_info import read_file_info, recheck_hashes
from psl.audio.write import write_clip
from psl.runtime.errors import PslError


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files that are hashed, in order."""
    names = []
    monkeypatch.setattr(read_info, "cores", lambda: 1)
    monkeypatch.setattr(read_info, "THREADS_PER_CORE", 1)
    monkeypatch.setattr(read_info, "hash_audio", lambda path: names.append(Path(path).name) or hash_audio(path))
    return names


@pytest.fixture
def files(tmp_path) -> list[str]:
    """Five recordings; number n lasts n seconds."""
    for n in range(1, 6):
        write_clip(tmp_path / f"{n}.flac", ramp(n), RATE)
    return [str(tmp_path / f"{n}.flac") for n in range(1, 6)]


def expected_hash(path) -> str:
    """The hash of the audio, or of the error message if it cannot be read."""
    try:
        return hash_audio(path)
    except PslError as error:
        return hashlib.blake2b(str(error).encode(), digest_size=16).hexdigest()


def info_of(locators, needs_duration=False, cache=None):
    """(hash, duration) of each locator, the duration -1 where it is unknown; `needs_duration` may be one for all."""
    needs = np.broadcast_to(np.array(needs_duration, bool), len(locators))
    if cache is None:
        info = read_file_info(locators, needs)
    else:
        with file_info_cache(cache):
            info = read_file_info(locators, needs)
    durations_s = np.nan_to_num(info.duration_s_P, nan=-1).tolist()
    return list(zip(info.hash_P.astype(str).tolist(), durations_s, strict=True))


def test_rechecking_some_files_reads_what_changed_and_keeps_the_others(tmp_path, files, hashed):
    info_of(files, cache=tmp_path / "cache")
    write_clip(Path(files[1]), ramp(7), RATE)
    hashed.clear()
    with file_info_cache(tmp_path / "cache"):
        assert recheck_hashes(files[:2]).hash_P.astype(str).tolist() == [hash_audio(path) for path in files[:2]]
    assert hashed == ["2.flac"]
    hashed.clear()
    info_of(files, cache=tmp_path / "cache")
    assert hashed == ["2.flac"]


def test_hashes_and_durations_vs_reference(files):
    assert info_of(files, [True, False, True, False, True]) == [
        (hash_audio(path), n if n % 2 else -1) for n, path in enumerate(files, 1)
    ]
    assert info_of([]) == []


def test_the_number_of_threads_changes_nothing(files, tmp_path, monkeypatch):
    write_parquet(tmp_path / "a.parquet", [(str(n), encoded(ramp(n))) for n in range(1, 6)])
    rows = [locator for _, locator in parquet.rows(str(tmp_path / "a.parquet"))]
    locators = [*files, str(tmp_path / "gone.wav"), *rows]
    durations_s = [1, 2, 3, 4, 5, -1, 1, 2, 3, 4, 5]
    expected = [(expected_hash(path), duration_s) for path, duration_s in zip(locators, durations_s, strict=True)] * 20
    monkeypatch.setattr(read_info, "BATCH_FILES", 2)
    for threads in (1, 8):
        monkeypatch.setattr(read_info, "THREADS_PER_CORE", threads)
        assert info_of(locators * 20, True) == expected


def test_when_a_run_is_stopped_waiting_batches_do_not_start(files, monkeypatch):
    started = []
    monkeypatch.setattr(read_info, "cores", lambda: 1)
    monkeypatch.setattr(read_info, "BATCH_FILES", 1)
    monkeypatch.setattr(
        read_info, "_read_file", lambda path, needs: started.append(path) or time.sleep(0.01) or ("0", 1.0, True)
    )
    monkeypatch.setattr(read_info, "track", lambda items, *rest, **more: [next(iter(items)), 1 / 0])
    with pytest.raises(ZeroDivisionError):
        info_of(files * 20)
    assert len(started) < 20


def test_what_did_not_change_is_not_read_again(files, tmp_path, hashed):
    cache = tmp_path / "cache"
    first = info_of(files, True, cache)
    assert len(hashed) == 5
    assert info_of(files, True, cache) == first and info_of(files[1:3], False, cache) == first[1:3]
    assert len(hashed) == 5


def rewrite(path: Path) -> None:
    """Write other bytes, of the same number, and set the time of change back."""
    before, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        (os.utime, True),
        (rewrite, False),
        (lambda path: path.write_bytes(b"x"), False),
        (lambda path: path.unlink(), False),
    ],
)
def test_only_a_touched_or_changed_file_is_read_again(files, tmp_path, hashed, change, is_same):
    before = info_of(files, False, tmp_path / "cache")
    change(Path(files[2]))
    hashed.clear()
    after = info_of(files, False, tmp_path / "cache")
    assert hashed == ["3.flac"] and after == info_of(files) and (after == before) == is_same


def test_a_duration_that_was_not_needed_before_is_read_and_then_cached(files, tmp_path, hashed):
    info_of(files, False, tmp_path / "cache")
    for _ in range(2):
        assert [duration_s for _, duration_s in info_of(files, True, tmp_path / "cache")] == [1, 2, 3, 4, 5]
    assert len(hashed) == 10


def test_unreadable_audio_is_tried_again(files, tmp_path, hashed):
    Path(files[0]).write_bytes(b"junk")  # has a hash, but no duration
    write_parquet(tmp_path / "a.parquet", [("null", None)])
    rows = [locator for _, locator in parquet.rows(str(tmp_path / "a.parquet"))]
    locators, needs = [files[0], str(tmp_path / "gone.wav"), *rows], [True, True, False]
    first = info_of(locators, needs, tmp_path / "cache")
    assert info_of(locators, needs, tmp_path / "cache") == first
    assert hashed == ["1.flac", "gone.wav", "a.parquet::0+0"] * 2


def test_no_error_of_one_file_ends_the_run(files, monkeypatch):
    def hash_or_fail(path):
        return hash_audio(path) if path != files[1] else 1 / 0

    monkeypatch.setattr(read_info, "hash_audio", hash_or_fail)
    info = read_file_info(files, np.zeros(5, bool))
    assert info.is_read_P.tolist() == [True, False, True, True, True]


def test_a_killed_run_is_resumed(files, tmp_path, hashed, monkeypatch):
    monkeypatch.setattr(read_info, "BATCH_FILES", 1)
    monkeypatch.setattr(info_cache, "FLUSH_FILES", 2)
    fill = FileInfo.fill

    def die_at_the_fourth(self, rows, values):
        if rows[0] == 3:
            raise KeyboardInterrupt
        fill(self, rows, values)

    with monkeypatch.context() as once, pytest.raises(KeyboardInterrupt):
        once.setattr(FileInfo, "fill", die_at_the_fourth)
        info_of(files, True, tmp_path / "cache")
    hashed.clear()
    assert info_of(files, True, tmp_path / "cache") == info_of(files, True)
    assert hashed[:3] == ["3.flac", "4.flac", "5.flac"] and len(list(tmp_path.glob("cache/*/*.parquet"))) == 1


def test_a_damaged_cache_is_logged_and_rebuilt(files, tmp_path, hashed, capsys):
    first = info_of(files, True, tmp_path / "cache")
    (path,) = tmp_path.glob("cache/*/*.parquet")
    path.write_bytes(path.read_bytes()[:100])
    assert info_of(files, True, tmp_path / "cache") == first and len(hashed) == 10
    assert f"{path} is damaged" in capsys.readouterr().err
    assert info_of(files, True, tmp_path / "cache") == first and len(hashed) == 10


def test_members_of_a_container_are_read_again_when_it_changed(tmp_path, hashed):
    for last in "bbc":
        path = tmp_path / "a.tar"
        if last == "c" or not path.exists():
            write_tar(path, {f"{letter}.flac": encoded(ramp(1)) for letter in f"a{last}"})
        info_of([locator for _, locator in tar.members(str(path))], False, tmp_path / "cache")
    assert len(hashed) == 2 + 0 + 2
