"""The stage metadata@CORPUS: build or find the corpus, and write one manifest from its official lists."""

from psl.audio.info_cache import file_info_cache
from psl.config import Params
from psl.corpora.readers import write_metadata
from psl.io.csv_tables import write_table
from psl.io.files import atomic_folder
from psl.io.metadata.clip_counts import SubsetCount, count_found, found_lines
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.progress import log
from tasks.stage import METADATA, SHARDS, pick, run_key


def metadata(params: Params, key: str) -> None:
    """Write data/metadata/KEY; file information is cached in .shards/file_info/KEY."""
    corpus = pick(params.corpora, "corpora", key)
    with file_info_cache(SHARDS / "file_info" / key), atomic_folder(METADATA / key) as folder:
        write_metadata(folder, corpus)
        counts = count_found(read_manifest(folder), Subsets.read(folder), Vocabulary.read(folder / "classes.csv"))
        write_table(folder / "summary.csv", SubsetCount, counts)
    for line in found_lines(counts):
        log(f"{key}, {line}")


if __name__ == "__main__":
    run_key("metadata", "corpus", metadata)
