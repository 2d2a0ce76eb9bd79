"""What `psl.load` opens, and the windows that it scores where none are given."""

import json

import numpy as np
import pytest
from annotator_toys import recorded
from hugging_face_models import NAMES, STATED, save_ast
from tag_cases import foreign, record, trained

import psl
from psl.runtime.errors import PslError
from psl.tagging import trained as opening


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """One trained model and one of others; tests do not change them."""
    folder = tmp_path_factory.mktemp("models")
    trained(folder / "data/models/2/seed1", window={"seconds": 2.0, "hop": 1.5})
    foreign(folder / "onnx", window_samples=8000, shorter_windows="repeat", longer_windows="mean")
    return folder


def test_a_trained_model_opens_by_its_folder_or_that_of_its_only_seed(models, tmp_path):
    path = record(tmp_path / "a.wav", 4.0)
    by_seed, alone = (psl.load(models / "data/models" / each) for each in ("2", "2/seed1"))
    np.testing.assert_array_equal(by_seed.tag(path).p_WC, alone.tag(path).p_WC)
    assert alone.vocabulary.names == ("Alarm", "Bell", "Cough") and len(alone.tag(path).p_WC) == 3


def test_a_student_scores_the_windows_that_it_was_trained_on(models, tmp_path, capsys):
    windowing = psl.load(models / "data/models/2/seed1").windowing
    assert (windowing.length_ms, windowing.hop_ms) == (2000, 1500) and not capsys.readouterr().err
    windowing = psl.load(trained(tmp_path / "unsaid")).windowing
    assert (windowing.length_ms, windowing.hop_ms) == (10_000, 10_000)
    assert "unsaid does not say on which it was trained" in capsys.readouterr().err


def test_a_model_of_others_scores_the_windows_of_its_contract(models):
    for path in (models / "onnx", models / "onnx/toy.onnx"):
        assert psl.load(path).windowing.length_ms == psl.load(path).windowing.hop_ms == 1000
    assert psl.load(models / "onnx", hop_seconds=0.25).windowing.hop_ms == 250
    assert psl.load(models / "onnx", window_seconds=0.5).windowing.hop_ms == 500


def test_an_annotator_of_the_pipeline_opens_by_its_record_in_the_classes_of_the_corpus(models, tmp_path):
    tagger = psl.load(recorded(models / "onnx", tmp_path / "toy"))
    p_WC = tagger.tag(record(tmp_path / "a.wav", 2.0)).p_WC
    assert tagger.vocabulary.names == ("Alarm", "Bell", "Cough") and (p_WC[:, 1] == 0).all() and p_WC.max() > 0


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("nothing", "there is no model .*nothing: the model stands first, before the recordings"),
        ("data", "data is no model that psl can open"),
    ],
)
def test_what_is_no_model_is_refused(models, name, cause):
    with pytest.raises(PslError, match=cause):
        psl.load(models / name)


def test_a_contract_for_another_file_is_refused(models, tmp_path):
    folder = foreign(tmp_path / "onnx", model="toy.onnx")
    (folder / "toy.onnx").rename(folder / "b.onnx")
    (folder / "toy.onnx").write_bytes((folder / "b.onnx").read_bytes())
    with pytest.raises(PslError, match=r"annotator\.yaml is for toy\.onnx, not for b\.onnx"):
        psl.load(folder / "b.onnx")


def test_a_model_of_another_version_is_refused(tmp_path):
    with pytest.raises(PslError, match=r"model\.json is of another version of psl, whose features differ"):
        psl.load(trained(tmp_path / "old", hash_of_features="0" * 32))
    about = json.loads((tmp_path / "old/model.json").read_text())
    about["front_end"]["mels"] = about["front_end"].pop("n_mels")
    (tmp_path / "old/model.json").write_text(json.dumps(about))
    with pytest.raises(
        PslError, match=r"is not that of a model as this version of psl writes them \(.*mels.*copy the folder anew"
    ):
        psl.load(tmp_path / "old")


def test_without_the_code_of_the_network_a_trained_model_is_refused(models, monkeypatch):
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    monkeypatch.setattr(psl, "__file__", "/usr/lib/site-packages/psl/__init__.py")
    with pytest.raises(PslError, match=r"the network mobilenetv2 of .* is code of psl's repository"):
        psl.load(models / "data/models/2")


@pytest.mark.parametrize(
    ("window", "hop", "cause"),
    [
        (1.0, 2.0, r"a hop of 2 s would leave gaps between windows of 1 s"),
        (1.0, 0.0, r"a hop of 0\.0 s is no time"),
        (0.01, None, r"a window of 0\.01 s holds nothing that the model could hear"),
        (-1.0, None, r"a window of -1 s is not possible: give more than 0 s and an hour at most"),
        (0.0, None, r"a window of 0 s is not possible"),
        (1e9, None, r"a window of 1e\+09 s is not possible"),
        (float("nan"), None, r"a window of nan s is not possible"),
    ],
)
def test_windows_that_leave_gaps_or_hold_nothing_are_refused(models, window, hop, cause):
    with pytest.raises(PslError, match=cause):
        psl.load(models / "data/models/2", window_seconds=window, hop_seconds=hop)


def test_a_model_of_transformers_opens_and_pools_windows_that_are_too_long(tmp_path):
    (save_ast(tmp_path / "ast") / "annotator.yaml").write_text(json.dumps(STATED))
    tags = psl.load(tmp_path / "ast", window_seconds=1.0).tag(record(tmp_path / "a.wav", 2.5))
    assert tags.vocabulary.names == NAMES and tags.start_s_W.tolist() == [0, 1, 1.5] and (tags.p_WC > 0).all()
