"""A model's evaluation at a commit: its mAP with bootstrap samples, its classes, and the clips that it scored."""

import csv
import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from psl.evaluation.revisions.revision import Revision
from psl.evaluation.scores.score import Score
from psl.runtime.errors import PslError

ANNOTATOR = "annotator"
METRIC = "mAP"


class Evaluated(NamedTuple):
    """The evaluation of the model `key` at a commit."""

    revision: Revision
    key: str
    score: Score
    classes: dict[str, dict[str, str]]  # rows of the table of classes, by mid
    confidence: float

    @property
    def stage(self) -> str:
        """The stage that made it."""
        return stage_of(self.key)


def keys_of(revision: Revision) -> list[str]:
    """The models that were evaluated at a commit."""
    keys = [stage.removeprefix("evaluate@") for stage in revision.stages if stage.startswith("evaluate@")]
    return [*([ANNOTATOR] if stage_of(ANNOTATOR) in revision.stages else []), *keys]


def stage_of(key: str) -> str:
    """The stage that evaluates a model."""
    return f"evaluate_{ANNOTATOR}" if key == ANNOTATOR else f"evaluate@{key}"


def evaluated(revision: Revision, key: str) -> Evaluated:
    """Read it. Raises PslError for an unknown model, and where git or DVC's cache lacks a file."""
    if key not in (keys := keys_of(revision)):
        raise PslError(f"{revision} has no evaluated model {key}: it has {', '.join(keys) or 'none'}")
    summary = json.loads(_in_git(revision, f"reports/evaluate/{key}.json"))
    samples = json.loads(revision.cached(stage_of(key), f"data/bootstrap/evaluate/{key}.json").read_bytes())
    sample_D = np.array([np.nan if value is None else value for value in samples[METRIC]], np.float64)
    score = Score(METRIC, summary[METRIC], np.array(summary[f"{METRIC}_seeds"], np.float64), sample_D=sample_D)
    rows = csv.DictReader(_in_git(revision, f"reports/evaluate/{key}_classes.csv").splitlines())
    return Evaluated(revision, key, score, {row["mid"]: row for row in rows}, summary["confidence"])


def require_same_classes(first: Evaluated, second: Evaluated) -> None:
    """Raise PslError unless the mAP of both is the mean over the same classes."""
    scored = [{mid for mid, row in each.classes.items() if row["ap"]} for each in (first, second)]
    if scored[0] != scored[1]:
        other = scored[0] ^ scored[1]
        raise PslError(
            f"{first.key} was scored on {len(scored[0])} classes at {first.revision} and on {len(scored[1])} at "
            f"{second.revision}, such as {min(other)} at one alone: their mAP is not of the same classes"
        )


def require_same_clips(first: Evaluated, second: Evaluated) -> None:
    """Raise PslError unless both were scored on the same clips with the same labels, in the same bootstrap samples."""
    drawn = [_drawn(each) for each in (first, second)]
    if drawn[0] != drawn[1]:
        raise PslError(
            f"{first.revision} and {second.revision} drew other bootstrap samples ({drawn[0]} and {drawn[1]}), so "
            f"{first.key} cannot be compared in pairs: evaluate both with the same evaluate.bootstrap_samples and seed"
        )
    if _data(first) == _data(second):
        return
    clips = [_clips(each) for each in (first, second)]
    if not clips[0].equals(clips[1]):
        shared = len(set(clips[0]["clip_id"].to_pylist()) & set(clips[1]["clip_id"].to_pylist()))
        raise PslError(
            f"{first.key} was scored on {len(clips[0])} clips at {first.revision} and on {len(clips[1])} at "
            f"{second.revision}, {shared} of them the same, or with other labels: only results on the same labelled "
            "clips can be compared in pairs, so evaluate one of the commits on the other's corpus"
        )


def _in_git(revision: Revision, path: str) -> str:
    text = revision.text(path)
    if text is None:
        raise PslError(f"{revision} has no {path} in git: run `dvc repro` and commit reports/ there")
    return text


def _drawn(model: Evaluated) -> str:
    """How the bootstrap samples were drawn."""
    assert model.score.sample_D is not None
    settings = model.revision.stages[model.stage]["params"]["params.yaml"]["evaluate"]
    return f"{len(model.score.sample_D)} with seed {settings['seed']}"


def _data(model: Evaluated) -> dict[str, str]:
    """The hashes of what decides which clips are scored and what is true of them."""
    deps = model.revision.stages[model.stage]["deps"]
    folders = ("data/metadata/", "data/features/", "data/leaks/")
    return {dep["path"]: dep["md5"] for dep in deps if dep["path"].startswith(folders)}


def _clips(model: Evaluated) -> pa.Table:
    """clip_id and labels of the scored clips, in their order."""
    paths = {path.split("/")[1]: path for path in _data(model)}

    def read(path: str) -> Any:
        return model.revision.cached(model.stage, path)

    corpus = json.loads(read(f"{paths['metadata']}/corpus.json").read_bytes())
    subsets = [subset["name"] for subset in corpus["subsets"] if not subset["trains"]]
    index = pq.read_table(read(f"{paths['features']}/index.parquet"), columns=["subset", "clip_id"])
    excluded = pq.read_table(read(paths["leaks"]))
    left_out = excluded.filter(pc.equal(excluded["corpus"], paths["metadata"].split("/")[-1]))["clip_id"]
    ids = index.filter(pc.is_in(index["subset"], pa.array(subsets, pa.string())))["clip_id"]
    ids = ids.filter(pc.invert(pc.is_in(ids, left_out.combine_chunks())))
    manifest = pq.read_table(read(f"{paths['metadata']}/manifest.parquet"), columns=["clip_id", "labels", "looked_for"])
    return manifest.take(pc.index_in(ids, manifest["clip_id"].combine_chunks()))
