"""What the files of a model of transformers say of it, read as JSON: no second of importing the library."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psl.annotators.hugging_face.hub import CONFIG, EXTRACTOR, INDEX, WEIGHTS
from psl.runtime.errors import PslError

AST, WAV2VEC2 = "ASTFeatureExtractor", "Wav2Vec2FeatureExtractor"
OUTPUTS = {"multi_label_classification": "logit", "single_label_classification": "softmax_logit"}
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")


@dataclass(frozen=True)
class Description:
    """config.json and preprocessor_config.json of `folder`; what they leave out has the library's default."""

    folder: Path
    config: dict[str, Any]
    extractor: dict[str, Any]

    @property
    def extractor_class(self) -> str:
        """The class of the feature extractor, by name. Raises PslError for one that psl has no rule for."""
        by_model = AST if self.config.get("model_type") == "audio-spectrogram-transformer" else WAV2VEC2
        name = self.extractor.get("feature_extractor_type", by_model)  # files of old versions do not say it
        if name not in (AST, WAV2VEC2):
            raise PslError(
                f"{self.folder / EXTRACTOR} states feature_extractor_type: {name}, and psl knows "
                f"which windows suit {AST} and {WAV2VEC2} only: export this model to ONNX and use kind: onnx"
            )
        return str(name)

    @property
    def sample_rate_hz(self) -> int:
        """Of the audio that the feature extractor takes."""
        return self._count("sampling_rate", 16_000)

    @property
    def longest_samples(self) -> int | None:
        """The samples that fill the model's input; None where it takes any length.

        AST takes max_length frames of 25 ms at a hop of 10 ms, without padding at the edges: this is the least length
        that has so many.
        """
        if self.extractor_class != AST:
            return None
        return self.frame_samples + (self._count("max_length", 1024) - 1) * self.hop_samples

    @property
    def frame_samples(self) -> int:
        """Of 25 ms, as torchaudio's kaldi.fbank counts them."""
        return int(self.sample_rate_hz * 25.0 * 0.001)

    @property
    def hop_samples(self) -> int:
        """Of 10 ms, likewise."""
        return int(self.sample_rate_hz * 10.0 * 0.001)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The model's classes by index, LABEL_0 and so on where nobody named them.

        Raises PslError unless the indices go from 0 on without a gap.
        """
        labels = self.config.get("id2label")
        if labels is None:
            return tuple(f"LABEL_{index}" for index in range(2))  # what the library leaves out when it saves
        if not isinstance(labels, dict) or {str(index) for index in range(len(labels))} != set(labels) or not labels:
            raise PslError(f"{self.folder / CONFIG} is broken: its id2label does not name the classes 0, 1 and so on")
        return tuple(str(labels[str(index)]) for index in range(len(labels)))

    @property
    def output(self) -> str | None:
        """What the model's numbers are, as Contract.output; None where config.json leaves problem_type open."""
        problem = self.config.get("problem_type")
        if problem is not None and problem not in OUTPUTS:
            raise PslError(
                f"{self.folder / CONFIG} states problem_type: {problem}, and an annotator classifies: "
                f"its problem_type is {' or '.join(OUTPUTS)}"
            )
        return None if problem is None else OUTPUTS[problem]

    def _count(self, key: str, default: int) -> int:
        value = self.extractor.get(key, default)
        if not isinstance(value, int) or value < 1:
            raise PslError(f"{self.folder / EXTRACTOR} is broken: {key} is {value!r} and not a whole number above 0")
        return value


def are_placeholders(names: tuple[str, ...]) -> bool:
    """Whether these are the names that the library gives to classes that nobody named."""
    return all(re.fullmatch(r"LABEL_\d+", name) for name in names)


def are_unique(names: tuple[str, ...]) -> bool:
    """Whether names tell all classes apart."""
    return len(set(names)) == len(names)


def describe(folder: Path) -> Description:
    """Read `folder`. Raises PslError for files that are missing or broken, or that contradict each other."""
    found = Description(folder, _json(folder / CONFIG), _json(folder / EXTRACTOR))
    if found.extractor_class == AST:
        for key, default in (("max_length", 1024), ("num_mel_bins", 128)):
            takes, gives = found.config.get(key, default), found.extractor.get(key, default)
            if takes != gives:
                raise PslError(
                    f"the model in {folder} takes {key} {takes} ({CONFIG}), and its extractor gives {gives} "
                    f"({EXTRACTOR}): take both files from the same model"
                )
    return found


def weight_files(folder: Path) -> list[Path]:
    """The safetensors of the model, with their index if they are several. Raises PslError where one is missing."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        raise PslError(_no_weights(folder))
    parts = _json(folder / INDEX).get("weight_map")
    names = sorted(set(map(str, parts.values()))) if isinstance(parts, dict) else []
    if not names or any(Path(name).name != name or not name.endswith(".safetensors") for name in names):
        raise PslError(
            f"{folder / INDEX} is broken: its weight_map names no .safetensors files beside it: fetch the model again"
        )
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise PslError(
            f"{folder} lacks {len(missing)} of {len(names)} files of weights, {missing[0]} first: fetch them"
        )
    return [folder / INDEX, *(folder / name for name in names)]


def _no_weights(folder: Path) -> str:
    pickle = next((name for name in PICKLES if (folder / name).is_file()), None)
    if pickle is None:
        return f"{folder} holds no {WEIGHTS}: fetch the weights of the model, as safetensors"
    return (
        f"{folder} holds {pickle}, a pickle, which can run code, and no {WEIGHTS}: convert it where you trust it, by "
        f'`python -c "from transformers import AutoModelForAudioClassification as M; '
        f"M.from_pretrained('{folder}').save_pretrained('{folder}')\"`"
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PslError(f"{path.parent} holds no {path.name}: fetch it with the other files of the model") from None
    except ValueError as error:
        raise PslError(f"{path} is broken, it is not JSON ({error}): fetch it again") from None
    if not isinstance(value, dict):
        raise PslError(f"{path} is broken, it holds no JSON object: fetch it again")
    return value
