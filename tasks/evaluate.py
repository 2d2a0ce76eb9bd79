"""The stage evaluate@KEY: one student, all its seeds, on the evaluation clips of its corpus."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.clip_scores import Highest, clip_scores, highest_of_windows
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.scorer import Windowing
from psl.config import ANNOTATOR, Evaluate, Params
from psl.evaluation.tagging.chance import chance_sentences
from psl.evaluation.tagging.summary import class_columns, evaluate, rows_of
from psl.io.clip_scores import ModelScores, SeedScores, write_clip_scores
from psl.io.csv_tables import write_dicts
from psl.io.features.excluded import kept_store
from psl.io.features.front_end import require_same_front_end
from psl.io.features.store import FeatureStore
from psl.io.files import write_json
from psl.io.metadata.manifest import known_targets, read_manifest, subset_rows, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.progress import log
from tasks.stage import BOOTSTRAP, EXCLUDED, FEATURES, METADATA, REPORTS, SCORES, TRAINED, run_key

if TYPE_CHECKING:
    from psl.annotators.inference.network.saved_model import SavedModel


class Scores(NamedTuple):
    """Scores of clips by each seed of a model."""

    score_SNC: dict[int, npt.NDArray[np.float32]]  # of whole clips
    highest: dict[int, Highest]  # of their windows
    n_train_clips: int | None  # that it was trained on, those of validation apart; None when its maker did not say
    unmatched: tuple[int, ...] | None = None  # numbers of the classes that an annotator does not have, see evaluate
    costs: Mapping[str, int | None] = MappingProxyType({})  # n_parameters and so on, of one seed's network


def work(params: Params, key: str) -> None:
    """Write the reports of a student, reports/evaluate/KEY*, its scores and bootstrap samples, data/scores/KEY.parquet
    and data/bootstrap/evaluate/KEY.json.
    """
    store, vocabulary = evaluation_clips(params.corpus)
    scores = model_scores(params, key, store, vocabulary)
    write_evaluation(key, params.corpus, params.evaluate, store, scores=scores)


def evaluation_clips(corpus: str) -> tuple[FeatureStore, Vocabulary]:
    """The features of the corpus's evaluation clips, and its classes."""
    metadata = METADATA / corpus
    store = kept_store(FEATURES / corpus, Subsets.read(metadata).evaluating(), EXCLUDED)
    return store, Vocabulary.read(metadata / "classes.csv")


def write_evaluation(key: str, corpus: str, settings: Evaluate, store: FeatureStore, *, scores: Scores) -> None:
    """Write the reports of one model, from its scores of the clips of `store`."""
    metadata = METADATA / corpus
    vocabulary = Vocabulary.read(metadata / "classes.csv")
    requested = subset_rows(read_manifest(metadata), Subsets.read(metadata).evaluating())
    row_N = rows_of(store.clip_ids, requested["clip_id"].to_pylist())
    y_NC, known_NC = weak_targets(requested, vocabulary)[row_N], known_targets(requested, vocabulary)
    found = evaluate(
        y_NC,
        scores.score_SNC,
        vocabulary,
        highest_SNC={seed: highest.score_NC for seed, highest in scores.highest.items()},
        known_NC=None if known_NC is None else known_NC[row_N],
        unmatched=scores.unmatched,
        bootstrap_samples=settings.bootstrap_samples,
        confidence=settings.confidence,
        seed=settings.seed,
    )
    counts = {
        **scores.costs,
        "n_clips_unread": len(requested) - len(store.clip_ids) - store.n_excluded,
        "n_clips_excluded": store.n_excluded,
        "n_train_clips": scores.n_train_clips,
        "window_seconds": settings.window_seconds,
        "hop_seconds": settings.hop_seconds,
    }
    if counts["n_clips_unread"]:
        log(
            f"{key}: {counts['n_clips_unread']} of {len(requested)} clips to evaluate on have no features "
            "(see clips.parquet beside them)"
        )
    write_clip_scores(SCORES / f"{key}.parquet", kept_scores(store.clip_ids, vocabulary, scores))
    write_json(REPORTS / "evaluate" / f"{key}.json", found.summary | counts)
    write_json(BOOTSTRAP / "evaluate" / f"{key}.json", found.samples)
    write_dicts(REPORTS / "evaluate" / f"{key}_classes.csv", class_columns(known_NC), found.classes)
    log(
        f"{key}: mAP {found.summary['mAP']:.4f} "
        f"({found.summary['mAP_low']:.4f} to {found.summary['mAP_high']:.4f}), {len(y_NC)} clips"
    )
    is_annotator = key == ANNOTATOR
    name = "The annotator" if is_annotator else f"Student {key}"
    for sentence in chance_sentences(name, found.summary, found.classes, is_annotator=is_annotator):
        log(sentence)


def model_scores(params: Params, key: str, store: FeatureStore, vocabulary: Vocabulary) -> Scores:
    """Of a student. Raises PslError for a model of other classes or of another front end."""
    from psl.annotators.inference.network.saved_model import load, seed_folders  # torch: see tasks/stage.py

    settings, clips = params.evaluate, FeatureClips(store)
    models = {
        seed: load(folder, build_network, settings.device) for seed, folder in seed_folders(TRAINED / key).items()
    }
    for model in models.values():
        require_fit(model, vocabulary, store, params.corpus)
    first = next(iter(models.values()))
    batch, windowing = settings.inference_batch_size, windowing_of(settings)
    return Scores(
        {seed: clip_scores(model, clips, batch) for seed, model in models.items()},
        {seed: highest_of_windows([(model, clips)], itemgetter(0), windowing, batch) for seed, model in models.items()},
        n_train_clips(first),
        costs=costs_of(first),
    )


def kept_scores(clip_ids: Sequence[str], vocabulary: Vocabulary, scores: Scores) -> ModelScores:
    """The scores in the classes that the model has."""
    numbers = [number for number in range(len(vocabulary)) if number not in (scores.unmatched or ())]
    seeds = {
        seed: SeedScores(p_NC[:, numbers], highest.score_NC[:, numbers], highest.start_ms_NC[:, numbers])
        for (seed, p_NC), highest in zip(scores.score_SNC.items(), scores.highest.values(), strict=True)
    }
    return ModelScores(clip_ids, vocabulary.only(numbers), seeds)


def costs_of(model: "SavedModel") -> dict[str, int | None]:
    """Parameters, bytes on disk and multiply-adds of one seed's network."""
    from psl.annotators.inference.network.saved_model import WEIGHTS  # torch: see tasks/stage.py
    from psl.evaluation.costs import multiply_adds_per_second

    return {
        "n_parameters": model.n_parameters,
        "n_bytes": (Path(model.name) / WEIGHTS).stat().st_size,
        "multiply_adds_per_second": multiply_adds_per_second(model),
    }


def windowing_of(settings: Evaluate) -> Windowing:
    """How clips are cut where the highest of their windows is their score; the last one ends with the clip."""
    return Windowing.of_seconds(settings.window_seconds, settings.hop_seconds)


def require_fit(model: "SavedModel", vocabulary: Vocabulary, store: FeatureStore, corpus: str) -> None:
    """Raise PslError unless the model knows the corpus's classes and was trained on this front end."""
    vocabulary.require_same(model.vocabulary, f"the corpus {corpus}", model.name)
    require_same_front_end(model.name, model.input.front_end_hash, store.front_end_hash)


def n_train_clips(model: "SavedModel") -> int | None:
    """Clips that the model was trained on, those of validation apart; None for one whose maker did not say."""
    return model.about["trained_on"].get("n_training_clips")


if __name__ == "__main__":
    run_key("evaluate", "model", work)
