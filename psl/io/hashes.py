"""Hashes that name files and values: 128-bit BLAKE2, in hex."""

import hashlib
import json
from pathlib import Path
from typing import Any


def hash_file(path: Path) -> str:
    """The 128-bit BLAKE2 hash of a file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def hash_bytes(content: bytes) -> str:
    """The 128-bit BLAKE2 hash of bytes, in hex."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def hash_json(value: Any) -> str:
    """The 128-bit BLAKE2 hash of a JSON value with sorted keys, in hex."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hash_bytes(text.encode())
