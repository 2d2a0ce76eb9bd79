"""FSD50K: Freesound clips with 200 classes of AudioSet's ontology, by their mids; subsets train, val and eval.

`source` is the folder FSD50K.ground_truth, `audio` a folder above FSD50K.dev_audio and FSD50K.eval_audio.
Clips and their sources are named by Freesound's ids.
"""

from functools import partial
from pathlib import Path

from psl.config import Published
from psl.corpora.lists.classes import Classes, read_vocabulary
from psl.corpora.lists.writer import FileClip, write_file_clips
from psl.io.list_files import bad, choice, copy_lists, parsed, parts, records, stem
from psl.io.metadata.subsets import Subset, Subsets

DEV, EVAL, VOCABULARY = "dev.csv", "eval.csv", "vocabulary.csv"
COLUMNS = ("fname", "labels", "mids")
SPLITS = ("train", "val")
WHERE = "FSD50K.ground_truth, Zenodo record 4060432"
SUBSETS = Subsets(
    (Subset("eval", trains=False), Subset("train", trains=True), Subset("val", trains=True)), recordings="freesound"
)


def write(folder: Path, params: Published) -> None:
    """Write manifest.parquet, classes.csv, audioset_classes.csv and a copy of the lists.

    Raises PslError for lists that do not parse or contradict each other.
    """
    lists = Path(params.source)
    classes = read_vocabulary(lists / VOCABULARY, WHERE)
    write_file_clips(folder, [*_dev(lists / DEV, classes), *_eval(lists / EVAL, classes)], Path(params.audio))
    classes.write(folder)
    classes.log_unmapped("FSD50K")
    copy_lists(lists, (DEV, EVAL, VOCABULARY), folder)


def _dev(path: Path, classes: Classes) -> list[FileClip]:
    def clip(line: int, row: dict[str, str]) -> FileClip:
        return _clip(path, line, row, classes=classes, subset=choice(path, line, row["split"], SPLITS))

    return list(parsed(path, records(path, ",", (*COLUMNS, "split"), WHERE), clip))


def _eval(path: Path, classes: Classes) -> list[FileClip]:
    return list(parsed(path, records(path, ",", COLUMNS, WHERE), partial(_clip, path, classes=classes, subset="eval")))


def _clip(path: Path, line: int, row: dict[str, str], *, classes: Classes, subset: str) -> FileClip:
    """The clip with the mids of its row. Raises PslError when the labels beside them are of other mids."""
    name, labels, mids = stem(path, line, row["fname"]), parts(row["labels"]), parts(row["mids"])
    if classes.ids(path, line, labels) != list(mids):
        bad(path, line, f"the mids of its labels by {path.parent / VOCABULARY}, not {','.join(mids) or 'none'}")
    return FileClip(name, subset, mids, name)
