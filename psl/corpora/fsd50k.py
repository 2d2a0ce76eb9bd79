"""FSD50K: Freesound clips with 200 classes of AudioSet's ontology, by their mids; subsets train, val and eval.

`lists` is the folder FSD50K.ground_truth, `audio` a folder above FSD50K.dev_audio and FSD50K.eval_audio.
Clips and their sources are named by Freesound's ids.
"""

from pathlib import Path

from psl.corpora.artefacts import FileClip, write_file_clips
from psl.corpora.classes import Classes, read_vocabulary
from psl.corpora.list_files import bad, choice, copy_lists, parts, records, stem
from psl.params import Published

DEV, EVAL, VOCABULARY = "dev.csv", "eval.csv", "vocabulary.csv"
COLUMNS = ("fname", "labels", "mids")
SPLITS = ("train", "val")
WHERE = "FSD50K.ground_truth, Zenodo record 4060432"


def write_fsd50k(folder: Path, params: Published) -> None:
    """Write manifest.parquet, classes.csv, audioset_classes.csv and a copy of the lists.

    Raises PslError for lists that do not parse or contradict each other.
    """
    lists = Path(params.lists)
    classes = read_vocabulary(lists / VOCABULARY, WHERE)
    write_file_clips(folder, [*_dev(lists / DEV, classes), *_eval(lists / EVAL, classes)], Path(params.audio))
    classes.write(folder)
    classes.say_unmapped("FSD50K")
    copy_lists(lists, (DEV, EVAL, VOCABULARY), folder)


def _dev(path: Path, classes: Classes) -> list[FileClip]:
    clips = []
    for line, row in records(path, ",", (*COLUMNS, "split"), WHERE):
        clips.append(_clip(path, line, row, choice(path, line, row["split"], SPLITS), classes))
    return clips


def _eval(path: Path, classes: Classes) -> list[FileClip]:
    return [_clip(path, line, row, "eval", classes) for line, row in records(path, ",", COLUMNS, WHERE)]


def _clip(path: Path, line: int, row: dict[str, str], subset: str, classes: Classes) -> FileClip:
    """By the mids; the labels beside them must say the same."""
    name, labels, mids = stem(path, line, row["fname"]), parts(row["labels"]), parts(row["mids"])
    if classes.ids(path, line, labels) != list(mids):
        bad(path, line, f"the mids of its labels by {path.parent / VOCABULARY}, not {','.join(mids) or 'none'}")
    return FileClip(name, subset, mids, name)
