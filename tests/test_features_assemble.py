"""The final files: a run writes those alone that changed, and leaves the folder that a run from nothing writes."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from feature_corpora import contents, corpus, row, run, write_manifest
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.features.extraction import assemble
from psl.io.features.index import INDEX_FILE, index_files, read_index
from psl.io.features.store import FeatureStore

CLIPS = 90


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Ninety clips of six recordings, whose shards are cached: 60 balanced, 30 eval."""
    root = tmp_path_factory.mktemp("clips")
    corpus(root, 6)
    times = [(number // 6 / 100, 0.3 + number // 6 / 100) for number in range(CLIPS)]
    rows = [
        row(
            root,
            f"{n % 6:03d}.flac",
            clip_id=f"{n:03d}",
            start_s=start,
            end_s=end,
            subset=("eval", "balanced")[n % 3 > 0],
        )
        for n, (start, end) in enumerate(times)
    ]
    write_manifest(root, rows)
    assert run(root) == CLIPS
    return root, rows


def files(root: Path) -> dict[str, int]:
    """The final files and their inodes."""
    paths = (path for path in (root / "features").iterdir() if "-" in path.name)
    return {path.name: path.stat().st_ino for path in paths}


def write(root: Path, rows: list[dict[str, Any]]) -> set[str]:
    """Extract the features of these clips; returns the names of the files that were not there in the last run."""
    before = files(root)
    write_manifest(root, rows)
    run(root)
    return {name for name, inode in files(root).items() if before.get(name) != inode}


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.sets(st.integers(0, CLIPS - 1), min_size=1), min_size=1, max_size=3))
def test_any_way_to_a_set_of_clips_gives_the_folder_of_a_fresh_run(clips, steps: list[set[int]]) -> None:
    root, rows = clips
    for numbers in steps:
        write(root, [rows[number] for number in sorted(numbers)])
    after = contents(root)
    [kept] = root.glob("cache/*/files")
    shutil.rmtree(kept)
    shutil.rmtree(root / "features")
    run(root)
    assert contents(root) == after and sorted(path.name for path in kept.iterdir()) == sorted(files(root))


@pytest.mark.parametrize("change", ["insert", "remove", "relabel", "move"])
def test_a_changed_clip_changes_few_files(clips, change: str) -> None:
    root, rows = clips
    write(root, rows[:45] + rows[46:] if change == "insert" else rows)
    relabelled, moved = {**rows[45], "labels": ["/m/1"]}, {**rows[45], "subset": "balanced"}
    changed = {"insert": [rows[45]], "remove": [], "relabel": [relabelled], "move": [moved]}
    new = write(root, [*rows[:45], *changed[change], *rows[46:]])
    assert len(files(root)) > 6
    assert len(new) <= {"insert": 2, "remove": 1, "relabel": 0, "move": 3}[change]
    assert bool(new) == (change != "relabel")


def test_the_index_says_what_the_files_hold(clips) -> None:
    root, rows = clips
    write(root, rows)
    subsets = ["eval", "balanced"]
    indexed, found = read_index(root / "features", subsets), index_files(root / "features", subsets)
    assert indexed.table.equals(found.table) and indexed[1:] == found[1:] and len(indexed.table) == CLIPS
    stores = []
    for _ in range(2):
        stores.append(FeatureStore(root / "features", ["eval", "balanced"], {"007"}))
        (root / "features" / INDEX_FILE).unlink(missing_ok=True)
    assert stores[0].row_groups == stores[1].row_groups and stores[0].groups == stores[1].groups
    assert stores[0].clip_ids == stores[1].clip_ids and len(stores[0].clip_ids) == CLIPS - 1


def test_a_file_that_was_changed_in_place_is_written_again(clips) -> None:
    root, rows = clips
    write(root, rows)
    before = contents(root)
    name = min(files(root))
    (root / "features" / name).chmod(0o644)
    (root / "features" / name).write_bytes(b"other")
    assert write(root, rows) == {name} and contents(root) == before


def test_files_are_copied_where_they_cannot_be_linked(clips, monkeypatch: pytest.MonkeyPatch) -> None:
    root, rows = clips
    write(root, rows)
    before, refused = contents(root), OSError("no links here")
    monkeypatch.setattr(assemble.os, "link", lambda *paths: (_ for _ in ()).throw(refused))
    assert write(root, rows) == files(root).keys() and contents(root) == before
    assert {os.stat(path).st_nlink for path in (root / "features").iterdir()} == {1}
