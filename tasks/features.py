"""Stage features@CORPUS: the corpus's audio becomes log-mel features, data/features/CORPUS."""

from psl.audio_places.remembered import remembering
from psl.features.clip_table import read_clips
from psl.features.extract import extract
from psl.features.outcomes import Outcome, lines, outcomes
from psl.manifest import read_manifest
from psl.params import Params
from psl.progress import say
from psl.tables import write_table
from psl.vocabulary import Vocabulary
from tasks.shard_runs import shard_runner
from tasks.stage import FEATURES, METADATA, REPORTS, SHARDS, run_key


def work(params: Params, corpus: str) -> None:
    """Read data/metadata/CORPUS, write data/features/CORPUS and reports/clips/CORPUS.csv.

    Computed clips are kept in .shards/features/CORPUS; what audio was found to be is known from the stage metadata.
    """
    with remembering(SHARDS / "looks" / corpus), shard_runner(params, f"features@{corpus}") as runner:
        extract(METADATA / corpus, FEATURES / corpus, SHARDS / "features" / corpus, params.front_end, params.features, runner)
    status, classes = read_clips(FEATURES / corpus)["status"], Vocabulary.read(METADATA / corpus / "classes.csv")
    counted = outcomes(read_manifest(METADATA / corpus), status, classes)
    write_table(REPORTS / "clips" / f"{corpus}.csv", Outcome, counted)
    for line in lines(counted):
        say(f"{corpus}, {line}")


if __name__ == "__main__":
    run_key("features", "corpus", work)
