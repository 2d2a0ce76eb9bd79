"""A person's own corpus, as `psl init` writes it: subsets train and eval.

`source` holds classes.csv and clips.csv, with one row a clip: clip_id, subset, labels, source, and the recording's
path, size and time, so that a recording that was replaced changes the list. `audio` is the folder of the recordings,
named by their clip ids. A clip that is a part of a recording has the recording's name there in a column `recording`,
and where it begins and ends in `start_s` and `end_s`.

Which classes were looked for in a clip, so that a missing label is a negative, may stand in a column `looked_for` of
clips.csv or, for the clips of a subset whose row says nothing, in looked_for_SUBSET.txt, one id a line; else it is all.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from psl.config import Published
from psl.corpora.lists.audio_files import Part
from psl.corpora.lists.writer import FileClip, write_file_clips
from psl.io.list_files import bad, choice, copy_lists, interval, parsed, records, rows
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

CLIPS, CLASSES = "clips.csv", "classes.csv"
COLUMNS = ("clip_id", "subset", "labels", "source")
SEPARATOR = "|"  # of the labels of a clip
LOOKED_FOR = "looked_for"  # an optional column
PART = ("recording", "start_s", "end_s")  # optional columns
WHERE = "a corpus that `psl init` wrote"
SUBSETS = Subsets((Subset("train", trains=True), Subset("eval", trains=False)))
LookedFor = tuple[str, ...] | None  # classes; None: all


def write(folder: Path, params: Published) -> None:
    """Write manifest.parquet, classes.csv and a copy of the lists. Raises PslError that names the line at fault."""
    lists = Path(params.source)
    vocabulary = Vocabulary.read(lists / CLASSES)
    looked_for = {subset: _of_subset(looked_for_file(lists, subset), vocabulary) for subset in SUBSETS.names}
    table = list(records(lists / CLIPS, ",", COLUMNS, WHERE))
    clips = list(parsed(lists / CLIPS, table, partial(_clip, lists / CLIPS, vocabulary=vocabulary, of=looked_for)))
    parts = list(parsed(lists / CLIPS, table, partial(_part, lists / CLIPS)))
    write_file_clips(folder, clips, Path(params.audio), parts=parts)
    vocabulary.write(folder / "classes.csv")
    copy_lists(lists, (CLIPS, CLASSES, *(looked_for_file(lists, subset).name for subset in SUBSETS.names)), folder)


def looked_for_file(lists: Path, subset: str) -> Path:
    """Where the classes stand that were looked for in the clips of a subset."""
    return lists / f"{LOOKED_FOR}_{subset}.txt"


def _of_subset(path: Path, vocabulary: Vocabulary) -> LookedFor:
    """The classes of a file; None where there is none. Raises PslError for an empty one, or that names the line."""
    if not path.exists():
        return None
    mids = [mid for line, row in rows(path, SEPARATOR, WHERE) for mid in _ids(path, line, row, vocabulary)]
    if not mids:
        raise PslError(f"{path} names no class: state one a line, or remove it if all classes were looked for")
    return tuple(dict.fromkeys(mids))


def _clip(
    path: Path, line: int, row: dict[str, str], *, vocabulary: Vocabulary, of: Mapping[str, LookedFor]
) -> FileClip:
    """The clip of a row; `of` has the classes that were looked for, by subset, where the row says nothing.

    Raises PslError for a clip of which nothing is known, or with a label or subset that does not exist.
    """
    mids = _ids(path, line, row["labels"].split(SEPARATOR), vocabulary)
    subset = choice(path, line, row["subset"], SUBSETS.names)
    looked_for = _ids(path, line, row.get(LOOKED_FOR, "").split(SEPARATOR), vocabulary) or of[subset]
    if not mids and looked_for is None:
        bad(path, line, f"classes of {path.parent / CLASSES}, not no label")
    return FileClip(row["clip_id"], subset, mids, row["source"] or row["clip_id"], looked_for=looked_for)


def _part(path: Path, line: int, row: dict[str, str]) -> Part:
    """The recording of a clip and its part there. Raises PslError that names the line for times that cannot be."""
    name, start, end = (row.get(column, "") for column in PART)
    return Part(name or row["clip_id"], *(interval(path, line, start, end) if name else (0.0, None)))


def _ids(path: Path, line: int, fields: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The fields that are not empty. Raises PslError that names the line for one that is no class."""
    mids = tuple(mid for mid in fields if mid)
    for mid in mids:
        if mid not in vocabulary.index:
            bad(path, line, f"classes of {path.parent / CLASSES}, not {mid}")
    return mids
