"""The AudioSet classes of a corpus whose own ids are not AudioSet's, where its metadata states them."""

from collections import defaultdict
from pathlib import Path

from psl.io.list_files import records
from psl.io.schemas import AUDIOSET_CLASSES, AUDIOSET_CLASSES_HEADER


def read_audioset_mids(metadata: Path) -> dict[str, tuple[str, ...]]:
    """The AudioSet mids of each id in `metadata`/audioset_classes.csv, possibly none; empty without that file.

    Raises PslError that names file and line for a broken table.
    """
    path = metadata / AUDIOSET_CLASSES
    if not path.is_file():
        return {}
    mids_of: defaultdict[str, list[str]] = defaultdict(list)
    for _, row in records(path, ",", tuple(AUDIOSET_CLASSES_HEADER), "the metadata stage"):
        mids_of[row["mid"]] += [row["audioset_mid"]] if row["audioset_mid"] else []
    return {mid: tuple(mids) for mid, mids in mids_of.items()}
