"""Shards that outlive a killed run: Arrow files in one folder, whose rows are found by the column `key`."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from psl.io.files import atomic_write, remove_stale_parts
from psl.io.hashes import hash_json
from psl.runtime.progress import log

OPEN_SHARDS = 256  # mapped at once: rows are read in any order


class KeyedShards:
    """The shards of one schema in `folder`, which is made if need be; `refresh` finds them."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self._schema = schema
        self._place_of: dict[str, tuple[Path, int]] = {}
        self._known: set[Path] = set()
        self._open = lru_cache(maxsize=OPEN_SHARDS)(read_shard)

    def refresh(self) -> Iterator[pa.RecordBatch]:
        """Yield the new shards when their keys are known; damaged and incomplete ones are removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_stale_parts(self.folder, depth=0)  # those of living processes are theirs: stages may share a folder
        for path in sorted(set(self.folder.glob("*.arrow")) - self._known):
            try:
                shard = read_shard(path)
                if not shard.schema.equals(self._schema):
                    raise pa.ArrowInvalid("another schema")
            except pa.ArrowInvalid:
                log(f"{path} is damaged and is computed again")
                path.unlink(missing_ok=True)
                continue
            except FileNotFoundError:  # another stage has removed it
                continue
            self._place_of.update((key, (path, row)) for row, key in enumerate(shard["key"].to_pylist()))
            self._known.add(path)
            yield shard

    def __contains__(self, key: str | None) -> bool:
        return key in self._place_of

    def path(self, key: str) -> Path:
        """The shard that holds the row."""
        return self._place_of[key][0]

    def buffer(self, key: str, column: str) -> pa.Buffer:
        """The bytes of a binary column in the row of `key`, mapped from the disk."""
        path, row = self._place_of[key]
        return self._open(path)[column][row].as_buffer()


def write_shard(folder: Path, schema: pa.Schema, columns: Mapping[str, Sequence[Any]]) -> Path:
    """Write rows as one shard, which is named by a hash of its keys."""
    path = folder / f"{hash_json(list(columns['key']))}.arrow"
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    with atomic_write(path) as temporary, pa.ipc.new_file(temporary, schema) as writer:
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return path


def read_shard(path: Path) -> pa.RecordBatch:
    """The rows of a shard, mapped into memory."""
    return pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
