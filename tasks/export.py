"""The stage export@KEY: one trained network as ONNX, with its smaller variants and a model card."""

import csv
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotator import Annotator
from psl.annotators.inference.clip_scores import clip_scores
from psl.annotators.inference.clips.audio import AudioClips
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.build import build_network
from psl.config import Params
from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.summary import rows_of
from psl.export.thresholds import THRESHOLDS, Threshold, choose_thresholds
from psl.io.csv_tables import write_dicts
from psl.io.features.excluded import kept_store
from psl.io.features.store import FeatureStore
from psl.io.files import atomic_folder, write_json, write_text
from psl.io.metadata.manifest import known_targets, read_manifest, subset_rows, weak_targets
from psl.io.metadata.subsets import Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from tasks import stage
from tasks.evaluate import evaluation_clips, require_fit
from tasks.validation_clips import score_validation_clips

if TYPE_CHECKING:
    from psl.annotators.inference.network.saved_model import SavedModel
    from psl.export.card import CardFacts
    from psl.export.write import Exported

EXPORTS = stage.DATA / "exports"
PARITY_CLIPS, TRAINING_CLIPS = 100, 64  # that the model is compared with torch on, and that int8 is fitted to
LONGEST_SECONDS = 30  # of such a clip
CODE = ("psl", "models", "tasks", "params.yaml")  # what a commit in the model card is a commit of
Floats = npt.NDArray[np.float32]


def work(params: Params, key: str) -> None:
    """Write data/exports/KEY and reports/export/KEY.json; nothing where the model differs from torch's."""
    try:
        from psl.annotators.inference.network.saved_model import load  # torch: see tasks/stage.py
        from psl.export.card import CardFacts
        from psl.export.write import export
    except ModuleNotFoundError as error:
        raise PslError(f"exports need {error.name}, which is not installed: `pip install -e '.[export]'`") from None

    settings, corpus = stage.pick(params.exports, "exports", key), params.corpora[params.corpus]
    store, vocabulary = evaluation_clips(params.corpus)
    model = load(stage.TRAINED / settings.model / f"seed{settings.seed}", build_network, "cpu")
    require_fit(model, vocabulary, store, params.corpus)
    clips = AudioClips(store, stage.METADATA / params.corpus, store.front_end.sample_rate_hz)
    with atomic_folder(EXPORTS / key) as folder:
        exported = export(
            folder,
            model,
            name=f"psl {key}",
            licence=settings.licence,
            clips=parity_clips(clips),
            training_mels=training_mels(params, store),
            score=scorer(params, store, vocabulary, clips),
        )
        thresholds = choose(params, model)
        for variant in exported.variants:
            if variant.kept:
                write_thresholds(variant.folder(folder), model.vocabulary, thresholds)
        facts = CardFacts(
            name=f"psl {key}",
            export=settings,
            corpus=f"{params.corpus} ({corpus.kind})",
            about=model.about,
            evaluation=json.loads((stage.REPORTS / f"evaluate/{settings.model}.json").read_text(encoding="utf-8")),
            classes=class_rows(settings.model),
            exported=exported,
            commit=commit(),
            n_validation_clips=model.about["trained_on"]["n_validation_clips"] if thresholds else None,
        )
        write_cards(folder, facts)
    write_summary(key, exported)


def choose(params: Params, model: "SavedModel") -> list[Threshold]:
    """The threshold of each class, by the validation clips; none where these are not known any more."""
    batch = params.evaluate.inference_batch_size
    validated = score_validation_clips(model, params.corpus, params.annotate.subset, batch)
    if validated is None:
        log("the validation clips of this network are not known, so no thresholds are chosen: psl tag takes 0.5")
        return []
    return choose_thresholds(validated.y_NC, validated.p_NC, validated.known_NC)


def write_thresholds(folder: Path, vocabulary: Vocabulary, thresholds: Sequence[Threshold]) -> None:
    """Write thresholds.csv, which psl tag takes where no other thresholds are given; nothing where there are none."""
    rows = [
        {"class": mid, "threshold": f"{each.value:.9g}", "name": name, "validation_clips": each.positives, "f1": f1}
        for mid, name, each in zip(vocabulary.mids, vocabulary.names, thresholds, strict=bool(thresholds))
        for f1 in [f"{each.f1:.4f}" if each.f1 == each.f1 else ""]
    ]
    if rows:
        write_dicts(folder / THRESHOLDS, list(rows[0]), rows)


def write_cards(folder: Path, facts: "CardFacts") -> None:
    """Write README.md into the folder of each variant."""
    from psl.export.card import model_card

    for variant in facts.exported.variants:
        if variant.kept:
            own = facts if variant.folder(folder) == folder else replace(facts, name=f"{facts.name} ({variant.name})")
            write_text(variant.folder(folder) / "README.md", model_card(own))


def parity_clips(clips: AudioClips) -> list[Floats]:
    """x_T of some clips, spread over all, none longer than LONGEST_SECONDS."""
    longest = LONGEST_SECONDS * clips.axis.sample_rate_hz
    return [content[:longest] for content in clips.reader(spread(len(clips.clip_ids), PARITY_CLIPS))()]


def training_mels(params: Params, evaluated: FeatureStore) -> list[Floats]:
    """mel_TF of some training clips, spread over all, none longer than LONGEST_SECONDS."""
    front_end, subsets = evaluated.front_end, Subsets.read(stage.METADATA / params.corpus)
    store = kept_store(stage.FEATURES / params.corpus, subsets.training(), stage.EXCLUDED)
    longest = LONGEST_SECONDS * front_end.sample_rate_hz // front_end.hop_length_samples
    reader = FeatureClips(store).reader(spread(len(store), TRAINING_CLIPS))
    return [content[:longest].astype(np.float32) for content in reader()]


def spread(n_clips: int, wanted: int) -> list[int]:
    """Numbers of at most `wanted` clips at equal distances.

    >>> spread(10, 4), spread(2, 4)
    ([0, 2, 5, 7], [0, 1])
    """
    n_chosen = min(n_clips, wanted)
    return [number * n_clips // n_chosen for number in range(n_chosen)]


def scorer(
    params: Params, store: FeatureStore, vocabulary: Vocabulary, clips: AudioClips
) -> Callable[[Annotator], float]:
    """Gives the mAP of an annotator on the evaluation clips, from their audio."""
    metadata = stage.METADATA / params.corpus
    rows = subset_rows(read_manifest(metadata), Subsets.read(metadata).evaluating())
    row_N = rows_of(store.clip_ids, rows["clip_id"].to_pylist())
    y_NC, known_NC = weak_targets(rows, vocabulary)[row_N], known_targets(rows, vocabulary)
    known_NC = None if known_NC is None else known_NC[row_N]

    def score(annotator: Annotator) -> float:
        score_NC = clip_scores(annotator, clips, params.evaluate.inference_batch_size)
        return float(np.nanmean(average_precision(y_NC, score_NC, known_NC)))

    return score


def class_rows(model: str) -> list[dict[str, str]]:
    """The rows of reports/evaluate/MODEL_classes.csv."""
    with (stage.REPORTS / f"evaluate/{model}_classes.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def commit() -> str:
    """The last commit of code or parameters, for people."""
    try:
        last = _git("log", "-1", "--format=%H", "--", *CODE)
        changed = _git("status", "--porcelain", "--", *CODE)
    except (OSError, subprocess.CalledProcessError):
        return "of no commit"
    return f"of the commit {last}{' and later changes' if changed else ''}" if last else "of no commit"


def write_summary(key: str, exported: "Exported") -> None:
    """Write reports/export/KEY.json, for `dvc metrics`."""
    variants = {
        variant.name: {"mAP": round(variant.mean_average_precision, 6), "bytes": variant.n_bytes, "kept": variant.kept}
        for variant in exported.variants
    }
    write_json(
        stage.REPORTS / "export" / f"{key}.json",
        {
            "variants": variants,
            "difference_from_torch": float(f"{exported.parity.torch:.1e}"),
            "difference_from_stored_features": float(f"{exported.parity.stored:.1e}"),
        },
    )
    kept = ", ".join(variant.name for variant in exported.variants if variant.kept)
    log(f"{EXPORTS / key}: {kept}; probabilities within {exported.parity.torch:.1e} of torch's")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    stage.run_key("export", "export", work)
