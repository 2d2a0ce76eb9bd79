"""The stage network_annotator: which network train_annotator trains, and a hash of its code."""

from psl.config import ANNOTATOR, Params
from tasks import stage
from tasks.network import scored_windows, write_network


def work(params: Params) -> None:
    """Write data/networks/annotator.json."""
    windows = scored_windows(params.evaluate, params.detect)
    write_network(ANNOTATOR, params.train_annotator.architecture, params.front_end, windows)


if __name__ == "__main__":
    stage.run("network_annotator", work)
