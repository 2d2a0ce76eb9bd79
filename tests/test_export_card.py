"""The model card: Hugging Face reads its header; it says what is known of the model, its data and its licences."""

import csv
import io
import re

import numpy as np
import pytest
from exported_models import CLASSES_CSV, EVALUATION, log_mel, random_model, sounds
from huggingface_hub import ModelCard
from toy import FRONT_END

from psl.audio.write import write_clip
from psl.config import Export
from psl.export.card import CardFacts, model_card
from psl.export.folder import write_folder
from psl.export.network import network_model
from psl.export.parity import Parity
from psl.export.tagger import tagger_model
from psl.export.write import Exported, Variant

VARIANTS = [
    Variant("float32", 1_192_507, 0.6413, True),
    Variant("float16", 672_147, 0.641299, True),
    Variant("int8", 577_499, 0.6001, False),
]
WINDOW = {"seconds": 2.0, "hop": 1.0}
MEMBER = {"contract": {"name": "EfficientAT mn04_as", "licence": "MIT"}}
LABELS = {"kind": "annotator", "annotator": "EfficientAT mn04_as", "window": WINDOW, "members": [MEMBER]}
TRAINED_ON = {
    "labels": LABELS,
    "n_training_clips": 2077,
    "n_validation_clips": 34,
    "seed": 1,
    "steps": 60,
    "best_step": 40,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return random_model(tmp_path_factory.mktemp("model"))


def facts(model, licence="Apache-2.0", trained_on=TRAINED_ON, **changes):
    known = {
        "name": "psl mine",
        "export": Export(model="2", seed=1, licence=licence, data_licence="CC0 and CC BY"),
        "corpus": "scenes (soundscapes)",
        "about": model.about | {"trained_on": trained_on},
        "evaluation": EVALUATION,
        "classes": list(csv.DictReader(io.StringIO(CLASSES_CSV))),
        "exported": Exported(Parity(125, 2.4e-6, 5.6e-4), VARIANTS, 0.64),
        "commit": "of the commit abc",
    }
    return CardFacts(**(known | changes))


@pytest.fixture(scope="module")
def text(model):
    return model_card(facts(model))


def test_hugging_face_reads_the_header(text):
    data = ModelCard(text).data
    assert (data.license, data.library_name, data.pipeline_tag) == ("apache-2.0", "onnx", "audio-classification")
    results = {result.metric_type: result.metric_value for result in data.eval_results}
    assert data.model_name == "psl mine" and results == {"mAP": 0.642, "auc": 0.87, "d_prime": 1.6}


@pytest.mark.parametrize(
    ("licence", "expected"),
    [("CC-BY-NC-4.0", ("cc-by-nc-4.0", None)), ("that of: the recordings", ("other", "that-of-the-recordings"))],
)
def test_a_licence_that_hugging_face_does_not_know_is_other_by_name(model, licence, expected):
    data = ModelCard(model_card(facts(model, licence))).data.to_dict()
    assert (data["license"], data.get("license_name")) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "| 64.2 (58.3 \N{EN DASH} 70.0) | 0.8700 | 1.600 |",
        "On 258 evaluation clips of the corpus `scenes (soundscapes)`, 2 classes",
        "In brackets 95 % intervals over clips, and over the 3 seeds",
        "Not scored, for want of clips: Cough.",
        "| /m/b | Bell\\|s | 40 | 20.0 | 20.0 |\n| /m/c | Cough | 0 | \N{EN DASH} | \N{EN DASH} |",
        "no better than chance are Bell|s.",
        "probabilities of the annotator `EfficientAT mn04_as` for windows of 2 s, 1 s apart",
        "trained on windows of 2 s",
        "| float16 | float16/model.onnx | 0.67 | 64.1 | +0.00 |",
        "| int8 | not written | 0.58 | 60.0 | -4.12 |",
        "16,000 Hz, so nothing above 8,000 Hz",
        "from the same audio they differ by 2.4e-06 at most",
        "changes a clip's probability by 5.6e-04 at most",
        "- The recordings that it was trained on: CC0 and CC BY.\n- The annotator EfficientAT mn04_as: MIT.\n",
        "psl 0.1.0, of the commit abc. Weights `",
        "  hop_length_samples: 640\n",
    ],
)
def test_the_card_says(text, sentence):
    assert sentence in text


def test_weak_labels_and_imported_weights_are_said_to_be_that(model):
    weak = model_card(facts(model, trained_on=TRAINED_ON | {"labels": {"kind": "weak"}}))
    assert "Labels: the weak labels of whole clips." in weak and "trained on windows" not in weak
    imported = model_card(facts(model, trained_on={"imported": "x.pt", "checkpoint_hash": "ab"}))
    assert "Not trained here: imported from the published checkpoint `x.pt` (`ab`)." in imported


def test_the_example_in_python_runs(model, text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tagger = tagger_model(FRONT_END, network_model(model.network, FRONT_END.n_mels))
    write_folder(tmp_path, tagger, model.vocabulary, name="x", licence="x", sample_rate_hz=16_000)
    write_clip(tmp_path / "recording.wav", sounds()[0], 16_000)
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], {})
    names = [line.split()[1] for line in capsys.readouterr().out.splitlines()]
    p_C = model(log_mel(sounds()[0])[None])[0]
    assert names == [model.vocabulary.names[number] for number in np.argsort(-p_C)]
