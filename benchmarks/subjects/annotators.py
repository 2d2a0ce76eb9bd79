"""The annotators that are measured: a published one where it exists, small random ones of transformers, and our own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.annotators.contract import complete
from psl.annotators.inference.annotator import Annotator, AudioInput
from psl.annotators.inference.clips import Clips
from psl.annotators.inference.clips.audio import AudioClips
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.devices import pick_device
from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.annotators.inspection import open_foreign
from psl.annotators.kinds import hugging_face, onnx
from psl.annotators.pieces import cut
from psl.audio.hashes import hash_audio
from psl.audio.write import write_clip
from psl.config import FrontEndParams
from psl.config.file import read_params
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError

Floats = npt.NDArray[np.float32]
MN04 = Path("../shared/models/mn04_as")
MN04_STATED = {
    "name": "mn04",
    "licence": "MIT",
    "input": "waveform",
    "sample_rate_hz": 32_000,
    "normalisation": "none",
    "output": "sigmoid",
    "classes": "class_labels_indices.csv",
    "output_name": "probabilities",
}
SECONDS, RATE_HZ, CLASSES, CLIP_FRAMES = 10, 44_100, 50, 251
SIZE = {"hidden_size": 192, "num_hidden_layers": 4, "num_attention_heads": 3, "intermediate_size": 768}
AST_FRAMES = 208  # 2.08 s


@dataclass(frozen=True)
class Subject:
    """An annotator, the clips that it labels, and its model alone, from windows to numbers."""

    annotator: Annotator
    clips: Clips
    forward: Callable[[Floats], Floats]


def mn04(root: Path, n_clips: int) -> Subject:
    """A tagger of AudioSet in ONNX. Raises PslError where it is not."""
    if not MN04.is_dir():
        raise PslError(f"there is no {MN04}, which holds EfficientAT's mn04_as as ONNX")
    return _foreign(root, n_clips, "onnx", MN04, stated=MN04_STATED)


def ast(root: Path, n_clips: int) -> Subject:
    """A small AST of windows of 2.08 s; longer ones are cut into pieces."""
    import transformers

    shape = {"max_length": AST_FRAMES, "num_mel_bins": 128}
    network = transformers.ASTForAudioClassification(transformers.ASTConfig(**shape, **SIZE, **_labels()))
    source = _saved(root, network, transformers.ASTFeatureExtractor(**shape))
    stated = {"name": "AST", "licence": "none", "output": "logit", "longer_windows": "mean"}
    return _foreign(root, n_clips, "hugging_face", source, stated=stated)


def wav2vec2(root: Path, n_clips: int) -> Subject:
    """A small Wav2Vec2, which takes any length."""
    import transformers

    config = transformers.Wav2Vec2Config(conv_dim=(128,) * 7, num_conv_pos_embedding_groups=4, **SIZE, **_labels())
    extractor = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False)
    source = _saved(root, transformers.Wav2Vec2ForSequenceClassification(config), extractor)
    stated = {"name": "Wav2Vec2", "licence": "none", "output": "softmax_logit"}
    return _foreign(root, n_clips, "hugging_face", source, stated=stated)


def own(root: Path, n_clips: int) -> Subject:
    """The default preset's network, from features."""
    architecture = read_params(Path("presets/default.yaml")).train_annotator.architecture
    store = _store(root, n_clips)
    names = tuple(f"class {number}" for number in range(CLASSES))
    network = for_inference(build_network(CLASSES, architecture), pick_device("cpu"))
    about = {"front_end_hash": store.front_end_hash, "weights_hash": "0"}
    annotator = SavedModel("own", network, Vocabulary(names, names), about)
    return Subject(annotator, FeatureClips(store), annotator)


KINDS: dict[str, Callable[[Path, int], Subject]] = {"mn04": mn04, "ast": ast, "wav2vec2": wav2vec2, "own": own}


def _foreign(root: Path, n_clips: int, kind: str, source: Path, *, stated: dict[str, Any]) -> Subject:
    said = {"onnx": onnx, "hugging_face": hugging_face}[kind].said(source, stated)
    annotator = open_foreign(kind, source, complete(stated, said, source.as_posix()), "cpu")
    clips = _audio(root, n_clips, annotator.input)
    return Subject(annotator, clips, lambda x_BT: annotator.model(cut(x_BT, annotator.contract)))


def _labels() -> dict[str, Any]:
    return {"id2label": {number: f"class {number}" for number in range(CLASSES)}}


def _saved(root: Path, network: Any, extractor: Any) -> Path:
    network.save_pretrained(root / "model")
    extractor.save_pretrained(root / "model")
    return root / "model"


def _store(root: Path, n_clips: int) -> FeatureStore:
    front_end: FrontEndParams = read_params(Path("presets/default.yaml")).front_end
    rng = np.random.default_rng(0)
    rows = (
        (_clip_id(clip), SECONDS * 16_000, rng.normal(-50, 20, (CLIP_FRAMES, front_end.n_mels)).astype(np.float16))
        for clip in range(n_clips)
    )
    write_features(root / "balanced-00000.parquet", front_end, rows)
    return FeatureStore(root, ["balanced"])


def _audio(root: Path, n_clips: int, wanted: AudioInput) -> AudioClips:
    rows = []
    for clip in range(n_clips):
        path = root / f"{_clip_id(clip)}.wav"
        write_clip(path, np.random.default_rng(clip).uniform(-0.5, 0.5, SECONDS * RATE_HZ), RATE_HZ)
        place = {"path": path.name, "audio_hash": hash_audio(path), "start_s": 0.0, "end_s": None}
        rows.append({"clip_id": path.stem, "subset": "balanced", "labels": [], "source": path.stem, **place})
    write_manifest(root, pa.Table.from_pylist(rows, MANIFEST))
    return AudioClips(_store(root, n_clips), root, wanted.sample_rate_hz)


def _clip_id(number: int) -> str:
    return f"{number:06}"
