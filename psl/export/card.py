"""The model card of an exported model, README.md in the layout of Hugging Face: a YAML header, then Markdown."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from ruamel.yaml import YAML

from psl import __version__
from psl.config import Export, FrontEndParams
from psl.export.training_words import annotator_licences, training_words, window_seconds
from psl.export.write import Exported, Variant
from psl.report.tables import DASH, count, decimal, markdown_table, percent, with_interval

LICENCES = re.compile(r"(?i)apache-2\.0|mit|bsd-3-clause|cc0-1\.0|cc-by(-nc)?(-sa)?-[234]\.0")  # of Hugging Face's ids
LEAST_ABOVE_CHANCE = 0.01  # of average precision: a class with less is said to be hardly learned


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """All that a card says."""

    name: str
    export: Export
    corpus: str  # its key and what kind it is
    about: Mapping[str, Any]  # model.json
    evaluation: Mapping[str, Any]  # reports/evaluate/MODEL.json
    classes: Sequence[Mapping[str, str]]  # reports/evaluate/MODEL_classes.csv
    exported: Exported
    commit: str
    n_validation_clips: int | None = None  # on which thresholds.csv was chosen; None: there is none


def model_card(facts: CardFacts) -> str:
    """The text of README.md. Same facts, same text."""
    environment = Environment(
        loader=PackageLoader("psl.export", "."), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    return environment.get_template("card.md.jinja").render(**_values(facts))


def header(facts: CardFacts) -> dict[str, Any]:
    """What Hugging Face reads of a card; a licence that it has no id for is `other` with its name."""
    licence, evaluation = facts.export.licence, facts.evaluation
    known = LICENCES.fullmatch(licence)
    slug = re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-")
    metrics = [{"type": name, "name": name, "value": evaluation[name]} for name in ("mAP", "auc", "d_prime")]
    result = {
        "task": {"type": "audio-classification", "name": "Audio tagging"},
        "dataset": {"type": facts.corpus.split(" ")[0], "name": facts.corpus, "split": "evaluation"},
        "metrics": [metric for metric in metrics if metric["value"] is not None],
    }
    return {
        "license": licence.lower() if known else "other",
        **({} if known else {"license_name": slug or "other"}),
        "library_name": "onnx",
        "pipeline_tag": "audio-classification",
        "tags": ["audio-tagging", "sound-event-detection", "onnxruntime", "psl"],
        "model-index": [{"name": facts.name, "results": [result]}],
    }


def _values(facts: CardFacts) -> dict[str, Any]:
    """Those that the template shows, by its names."""
    about, evaluation, exported = facts.about, facts.evaluation, facts.exported
    front_end = FrontEndParams.model_validate(about["front_end"])
    weak = [row["name"] for row in facts.classes if row["ap"] and _hardly_learned(row)]
    return {
        "header": _yaml(header(facts)),
        "name": facts.name,
        "classes": facts.classes,
        "step_seconds": f"{exported.step_seconds:.2g}",
        "n_parameters": count(about["n_parameters"]),
        "sample_rate": count(front_end.sample_rate_hz),
        "bandwidth": count(round(min(front_end.f_max_hz, front_end.sample_rate_hz / 2))),
        "window": window_seconds(about["trained_on"]),
        "variants": markdown_table([_variant_row(each, exported.variants[0]) for each in exported.variants], ("file",)),
        "n_batches": exported.parity.n_batches,
        "parity_torch": f"{exported.parity.torch:.1e}",
        "parity_stored": f"{exported.parity.stored:.1e}",
        "scores": markdown_table([_scores(evaluation)]),
        "n_clips": count(evaluation["n_clips"]),
        "n_classes": evaluation["n_classes"],
        "chance": percent(evaluation["chance_mAP"]),
        "confidence": f"{100 * evaluation['confidence']:g}",
        "seeds": len(evaluation["seeds"]),
        "seed": facts.export.seed,
        "corpus": facts.corpus,
        "left_out": ", ".join(evaluation["classes_left_out"]),
        "class_table": markdown_table([_class_row(row) for row in facts.classes], ("name",)),
        "training": training_words(about["trained_on"], facts.corpus),
        "weak_classes": ", ".join(weak),
        "licence": facts.export.licence,
        "data_licence": facts.export.data_licence,
        "annotator_licences": annotator_licences(about["trained_on"]),
        "thresholds": facts.n_validation_clips,
        "version": __version__,
        "commit": facts.commit,
        **{name: about[name] for name in ("weights_hash", "front_end_hash", "vocabulary_hash")},
        "parameters": _yaml(
            {
                "architecture": about["architecture"],
                "front_end": about["front_end"],
                "training": about["trained_on"].get("parameters", {}),
            }
        ),
    }


def _variant_row(variant: Variant, float32: Variant) -> dict[str, str]:
    difference = variant.mean_average_precision - float32.mean_average_precision
    place = "model.onnx" if variant == float32 else f"{variant.name}/model.onnx"
    return {
        "variant": variant.name,
        "file": place if variant.kept else "not written",
        "MB": f"{variant.n_bytes / 1e6:.2f}",
        "mAP %": percent(variant.mean_average_precision),
        "difference": f"{round(100 * difference, 2) + 0.0:+.2f}",
    }


def _scores(evaluation: Mapping[str, Any]) -> dict[str, str]:
    return {
        "mAP %": with_interval(evaluation, "mAP"),
        "AUC": decimal(evaluation["auc"], 4),
        "d\N{PRIME}": decimal(evaluation["d_prime"], 3),
    }


def _class_row(row: Mapping[str, str]) -> dict[str, str]:
    columns = {"AP %": "ap", "chance %": "chance_ap"}
    scores = {column: percent(float(row[key])) if row[key] else DASH for column, key in columns.items()}
    return {"id": row["mid"], "name": row["name"].replace("|", "\\|"), "clips": row["positives"], **scores}


def _hardly_learned(row: Mapping[str, str]) -> bool:
    return float(row["ap"]) < float(row["chance_ap"]) + LEAST_ABOVE_CHANCE


def _yaml(value: Any) -> str:
    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = False, 4096, True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(value, text)
    return text.getvalue()
