"""FSDKaggle2018: Freesound clips with one of 41 labels each; subsets train and test, with what listeners verified.

`source` is the folder FSDKaggle2018.meta, `audio` a folder above FSDKaggle2018.audio_train and
FSDKaggle2018.audio_test. details.parquet keeps `manually_verified` of train and `usage` (Public or Private) of test.
"""

from pathlib import Path

from psl.config import Published
from psl.corpora.lists.classes import OWN_TABLE, Classes, by_table
from psl.corpora.lists.writer import FileClip, write_file_clips
from psl.io.list_files import choice, copy_lists, parsed, records, stem
from psl.io.metadata.subsets import Subset, Subsets

TRAIN, TEST = "train_post_competition.csv", "test_post_competition_scoring_clips.csv"
COLUMNS = ("fname", "label", "freesound_id")
VERIFIED = {"0": False, "1": True}
USAGES = ("Public", "Private")
WHERE = "FSDKaggle2018.meta, Zenodo record 2552860"
SUBSETS = Subsets((Subset("test", trains=False), Subset("train", trains=True)), recordings="freesound")


def write(folder: Path, params: Published) -> None:
    """Write manifest.parquet, details.parquet, classes.csv, audioset_classes.csv and a copy of the lists.

    Raises PslError for lists that do not parse, contradict each other, or name labels outside the corpus's 41.
    """
    lists = Path(params.source)
    classes = by_table("fsdkaggle2018", lists)
    write_file_clips(folder, [*_train(lists / TRAIN, classes), *_test(lists / TEST, classes)], Path(params.audio))
    classes.write(folder)
    classes.log_unmapped("FSDKaggle2018")
    copy_lists(lists, (TRAIN, TEST, OWN_TABLE), folder)


def _train(path: Path, classes: Classes) -> list[FileClip]:
    def clip(line: int, row: dict[str, str]) -> FileClip:
        verified = VERIFIED[choice(path, line, row["manually_verified"], tuple(VERIFIED))]
        return _clip(path, line, row, classes, subset="train")._replace(manually_verified=verified)

    return list(parsed(path, records(path, ",", (*COLUMNS, "manually_verified"), WHERE), clip))


def _test(path: Path, classes: Classes) -> list[FileClip]:
    def clip(line: int, row: dict[str, str]) -> FileClip:
        usage = choice(path, line, row["usage"], USAGES)
        return _clip(path, line, row, classes, subset="test")._replace(usage=usage)

    return list(parsed(path, records(path, ",", (*COLUMNS, "usage"), WHERE), clip))


def _clip(path: Path, line: int, row: dict[str, str], classes: Classes, *, subset: str) -> FileClip:
    name = stem(path, line, row["fname"])
    return FileClip(name, subset, classes.ids(path, line, (row["label"],)), row["freesound_id"] or name)
