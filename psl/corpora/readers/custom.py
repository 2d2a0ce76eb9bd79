"""A person's own corpus, as `psl init` writes it: subsets train and eval.

`source` holds classes.csv and clips.csv, with one row a clip: clip_id, subset, labels, source, and the recording's
path, size and time, so that a recording that was replaced changes the list. `audio` is the folder of the recordings,
named by their clip ids.
"""

from pathlib import Path

from psl.config import Published
from psl.corpora.lists.writer import FileClip, write_file_clips
from psl.io.list_files import bad, choice, copy_lists, records
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.metadata.vocabulary import Vocabulary

CLIPS, CLASSES = "clips.csv", "classes.csv"
COLUMNS = ("clip_id", "subset", "labels", "source")
SEPARATOR = "|"  # of the labels of a clip
WHERE = "a corpus that `psl init` wrote"
SUBSETS = Subsets((Subset("train", trains=True), Subset("eval", trains=False)))


def write(folder: Path, params: Published) -> None:
    """Write manifest.parquet, classes.csv and a copy of the lists. Raises PslError that names the line at fault."""
    lists = Path(params.source)
    vocabulary = Vocabulary.read(lists / CLASSES)
    clips = [_clip(lists / CLIPS, line, row, vocabulary) for line, row in records(lists / CLIPS, ",", COLUMNS, WHERE)]
    write_file_clips(folder, clips, Path(params.audio))
    vocabulary.write(folder / "classes.csv")
    copy_lists(lists, (CLIPS, CLASSES), folder)


def _clip(path: Path, line: int, row: dict[str, str], vocabulary: Vocabulary) -> FileClip:
    """The clip of a row. Raises PslError for one without labels, or with a label or subset that does not exist."""
    mids = tuple(label for label in row["labels"].split(SEPARATOR) if label)
    unknown = [mid for mid in mids if mid not in vocabulary.index]
    if unknown or not mids:
        bad(path, line, f"classes of {path.parent / CLASSES}, not {unknown[0] if unknown else 'no label'}")
    subset = choice(path, line, row["subset"], SUBSETS.names)
    return FileClip(row["clip_id"], subset, mids, row["source"] or row["clip_id"])
