"""Stage features@CORPUS: the corpus's audio becomes log-mel features, data/features/CORPUS."""

from psl.audio.info_cache import file_info_cache
from psl.config import Params
from psl.features.extraction.extract import extract
from psl.features.extraction.outcomes import Outcome, lines, outcomes
from psl.io.csv_tables import write_table
from psl.io.features.clip_status import read_clip_status
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.progress import log
from tasks.shard_runs import shard_runner
from tasks.stage import FEATURES, METADATA, REPORTS, SHARDS, run_key


def work(params: Params, corpus: str) -> None:
    """Read data/metadata/CORPUS, write data/features/CORPUS and reports/clips/CORPUS.csv.

    Computed clips are kept in .shards/features/CORPUS; what audio was found to be is known from the stage metadata.
    """
    with file_info_cache(SHARDS / "file_info" / corpus), shard_runner(params, f"features@{corpus}") as runner:
        extract(
            METADATA / corpus,
            FEATURES / corpus,
            SHARDS / "features" / corpus,
            params.front_end,
            params=params.features,
            runner=runner,
        )
    status, classes = read_clip_status(FEATURES / corpus)["status"], Vocabulary.read(METADATA / corpus / "classes.csv")
    metadata = METADATA / corpus
    counted = outcomes(read_manifest(metadata), Subsets.read(metadata), status, classes)
    write_table(REPORTS / "clips" / f"{corpus}.csv", Outcome, counted)
    for line in lines(counted):
        log(f"{corpus}, {line}")


if __name__ == "__main__":
    run_key("features", "corpus", work)
