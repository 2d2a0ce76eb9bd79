"""Audio classification models of the library transformers, such as AST, Wav2Vec2, HuBERT and WavLM.

The folder is one that `save_pretrained` or a download made (config.json, model.safetensors, preprocessor_config.json),
or one with an annotator.yaml that names a model of the hub by `model` and `revision`
(psl.annotators.hugging_face.hub). Nothing in it is run as code.

The model says nearly all of its contract. `output` it says by its problem_type, which is often left open, also by the
AST checkpoints of AudioSet although they are multi-label: then a person states `logit` for a model that can hear
several classes at once, or `softmax_logit` for one that chooses one class.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psl.annotators.hugging_face.description import (
    Description,
    are_placeholders,
    are_unique,
    describe,
    weight_files,
)
from psl.annotators.hugging_face.hub import CONFIG, EXTRACTOR, INSTALL, model_folder, named_model
from psl.annotators.model import Asked
from psl.config.base import Device
from psl.config.contract import Contract
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

if TYPE_CHECKING:
    from psl.annotators.model import Model

OUTPUTS = ("logit", "softmax_logit")

LIBRARIES = ("torch", "torchaudio", "transformers")


def said(source: Path, stated: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of Contract that the model itself says, those that leave a choice only where nothing is stated.

    A choice are `shorter_windows`, which AST's own extractor fills up, and a `window_samples` that is less than the
    model can take. Raises PslError for a folder that is no model, and for a statement that no model of transformers can
    meet.
    """
    described = describe(model_folder(source))
    fields: dict[str, Any] = {
        "input": "waveform",
        "sample_rate_hz": described.sample_rate_hz,
        "normalisation": "none",  # the feature extractor has its own
        **_window(described, stated),
        **_output(described, stated),
        **_classes(described, stated),
    }
    named = named_model(source)
    return {**fields, "model": named[0], "revision": named[1]} if named else fields


def files(source: Path, stated: Mapping[str, Any] | None = None) -> list[Path]:
    """The files that decide the labels. Raises PslError where one is missing."""
    folder = model_folder(source)
    return [folder / CONFIG, folder / EXTRACTOR, *weight_files(folder)]


def class_list(source: Path) -> Vocabulary | None:
    """The classes of config.json by index; None where it has placeholders for their names.

    Their ids are their names; names that repeat have their indices for ids, and `said` asks for a class list.
    """
    names = describe(model_folder(source)).class_names
    if are_placeholders(names):
        return None
    return Vocabulary(names if are_unique(names) else tuple(map(str, range(len(names)))), names)


def open_model(source: Path, contract: Contract, device: Device) -> "Model":
    """The network on `device`. Raises PslError as psl.annotators.hugging_face.network.open_network does.

    Also for a contract of another sample rate than the model's, and where transformers is not installed.
    """
    described = describe(model_folder(source))
    if contract.sample_rate_hz != described.sample_rate_hz:
        raise PslError(
            f"the contract of {contract.name} states {contract.sample_rate_hz} Hz, and {described.folder / EXTRACTOR} "
            f"{described.sample_rate_hz} Hz: correct the contract"
        )
    try:
        from psl.annotators.hugging_face.network import open_network
    except ImportError as error:
        raise PslError(
            f"{source} needs the package {error.name or 'transformers'}, which is not installed: {INSTALL}"
        ) from None
    return open_network(described, device)


def _window(described: Description, stated: Mapping[str, Any]) -> dict[str, Any]:
    most, wanted = described.longest_samples, stated.get("window_samples")
    chosen = isinstance(wanted, int) and (most is None or wanted <= most)
    fields: dict[str, Any] = {} if chosen else {"window_samples": most}
    return fields if most is None or "shorter_windows" in stated else {**fields, "shorter_windows": "model"}


def _output(described: Description, stated: Mapping[str, Any]) -> dict[str, Any]:
    if described.output is not None:
        return {"output": described.output}
    if stated.get("output", OUTPUTS[0]) not in OUTPUTS:
        raise PslError(
            f"output: {stated['output']} is stated for {described.folder}, and models of transformers give logits: "
            f"state logit for a model that can hear several classes at once, softmax_logit for one that chooses one"
        )
    return {}


def _classes(described: Description, stated: Mapping[str, Any]) -> dict[str, Any]:
    names = described.class_names
    if are_unique(names) and not are_placeholders(names):
        return {} if "classes" in stated else {"classes": "model"}
    if stated.get("classes", "model") == "model":
        wanted = f"FILE, the list of its {len(names)} classes in order"
        twice = next((name for name in names if names.count(name) > 1), None)
        fault = (
            f"has placeholders such as {names[0]} for names" if twice is None else f"calls several classes {twice!r}"
        )
        if "classes" not in stated:  # asked for together with all else that is not stated
            return {"classes": Asked(f"{wanted}, because {CONFIG} {fault}")}
        raise PslError(f"{described.folder / CONFIG} {fault}: state classes: {wanted}")
    return {}
