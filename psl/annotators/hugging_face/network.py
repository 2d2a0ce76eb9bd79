"""A network of transformers with its feature extractor: windows of sound go in, logits come out.

Nothing is padded to a batch mate, cut, or computed over the batch, so that the logits of a window are its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_AUDIO_CLASSIFICATION_MAPPING_NAMES as AUDIO_CLASSIFIERS
from transformers.utils.import_utils import is_speech_available

from psl.annotators.hugging_face.description import AST, Description, weight_files
from psl.annotators.hugging_face.hub import CONFIG, INSTALL
from psl.annotators.hugging_face.quiet import quiet
from psl.annotators.inference.network.devices import Device, pick_device
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class AudioClassifier:
    """A psl.annotators.model.Model of windows x_BT at the sample rate of `extractor`."""

    network: Any  # of transformers, in eval mode
    extractor: Any
    where: torch.device
    shortest_samples: int
    longest_samples: int | None  # the extractor would cut a longer window silently

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where the network computes; features are extracted on the CPU."""
        return "cuda" if self.where.type == "cuda" else "cpu"

    def __call__(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits raw_BC of windows x_BT.

        Raises PslError for windows that are shorter than a frame of the model, or longer than its input.
        """
        samples = x.shape[1]
        if samples < self.shortest_samples or samples > (self.longest_samples or samples):
            rule = f"at least {self.shortest_samples}"
            rule += f" and at most {self.longest_samples}" if self.longest_samples else ""
            raise PslError(
                f"a window of {samples} samples does not fit the annotator {self.network.name_or_path}, which "
                f"takes {rule} at {self.extractor.sampling_rate} Hz: choose other windows"
            )
        with torch.inference_mode():
            given = self.extractor(list(x), sampling_rate=self.extractor.sampling_rate, return_tensors="pt")
            raw_BC = self.network(**{name: value.to(self.where) for name, value in given.items()}).logits
        return raw_BC.float().cpu().numpy()


def open_network(described: Description, device: Device) -> AudioClassifier:
    """Load what `described` describes, in float32 on `device`.

    Raises PslError for an architecture that is unknown or classifies no audio, for weights that are missing, broken or
    of another model, and for `cuda` without a GPU.
    """
    weight_files(described.folder)
    architecture = _require_classifier(described)
    if described.extractor_class == AST and not is_speech_available():
        raise PslError(f"{described.folder} needs torchaudio, without which {AST} computes other features: {INSTALL}")
    where = pick_device(device)
    with quiet():
        network = _load(described.folder, architecture).eval().to(where)
        extractor = getattr(transformers, described.extractor_class).from_dict(dict(described.extractor))
    most = described.longest_samples
    return AudioClassifier(
        network,
        extractor,
        where,
        described.frame_samples if most else _receptive_field(network.config),
        most + described.hop_samples - 1 if most else None,
    )


def _require_classifier(described: Description) -> str:
    """The class of the network, by name."""
    kind, path = described.config.get("model_type"), described.folder / CONFIG
    if kind not in CONFIG_MAPPING:
        raise PslError(
            f"{path} states model_type: {kind}, an architecture that transformers {transformers.__version__} does not "
            f"know: update transformers, or use a model without code of its own"
        )
    expected = AUDIO_CLASSIFIERS.get(str(kind))
    stated = described.config.get("architectures") or [expected]
    if expected is None or stated[0] != expected:
        raise PslError(
            f"{path} states the architecture {stated[0] or kind}, which is not one for audio classification"
            f"{f', as {expected} is' if expected else ''}: give a model that was trained to classify audio"
        )
    return expected


def _load(folder: Path, architecture: str) -> Any:
    try:
        network, report = getattr(transformers, architecture).from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,  # otherwise half-precision weights would compute in half precision
            ignore_mismatched_sizes=True,  # reported, and refused below
            output_loading_info=True,
        )
    except Exception as error:  # whatever a broken file makes of the library
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise PslError(
            f"transformers cannot load the model in {folder} ({reason[:200]}): fetch its files again"
        ) from error
    _require_weights(folder, report, network.config.num_labels)
    return network


def _require_weights(folder: Path, report: dict[str, Any], n_classes: int) -> None:
    """transformers fills up with random numbers what a file of weights lacks, and says so in a warning only."""
    for name, given, wanted in _sorted(report["mismatched_keys"]):
        given, wanted = tuple(given), tuple(wanted)
        if name.startswith("classifier") and given[0] != n_classes == wanted[0]:
            raise PslError(
                f"the weights in {folder} give {given[0]} classes, and its {CONFIG} names {n_classes}: correct it"
            )
        raise PslError(
            f"the weights in {folder} have the shape {given} for {name}, and its {CONFIG} says {wanted}: take both "
            f"from the same model"
        )
    missing = _sorted(report["missing_keys"])
    if missing:
        raise PslError(
            f"the weights in {folder} lack {len(missing)} tensors of the network, {missing[0]} first: give a model "
            f"whose classifier was trained"
        )


def _sorted(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=str)


def _receptive_field(config: Any) -> int:
    """Samples of which a stack of convolutions makes one frame; 1 for a network that has none."""
    samples = 1
    layers = list(zip(getattr(config, "conv_kernel", ()), getattr(config, "conv_stride", ()), strict=True))
    for kernel, stride in reversed(layers):
        samples = (samples - 1) * stride + kernel
    return samples
