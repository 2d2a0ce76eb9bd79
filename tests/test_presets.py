"""Presets swap params.yaml with one word, and never overwrite what somebody wrote."""

import shutil
from pathlib import Path

import pytest

from models import MODELS
from psl.errors import PslError
from psl.params_file import read_params
from psl.presets import apply_preset
from tasks import preset
from tasks.train_sized import resized

PRESETS = Path(__file__).parents[1] / "presets"


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.glob("*.yaml")))
def test_every_preset_is_valid_and_leads_back_to_the_default(tmp_path, name):
    target = tmp_path / "params.yaml"
    apply_preset(PRESETS, name, target)
    read_params(target)
    apply_preset(PRESETS, "default", target)
    assert target.read_text() == (PRESETS / "default.yaml").read_text()


def test_a_preset_keeps_comments_windows_and_anchors(tmp_path):
    apply_preset(PRESETS, "esc10", tmp_path / "params.yaml")
    text = (tmp_path / "params.yaml").read_text()
    assert "# the paper: 160" in text and '"2": {seconds: 2.0, hop: 2.0}' in text and "<<: *windows" in text


def test_paper_is_the_paper(tmp_path):
    apply_preset(PRESETS, "paper", tmp_path / "params.yaml")
    params = read_params(tmp_path / "params.yaml")
    assert params.front_end.hop_samples == 160 and params.train_student.architecture.width == 1.0
    assert params.train_student.batch_windows == 32 and params.train_student.batch_seconds is None
    assert {key: corpus.kind for key, corpus in params.corpora.items()} == {key: key for key in params.corpora}


def test_a_published_set_that_is_left_out_of_the_paper_is_built(tmp_path):
    presets = shutil.copytree(PRESETS, tmp_path / "presets")
    text = (presets / "paper.yaml").read_text()
    (presets / "paper.yaml").write_text(
        text.replace("  fsd50k:\n    kind: fsd50k\n    lists: fsd50k/FSD50K.ground_truth\n    audio: fsd50k\n", "")
    )
    apply_preset(presets, "paper", tmp_path / "params.yaml")
    corpora = read_params(tmp_path / "params.yaml").corpora
    assert corpora["fsd50k"].kind == "made_fsd50k" and corpora["fsdkaggle2018"].kind == "fsdkaggle2018"


def test_esc10_is_one_bank_with_one_division(tmp_path):
    apply_preset(PRESETS, "esc10", tmp_path / "params.yaml")
    corpora = read_params(tmp_path / "params.yaml").corpora
    banks = [corpora["audioset"], *(corpora[key].sounds for key in ("fsd50k", "fsdkaggle2018", "fsdkaggle2019"))]
    assert {(bank.bank, bank.train_folds, bank.eval_folds) for bank in banks} == {("../shared/audio/esc10", ("1", "2", "3"), ("4",))}


def test_papers_sizes_have_the_posters_millions_of_parameters_with_527_classes(tmp_path):
    apply_preset(PRESETS, "paper", tmp_path / "params.yaml")
    params = read_params(tmp_path / "params.yaml")
    built = [MODELS["mobilenetv2"](527, resized(params.train_student, size).architecture) for size in params.sizes.values()]
    assert [round(sum(weight.numel() for weight in network.parameters()) / 1e6, 1) for network in built] == [2.0, 2.7, 3.4]


def test_unsaved_changes_are_not_overwritten(tmp_path):
    target = tmp_path / "params.yaml"
    target.write_text((PRESETS / "default.yaml").read_text() + "\n")
    with pytest.raises(PslError, match="holds changes of your own"):
        apply_preset(PRESETS, "esc10", target)
    assert target.read_text().endswith("\n\n")


def test_an_unknown_preset_lists_the_known(tmp_path):
    with pytest.raises(PslError, match=r"no preset big .* default, esc10, paper"):
        apply_preset(PRESETS, "big", tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "states no parameter"), ("a: [", "is not YAML"), ("front_end: {hop: 1}\n", "front_end.hop is not a parameter")],
)
def test_a_broken_preset_is_one_sentence_and_stops_no_other(tmp_path, text, told):
    folder, target = shutil.copytree(PRESETS, tmp_path / "presets"), tmp_path / "params.yaml"
    apply_preset(folder, "default", target)
    (folder / "mine.yaml").write_text(text)
    apply_preset(folder, "esc10", target)
    before = target.read_text()
    with pytest.raises(PslError, match=told) as error:
        apply_preset(folder, "mine", target)
    assert "\n" not in str(error.value) and target.read_text() == before


@pytest.mark.parametrize(
    ("change", "told"),
    [(("", ""), None), (('"2": {', "2: {"), "windows.2: a key is quoted"), (("n_fft:", "nfft:"), "front_end.nfft is not")],
)
def test_parameters_are_checked_before_dvc_reads_them(tmp_path, monkeypatch, change, told):
    (tmp_path / "params.yaml").write_text((PRESETS / "default.yaml").read_text().replace(*change))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["preset", "--check"])
    if told is None:
        preset.main()
    else:
        with pytest.raises(SystemExit, match=f"^parameters: params.yaml: .*{told}"):
            preset.main()
