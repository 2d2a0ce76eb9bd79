"""What a stage is about to read, hashed before it runs: bytes that changed on the disk make no result."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from tasks.dvc_cache import REMEDY, differs
from tasks.stage import DATA

MOST_BYTES = 4 << 30  # some seconds; more is for `python -m flows verify`
SOUND = (".wav", ".flac")  # of synthetic corpora: the stage features compares them with the hashes in the manifest
SHOWN = 3


def require_intact(md5_of: Mapping[Path, str]) -> None:
    """Raise PslError for files in data/ whose bytes are not those of their MD5, which DVC remembers.

    Code is left out, and so are recordings, and the largest files where there are more than MOST_BYTES.
    """
    sizes = {path: path.stat().st_size for path in md5_of if _is_result(path)}
    checked = _smallest(sizes)
    if left_out := len(sizes) - len(checked):
        log(f"{left_out} large files are not verified before this stage: `python -m flows verify` verifies all")
    with ThreadPoolExecutor(cores()) as pool:
        damage = pool.map(lambda path: differs(path, md5_of[path]), checked)
        damaged = [path.relative_to(Path.cwd()) for path, is_damaged in zip(checked, damage, strict=True) if is_damaged]
    if damaged:
        more = f" and {len(damaged) - SHOWN} more" if len(damaged) > SHOWN else ""
        raise PslError(f"damaged on the disk: {', '.join(map(str, damaged[:SHOWN]))}{more}: {REMEDY}")


def _is_result(path: Path) -> bool:
    return path.is_relative_to(DATA.absolute()) and path.suffix not in SOUND and path.exists()


def _smallest(sizes: Mapping[Path, int]) -> list[Path]:
    """The smallest files, up to MOST_BYTES."""
    chosen, total = [], 0
    for path in sorted(sizes, key=lambda path: (sizes[path], path)):
        total += sizes[path]
        if total > MOST_BYTES:
            break
        chosen.append(path)
    return chosen
