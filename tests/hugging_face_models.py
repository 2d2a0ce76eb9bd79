"""Small random models of transformers, saved as the library saves real ones, opened and damaged."""

import json

import numpy as np
import pytest

from psl.annotators.contract import complete
from psl.annotators.kinds import hugging_face as kind
from psl.runtime.errors import PslError

STATED = {"name": "small", "licence": "MIT", "output": "logit", "longer_windows": "mean"}
STATED_ANY_LENGTH = {"name": "small", "licence": "MIT"}
NAMES = ("Dog", "Speech, male", "Water tap")


def save_ast(folder, **config):
    """Windows of 64 frames of 32 mel bands; problem_type is open, as in AudioSet's checkpoints."""
    import transformers

    model = transformers.ASTConfig(max_length=64, num_mel_bins=32, **_small(config))
    return _save(folder, transformers.ASTForAudioClassification(model), _extractor(max_length=64, num_mel_bins=32))


def save_wav2vec2(folder, *, normalize=True, mask=False, **config):
    """One frame is made of 105 samples."""
    import transformers

    model = transformers.Wav2Vec2Config(
        conv_dim=(8, 8, 8),
        conv_kernel=(10, 8, 4),
        conv_stride=(5, 4, 4),
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
        **_small({"problem_type": "single_label_classification", **config}),
    )
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=normalize, return_attention_mask=mask)
    return _save(folder, transformers.Wav2Vec2ForSequenceClassification(model), extractor)


def edit(path, **changes):
    """Change a JSON file; None removes a key."""
    value = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: item for key, item in value.items() if item is not None}))


def copy(source, folder):
    folder.mkdir()
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def pickled(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def opened(folder, stated=None):
    stated = stated or (
        STATED if "ASTFeature" in (folder / "preprocessor_config.json").read_text() else STATED_ANY_LENGTH
    )
    return kind.open_model(folder, complete(stated, kind.said(folder, stated), str(folder)), "cpu")


def refusal(action, *args):
    with pytest.raises(PslError) as caught:
        action(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def sound(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32) / 10


def _extractor(**shape):
    import transformers

    return transformers.ASTFeatureExtractor(**shape)


def _small(config):
    names = config.pop("names", NAMES)
    labels = {} if names is None else {"id2label": dict(enumerate(names))}
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    return {**size, "initializer_range": 0.2, **labels, **config}  # so wide that classes and windows differ


def _save(folder, model, extractor):
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder
