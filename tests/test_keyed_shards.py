"""Shards found by key: several stages may share their folder."""

import os

import pyarrow as pa

from psl.io.keyed_shards import KeyedShards, write_shard

SCHEMA = pa.schema([("key", pa.string()), ("value", pa.binary())])


def test_a_stage_leaves_the_file_that_another_is_writing_and_removes_that_of_a_dead_one(tmp_path):
    alive, dead = tmp_path / f".a.arrow.{os.getpid()}.part", tmp_path / f".b.arrow.{2**22 + 1}.part"
    for path in (alive, dead):
        path.touch()
    list(KeyedShards(tmp_path, SCHEMA).refresh())
    assert alive.exists() and not dead.exists()


def test_rows_are_found_by_key_and_a_damaged_shard_is_removed(tmp_path):
    good = write_shard(tmp_path, SCHEMA, {"key": ["a", "b"], "value": [b"1", b"2"]})
    (tmp_path / "bad.arrow").write_bytes(good.read_bytes()[:40])
    shards = KeyedShards(tmp_path, SCHEMA)
    assert len(list(shards.refresh())) == 1 and not (tmp_path / "bad.arrow").exists()
    assert shards.buffer("b", "value").to_pybytes() == b"2" and "c" not in shards


def test_a_shard_that_another_stage_removes_meanwhile_is_passed_over(tmp_path):
    (tmp_path / "gone.arrow").symlink_to(tmp_path / "nowhere")  # listed, and not there when it is opened
    assert list(KeyedShards(tmp_path, SCHEMA).refresh()) == []
