"""What the flows of a preset and of one's own recordings do to params.yaml before everything runs."""

import os
from pathlib import Path

from prefect.logging import get_run_logger

from psl.config.presets import apply_preset
from psl.corpora.custom.check import InitRequest
from psl.corpora.custom.settings import corpus_name
from psl.corpora.custom.write import init_corpus
from tasks.params import PRESETS, require_files
from tasks.stage import PARAMS

EVAL_SHARE, SEED = 0.2, 1  # those of `psl init`


def use_preset(name: str) -> list[str]:
    """Write params.yaml from the preset; the targets that then run. Raises PslError as `make repro` does."""
    apply_preset(PRESETS, name, PARAMS, require_files)
    return []


def use_own_data(folder: str, labels: str | None) -> list[str]:
    """Make FOLDER.corpus and write it into params.yaml; the targets that then run. Raises PslError for its faults."""
    recordings = Path(os.path.abspath(folder))
    request = InitRequest(recordings, Path(labels) if labels else None, None, None, ignore_unlisted=False)
    corpus = recordings.with_name(f"{recordings.name}.corpus")
    said = init_corpus(request, corpus, EVAL_SHARE, SEED, params=PARAMS, name=corpus_name(recordings.name))
    get_run_logger().info(said)
    return []
