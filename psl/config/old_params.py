"""A params.yaml from before November 2026 rewritten in today's names; to be removed in November 2027."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from psl.config.file import write_params
from psl.config.old_names import KINDS, METRICS, MOVED, NEW_NAMES, PROCEDURAL_BANK
from psl.config.presets import DEFAULT, round_trip_yaml, text_of
from psl.config.synthetic import PROCEDURAL
from psl.config.yaml_read import load_yaml
from psl.runtime.errors import PslError
from psl.runtime.progress import log

KEYED = ("corpora", "students", "transfers", "ensembles", "exports")  # sections whose keys are a person's own


def convert_params(path: Path, presets: Path) -> None:
    """Rewrite the params.yaml at `path` in today's names, with the default preset's comments.

    Where it stated epochs, a line says that the default preset's steps took their place.

    Raises PslError, with the file left alone, when it is not from then, or contradicts itself in today's names.
    """
    old = load_yaml(path, YAML(typ="safe"))
    if not isinstance(old, Mapping) or "windows" not in old:
        raise PslError(f"{path} has no section `windows`, so it is not from before November 2026: nothing to convert")
    params = load_yaml(presets / f"{DEFAULT}.yaml", round_trip_yaml())
    try:
        _fill(params, converted(old))
    except (AttributeError, KeyError, TypeError) as error:
        raise PslError(
            f"{path} lacks what a params.yaml from before November 2026 had ({error!r}): complete it, or start from "
            f"{presets / DEFAULT}.yaml"
        ) from None
    write_params(path, text_of(params))
    trainings = [old.get(section, {}) for section in ("train_annotator", "train_student", "transfer")]
    if any(training.get("max_epochs") for training in (*trainings, *old["sizes"].values())):
        log(
            f"{path} stated max_epochs, and trainings are counted in steps of the optimiser now: max_steps, min_steps, "
            "patience_steps and validation_steps are the default preset's, so check that they fit"
        )


def converted(old: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an old params.yaml, as plain values, in today's form."""
    renamed = {section: _renamed(section, values) for section, values in old.items() if section not in MOVED}
    renamed["corpora"] = {key: _corpus(corpus) for key, corpus in old["corpora"].items()}
    renamed["students"] = _students(old)
    renamed["annotate"]["annotator"] = "annotator"
    if "seed" in old.get("train_annotator", {}):
        renamed["train_annotator"]["seeds"] = [old["train_annotator"]["seed"]]
    renamed["transfers"] = {key: _transfer(transfer) for key, transfer in old["transfers"].items()}
    return {"corpus": "audioset", **renamed, "exports": {}}


def _renamed(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The section without what has moved elsewhere."""
    names = {key: NEW_NAMES.get(f"{section}.{key}") or key for key in values}
    return {name: values[key] for key, name in names.items() if " " not in name}


def _corpus(old: Mapping[str, Any]) -> dict[str, Any]:
    sounds: dict[str, Any] = dict(old.get("sounds", {}))
    if "seconds" in sounds:
        sounds["clip_seconds"] = sounds.pop("seconds")
    entries: dict[str, Any] = {key: value for key, value in old.items() if key != "sounds"} | sounds
    corpus = {NEW_NAMES.get(f"corpora.*.{key}", key): value for key, value in entries.items()}
    corpus["kind"] = KINDS.get(corpus["kind"], corpus["kind"])
    if corpus.get("source") == PROCEDURAL_BANK:
        corpus["source"] = PROCEDURAL
    return corpus


def _transfer(old: Mapping[str, Any]) -> dict[str, Any]:
    return {**old, "metric": METRICS.get(old["metric"], old["metric"])}


def _students(old: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    common = old["train_student"]
    mixed = {"targets": "mix", "alpha": common["alpha"]} if common["targets"] == "mix" else {}
    windows = {
        key: {"window_seconds": window["seconds"], "hop_seconds": window["hop"], **mixed}
        for key, window in old["windows"].items()
    }
    weak = {key: {"targets": "weak"} for key, student in old["students"].items() if "seconds" not in student}
    sizes = {key: {**(windows | weak)[size["labels"]], "width": size["width"]} for key, size in old["sizes"].items()}
    return windows | weak | sizes


def _fill(params: Any, values: Mapping[str, Any]) -> None:
    """Put `values` into what ruamel loaded, whose comments stay where a value does."""
    for section, value in values.items():
        if section in KEYED and params[section] != value:
            params[section] = _written(value, block_depth=2 if section == "corpora" else 1)
        elif isinstance(value, Mapping) and section in params:
            for key, item in value.items():
                if params[section].get(key, ...) != item:
                    params[section][key] = _written(item, block_depth=0)
        else:
            params[section] = value


def _written(value: Any, block_depth: int) -> Any:
    """The value as a person would write it: one line an entry down to `block_depth` levels, the rest in line."""
    if isinstance(value, str):
        return DoubleQuotedScalarString(value) if value.isdigit() else value
    if isinstance(value, list):
        items = CommentedSeq(_written(item, block_depth=0) for item in value)
        items.fa.set_flow_style()
        return items
    if not isinstance(value, Mapping):
        return value
    entries = CommentedMap()
    for key, item in value.items():
        entries[_written(key, block_depth=0)] = _written(item, block_depth - 1)
    if block_depth <= 0:
        entries.fa.set_flow_style()
    return entries
