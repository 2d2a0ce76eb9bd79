"""Stage metadata@CORPUS: build or find the corpus, write one manifest from its official lists, and count what was found."""

from psl.audio_places.remembered import remembering
from psl.corpora.registry import WRITERS
from psl.corpora.summary import Count, lines, summary
from psl.files import write_whole_folder
from psl.manifest import read_manifest
from psl.params import Params
from psl.progress import say
from psl.tables import write_table
from psl.vocabulary import Vocabulary
from tasks.stage import METADATA, SHARDS, pick, run_key


def metadata(params: Params, key: str) -> None:
    """Write data/metadata/KEY; what audio was found to be is kept in .shards/looks/KEY."""
    corpus = pick(params.corpora, "corpora", key)
    with remembering(SHARDS / "looks" / key), write_whole_folder(METADATA / key) as folder:
        WRITERS[corpus.kind](folder, corpus)
        counts = summary(read_manifest(folder), Vocabulary.read(folder / "classes.csv"))
        write_table(folder / "summary.csv", Count, counts)
    for line in lines(counts):
        say(f"{key}, {line}")


if __name__ == "__main__":
    run_key("metadata", "corpus", metadata)
