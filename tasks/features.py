"""Stage features@CORPUS: the corpus's audio becomes log-mel features, data/features/CORPUS."""

from psl.features.extract import extract
from psl.params import Params
from tasks.shard_runs import shard_runner
from tasks.stage import FEATURES, METADATA, SHARDS, run_key


def work(params: Params, corpus: str) -> None:
    """Read data/metadata/CORPUS, write data/features/CORPUS; computed clips are kept in .shards/features/CORPUS."""
    with shard_runner(params, f"features@{corpus}") as runner:
        extract(METADATA / corpus, FEATURES / corpus, SHARDS / "features" / corpus, params.front_end, params.features, runner)


if __name__ == "__main__":
    run_key("features", "corpus", work)
