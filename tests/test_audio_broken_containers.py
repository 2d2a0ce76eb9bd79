"""Broken and changed containers: each gives a one-sentence error with the file and the cause."""

import re
import sys

import pyarrow as pa
import pytest
from audio_containers import (
    RATE,
    ramp,
    write_panns,
    write_parquet,
    write_tar,
)
from broken_audio import CLIP, FLAC, INTACT, NAME, errors_of
from broken_containers import CONTAINERS, FLAC_ROWS, PADDED, parquet_of, tar_of_links, truncate_tar

from psl.audio.decode import read_clip
from psl.audio.places import hdf5
from psl.audio.places.resolve import resolve_audio
from psl.audio.places.search import find_audio
from psl.audio.places.segments import Segment
from psl.runtime.errors import PslError


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_broken_container_is_reported_and_the_others_are_read(tmp_path, kind):
    make, cause = CONTAINERS[kind]
    make(tmp_path)
    (error,) = errors_of(tmp_path)
    assert str(tmp_path / "a.") in error
    assert re.search(cause, error), error


def test_a_name_that_is_not_utf_8_matches_no_clip(tmp_path):
    texts = pa.array([b"\xff\xfe", NAME.encode()]).view(pa.string())
    parquet_of(tmp_path, video_id=texts, audio=[FLAC, FLAC])
    matches = find_audio(tmp_path, [CLIP])
    assert matches.problems == [] and matches.locators == [f"{tmp_path}/a.parquet::0+1"]


def test_complete_members_of_a_truncated_tar_are_used(tmp_path):
    other = Segment("other", 0, 1000)
    truncate_tar(tmp_path, 512 + 1024 + (len(FLAC) // 512 + 1) * 512)
    locator, missing = find_audio(tmp_path, [other, CLIP]).locators
    assert missing is None and len(read_clip(locator, 0.0, None, RATE)) == RATE


def test_only_files_of_a_tar_are_members_and_nothing_is_unpacked(tmp_path):
    (tmp_path / "audio").mkdir()
    tar_of_links(tmp_path / "audio")
    assert errors_of(tmp_path / "audio") == [] and find_audio(tmp_path / "audio", [CLIP]).locators == [None]
    write_tar(tmp_path / "audio/a.tar", {f"../../{NAME}.flac": FLAC, f"/{INTACT.name}.flac": FLAC})
    (locator,) = find_audio(tmp_path / "audio", [CLIP]).locators
    assert len(read_clip(locator, 0.0, None, RATE)) == RATE
    assert sorted(path.name for path in tmp_path.rglob("*.flac")) == [f"{INTACT.name}_5.000_6.000.flac"]


def test_rows_without_a_name_in_panns_files_are_ignored(tmp_path):
    write_panns(tmp_path / "a.h5", [("", PADDED)] * 3)
    assert find_audio(tmp_path, [CLIP, Segment("", 0, 1000)]).locators == [None, None]


SECOND = 512 + -(-len(FLAC) // 512) * 512 + 512  # first byte of the second of two members
CHANGES = {
    "other members": lambda path: write_tar(path, {"a.flac": FLAC[:600], "b.flac": FLAC * 2}),
    "another second": lambda path: write_tar(path, {"a.flac": FLAC, "b.flac": FLAC * 2}),
    "fewer": lambda path: write_tar(path, {"a.flac": FLAC}),
    "cut": lambda path: path.write_bytes(write_tar(path, {"a.flac": FLAC, "b.flac": FLAC}).read_bytes()[: SECOND + 99]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_tar_that_changed_since_it_was_listed(tmp_path, change):
    CHANGES[change](tmp_path / "a.tar")
    with pytest.raises(PslError, match=r"a\.tar is not the one that was listed: run the stage metadata again"):
        read_clip(tmp_path / f"a.tar::{SECOND}+{len(FLAC)}", 0.0, None, RATE)


@pytest.mark.parametrize("locator", ["b.parquet::2+0", "c.parquet::0+2", "d.h5::2"])
def test_a_table_that_became_shorter_since_it_was_listed(tmp_path, locator):
    write_parquet(tmp_path / "b.parquet", FLAC_ROWS[:2], group=1)
    write_parquet(tmp_path / "c.parquet", FLAC_ROWS[:2], group=3)
    write_panns(tmp_path / "d.h5", [("x", PADDED)])
    with pytest.raises(PslError, match=f"{locator.split('::')[0]} has .*: run the stage metadata again"):
        read_clip(tmp_path / locator, 0.0, None, RATE)


@pytest.mark.parametrize("locator", ["a.tar::512+9", "a.parquet::0+0", "a.h5::0", "a.wav"])
def test_a_container_that_is_gone(tmp_path, locator):
    with pytest.raises(PslError, match=f"{tmp_path}/{locator.split('::')[0]} does not exist"):
        read_clip(tmp_path / locator, 0.0, None, RATE)


def test_each_unreadable_clip_has_a_hash_of_its_own(tmp_path, monkeypatch):
    clips = [Segment(f"{n}", 0, 1000) for n in range(3)]
    write_parquet(tmp_path / "a.parquet", [(clip.name, None) for clip in clips])
    audio = resolve_audio(clips, find_audio(tmp_path, clips))
    assert len(set(audio.hash_N.tolist())) == 3


def test_hdf5_without_h5py_names_the_extra(tmp_path, monkeypatch):
    write_panns(tmp_path / "a.h5", [("Y" + CLIP.name, ramp(1))])
    hdf5._open.cache_clear()
    monkeypatch.setitem(sys.modules, "h5py", None)
    (error,) = errors_of(tmp_path)
    assert f"{tmp_path}/a.h5 needs the package h5py" in error and ".[hdf5]" in error
