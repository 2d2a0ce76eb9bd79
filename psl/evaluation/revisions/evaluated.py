"""A model's evaluation at a commit: its scores of the clips, and their labels, from DVC's cache."""

from typing import Any, NamedTuple

import pyarrow as pa

from psl.evaluation.revisions.revision import LOCK, Revision
from psl.io.clip_scores import ModelScores, read_clip_scores
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import read_parquet
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError

ANNOTATOR = "annotator"
SCORES = "data/scores"


class Evaluated(NamedTuple):
    """The evaluation of the model `key` at a commit."""

    revision: Revision
    key: str
    scores: ModelScores  # of the classes that the model has
    manifest: pa.Table  # of the corpus
    corpus: Vocabulary  # its classes

    @property
    def settings(self) -> dict[str, Any]:
        """The parameters `evaluate` of the commit."""
        return self.revision.stages[stage_of(self.key)]["params"]["params.yaml"]["evaluate"]


def keys_of(revision: Revision) -> list[str]:
    """The models that were evaluated at a commit."""
    keys = [stage.removeprefix("evaluate@") for stage in revision.stages if stage.startswith("evaluate@")]
    return [*([ANNOTATOR] if stage_of(ANNOTATOR) in revision.stages else []), *keys]


def stage_of(key: str) -> str:
    """The stage that evaluates a model."""
    return f"evaluate_{ANNOTATOR}" if key == ANNOTATOR else f"evaluate@{key}"


def evaluated(revision: Revision, key: str) -> Evaluated:
    """The evaluation of a model at a commit.

    Raises PslError for an unknown model, for what DVC's cache lacks, and for what another version of psl wrote.
    """
    if key not in (keys := keys_of(revision)):
        raise PslError(f"{revision} has no evaluated model {key}: it has {', '.join(keys) or 'none'}")
    stage, path = stage_of(key), f"{SCORES}/{key}.parquet"
    if path not in (out["path"] for out in revision.stages[stage].get("outs", [])):
        raise PslError(f"psl did not keep {path} yet at {revision}: compare commits that have it in {LOCK}")
    deps = (dep["path"] for dep in revision.stages[stage]["deps"])
    metadata = next(dep for dep in deps if dep.startswith("data/metadata/"))
    places = [path, *(f"{metadata}/{name}" for name in ("manifest.parquet", "classes.csv"))]
    scores, manifest, classes = (revision.cached(stage, place) for place in places)
    try:
        table = read_parquet(manifest, MANIFEST, "manifest", "metadata")
        return Evaluated(revision, key, read_clip_scores(scores, key), table, Vocabulary.read(classes))
    except PslError as error:
        raise PslError(
            f"{key} of {revision} cannot be compared ({str(error).partition(': run')[0]}): compare commits that this "
            "version of psl wrote"
        ) from None
