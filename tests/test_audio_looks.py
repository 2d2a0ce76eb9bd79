"""Hashes of audio: the same over any number of threads, and only what changed is read again."""

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest
from audio_containers import RATE, encoded, ramp, write_parquet, write_tar

from psl.audio import hash_audio, write_clip
from psl.audio_places import looks, parquet, remembered, tar
from psl.audio_places.looks import look_at
from psl.audio_places.remembered import remembering
from psl.errors import PslError


@pytest.fixture
def read(monkeypatch):
    """The names of files that are hashed, one after the other."""
    names = []
    monkeypatch.setattr(looks, "cores", lambda: 1)
    monkeypatch.setattr(looks, "THREADS_A_CORE", 1)
    monkeypatch.setattr(looks, "hash_audio", lambda path: names.append(Path(path).name) or hash_audio(path))
    return names


@pytest.fixture
def files(tmp_path) -> list[str]:
    """Five recordings, the nth of n seconds."""
    for n in range(1, 6):
        write_clip(tmp_path / f"{n}.flac", ramp(n), RATE)
    return [str(tmp_path / f"{n}.flac") for n in range(1, 6)]


def hash_of(path) -> str:
    """The hash of what is there, else of the sentence that says why not."""
    try:
        return hash_audio(path)
    except PslError as error:
        return hashlib.blake2b(str(error).encode(), digest_size=16).hexdigest()


def look(places, needs=False, memory=None):
    """(hash, duration) of each place; all durations are needed, or none, or those that are said."""
    needs = np.full(len(places), needs) if isinstance(needs, bool) else np.array(needs)
    if memory is None:
        found = look_at(places, needs)
    else:
        with remembering(memory):
            found = look_at(places, needs)
    return list(zip(found.hash_P.astype(str).tolist(), np.nan_to_num(found.duration_P, nan=-1).tolist(), strict=True))


def test_looking_again_at_some_reads_what_changed_and_forgets_nothing(tmp_path, files, read):
    look(files, memory=tmp_path / "memory")
    write_clip(Path(files[1]), ramp(7), RATE)
    read.clear()
    with remembering(tmp_path / "memory"):
        assert looks.look_again(files[:2]).hash_P.astype(str).tolist() == [hash_audio(path) for path in files[:2]]
    assert read == ["2.flac"]
    read.clear()
    look(files, memory=tmp_path / "memory")
    assert read == ["2.flac"]


def test_hashes_and_durations_vs_reference(files):
    assert look(files, [True, False, True, False, True]) == [(hash_audio(path), n if n % 2 else -1) for n, path in enumerate(files, 1)]
    assert look([]) == []


def test_the_number_of_threads_changes_nothing(files, tmp_path, monkeypatch):
    write_parquet(tmp_path / "a.parquet", [(str(n), encoded(ramp(n))) for n in range(1, 6)])
    places = [*files, str(tmp_path / "gone.wav"), *(locator for _, locator in parquet.rows(str(tmp_path / "a.parquet")))]
    monkeypatch.setattr(looks, "JOB_PLACES", 2)
    found = []
    for threads in (1, 8):
        monkeypatch.setattr(looks, "THREADS_A_CORE", threads)
        found.append(look(places * 20, True))
    assert (
        found[0]
        == found[1]
        == [(hash_of(path), *duration) for path, *duration in zip(places, [1, 2, 3, 4, 5, -1, 1, 2, 3, 4, 5], strict=True)] * 20
    )


def test_a_run_that_is_stopped_does_not_begin_what_waits(files, monkeypatch):
    begun = []
    monkeypatch.setattr(looks, "cores", lambda: 1)
    monkeypatch.setattr(looks, "JOB_PLACES", 1)
    monkeypatch.setattr(looks, "_look", lambda path, needs: begun.append(path) or time.sleep(0.01) or ("0", 1.0, True))
    monkeypatch.setattr(looks, "track", lambda items, *rest, **more: [next(iter(items)), 1 / 0])
    with pytest.raises(ZeroDivisionError):
        look(files * 20)
    assert len(begun) < 20


def test_what_did_not_change_is_not_read_again(files, tmp_path, read):
    first = look(files, True, tmp_path / "memory")
    assert len(read) == 5
    assert look(files, True, tmp_path / "memory") == first and look(files[1:3], False, tmp_path / "memory") == first[1:3]
    assert len(read) == 5


def rewrite(path: Path) -> None:
    """Other bytes, of the same number, and the old time of change set back."""
    before, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("change", "same"),
    [(os.utime, True), (rewrite, False), (lambda path: path.write_bytes(b"x"), False), (lambda path: path.unlink(), False)],
)
def test_a_file_that_was_touched_or_changed_is_read_again_alone(files, tmp_path, read, change, same):
    before = look(files, False, tmp_path / "memory")
    change(Path(files[2]))
    read.clear()
    after = look(files, False, tmp_path / "memory")
    assert read == ["3.flac"] and after == look(files) and (after == before) == same


def test_a_duration_that_was_not_needed_before_is_looked_for_and_then_known(files, tmp_path, read):
    look(files, False, tmp_path / "memory")
    for _ in range(2):
        assert [duration for _, duration in look(files, True, tmp_path / "memory")] == [1, 2, 3, 4, 5]
    assert len(read) == 10


def test_what_cannot_be_read_is_tried_again(files, tmp_path, read):
    Path(files[0]).write_bytes(b"junk")  # has a hash, but no duration
    write_parquet(tmp_path / "a.parquet", [("null", None)])
    places = [files[0], str(tmp_path / "gone.wav"), *(locator for _, locator in parquet.rows(str(tmp_path / "a.parquet")))]
    needs = [True, True, False]
    first = look(places, needs, tmp_path / "memory")
    assert look(places, needs, tmp_path / "memory") == first
    assert read == ["1.flac", "gone.wav", "a.parquet::0+0"] * 2


def test_a_run_that_was_killed_goes_on(files, tmp_path, read, monkeypatch):
    monkeypatch.setattr(looks, "JOB_PLACES", 1)
    monkeypatch.setattr(remembered, "BATCH", 2)
    set_rows = looks.Looks.set

    def die_at_the_fourth(self, places, found):
        if places[0] == 3:
            raise KeyboardInterrupt
        set_rows(self, places, found)

    with monkeypatch.context() as once, pytest.raises(KeyboardInterrupt):
        once.setattr(looks.Looks, "set", die_at_the_fourth)
        look(files, True, tmp_path / "memory")
    read.clear()
    assert look(files, True, tmp_path / "memory") == look(files, True)
    assert read[:3] == ["3.flac", "4.flac", "5.flac"] and len(list(tmp_path.glob("memory/*/*.parquet"))) == 1


def test_a_damaged_memory_is_said_and_made_again(files, tmp_path, read, capsys):
    first = look(files, True, tmp_path / "memory")
    (kept,) = tmp_path.glob("memory/*/*.parquet")
    kept.write_bytes(kept.read_bytes()[:100])
    assert look(files, True, tmp_path / "memory") == first and len(read) == 10
    assert f"{kept} is damaged" in capsys.readouterr().err
    assert look(files, True, tmp_path / "memory") == first and len(read) == 10


def test_members_of_a_container_are_read_again_when_it_changed(tmp_path, read):
    for last in "bbc":
        path = tmp_path / "a.tar"
        if last == "c" or not path.exists():
            write_tar(path, {f"{letter}.flac": encoded(ramp(1)) for letter in f"a{last}"})
        look([locator for _, locator in tar.members(str(path))], False, tmp_path / "memory")
    assert len(read) == 2 + 0 + 2
