"""FSDKaggle2019: clips with some of 80 labels; subsets curated (Freesound), noisy (Flickr) and test.

`source` is the folder FSDKaggle2019.meta, `audio` a folder above the three unpacked audio folders. Six curated files
are known to be bad and are left out. details.parquet keeps the `usage` (Public or Private) of test.
"""

from pathlib import Path

from psl.config import Published
from psl.corpora.lists.classes import OWN_TABLE, Classes, by_table
from psl.corpora.lists.writer import FileClip, write_file_clips
from psl.io.list_files import choice, copy_lists, parsed, parts, records, stem
from psl.io.metadata.subsets import Subset, Subsets
from psl.runtime.progress import log

CURATED, NOISY, TEST = (
    "train_curated_post_competition.csv",
    "train_noisy_post_competition.csv",
    "test_post_competition.csv",
)
USAGES = ("Public", "Private")
WHERE = "FSDKaggle2019.meta, Zenodo record 3612637"
BAD_FILES = {name: "wrong label" for name in ("f76181c4", "77b925c2", "6a1f682a", "c7db12aa", "7752cc8a")} | {
    "1d44b0bd": "silent"
}
SUBSETS = Subsets(
    (Subset("curated", trains=True), Subset("noisy", trains=True), Subset("test", trains=False)), recordings="freesound"
)


def write(folder: Path, params: Published) -> None:
    """Write manifest.parquet, details.parquet, classes.csv, audioset_classes.csv and a copy of the lists.

    Raises PslError for lists that do not parse, contradict each other, or name labels outside the corpus's 80.
    """
    lists = Path(params.source)
    classes = by_table("fsdkaggle2019", lists)
    curated = _without_bad_files(_clips(lists / CURATED, "curated", "freesound_id", classes))
    noisy = _clips(lists / NOISY, "noisy", "flickr_video_URL", classes)
    test = _clips(lists / TEST, "test", "freesound_id", classes)
    write_file_clips(folder, [*curated, *noisy, *test], Path(params.audio))
    classes.write(folder)
    classes.log_unmapped("FSDKaggle2019")
    copy_lists(lists, (CURATED, NOISY, TEST, OWN_TABLE), folder)


def _clips(path: Path, subset: str, source: str, classes: Classes) -> list[FileClip]:
    """The clips of a list; the column `source` names the recording that a clip is from."""
    with_usage = ("usage",) if subset == "test" else ()

    def clip(line: int, row: dict[str, str]) -> FileClip:
        name, labels = stem(path, line, row["fname"]), classes.ids(path, line, parts(row["labels"]))
        usage = choice(path, line, row["usage"], USAGES) if with_usage else None
        return FileClip(name, subset, labels, row[source] or name, usage=usage)

    return list(parsed(path, records(path, ",", ("fname", "labels", source, *with_usage), WHERE), clip))


def _without_bad_files(clips: list[FileClip]) -> list[FileClip]:
    """All but BAD_FILES, which are logged."""
    bad_files = [f"{clip.clip_id} ({BAD_FILES[clip.clip_id]})" for clip in clips if clip.clip_id in BAD_FILES]
    if bad_files:
        names = ", ".join(bad_files)
        log(f"FSDKaggle2019: {len(bad_files)} curated files are known to be bad and are left out: {names}")
    return [clip for clip in clips if clip.clip_id not in BAD_FILES]
