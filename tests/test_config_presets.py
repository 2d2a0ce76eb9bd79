"""Presets swap params.yaml with one word, and never overwrite what somebody wrote."""

import shutil

import pytest
from params_files import DEFAULT, PRESETS

from psl.annotators.inference.network.build import build_network
from psl.config.file import read_params
from psl.config.presets import apply_preset
from psl.runtime.errors import PslError


def preset(folder, name, presets=PRESETS):
    """What a stage reads under the preset."""
    apply_preset(presets, name, folder / "params.yaml")
    return read_params(folder / "params.yaml")


def with_mine(folder, text):
    """A copy of the presets with one more, `mine`."""
    presets = shutil.copytree(PRESETS, folder / "presets")
    (presets / "mine.yaml").write_text(text)
    return presets


@pytest.mark.parametrize("name", sorted(path.stem for path in PRESETS.glob("*.yaml")))
def test_every_preset_is_valid_and_leads_back_to_the_default(tmp_path, name):
    preset(tmp_path, name)
    preset(tmp_path, "default")
    assert (tmp_path / "params.yaml").read_text() == DEFAULT.read_text()


def test_a_preset_keeps_comments_and_students(tmp_path):
    preset(tmp_path, "esc10")
    text = (tmp_path / "params.yaml").read_text()
    assert "# the paper: 160" in text and '"2": {window_seconds: 2.0, hop_seconds: 2.0}' in text


def test_paper_is_the_paper(tmp_path):
    params = preset(tmp_path, "paper")
    assert params.front_end.hop_length_samples == 160 and params.train_student.architecture.width == 1.0
    assert params.train_student.batch_windows == 32 and params.train_student.batch_seconds is None
    assert {key: corpus.kind for key, corpus in params.corpora.items()} == {key: key for key in params.corpora}
    assert (params.corpus, params.detect.corpus, params.annotate.min_probability) == ("audioset", "audioset", 0.005)


def test_a_published_set_that_is_left_out_of_the_paper_is_synthetic(tmp_path):
    lines = "  fsd50k:\n    kind: fsd50k\n    source: fsd50k/FSD50K.ground_truth\n    audio: fsd50k\n"
    text = (PRESETS / "paper.yaml").read_text()
    assert lines in text
    corpora = preset(tmp_path, "mine", with_mine(tmp_path, text.replace(lines, ""))).corpora
    assert corpora["fsd50k"].kind == "synthetic_fsd50k" and corpora["fsdkaggle2018"].kind == "fsdkaggle2018"


def test_esc10_is_one_bank_whose_fold_4_evaluates(tmp_path):
    params = preset(tmp_path, "esc10")
    assert list(params.corpora) == ["scenes"] and params.transfers == {}
    bank = params.corpora["scenes"]
    assert (bank.source, bank.train_folds, bank.eval_folds) == ("../shared/audio/esc10", ("1", "2", "3"), ("4",))


def test_esc50_is_one_corpus_that_nothing_transfers_from(tmp_path):
    params = preset(tmp_path, "esc50")
    assert list(params.corpora) == ["scenes"] and params.transfers == {}
    assert sorted(params.students) == ["2", "weak"] and params.train_student.seeds == (1, 2, 3)
    scenes = params.corpora["scenes"]
    assert (scenes.train_folds, scenes.eval_folds, scenes.missing_label_rate) == (("1", "2", "3"), ("4",), 0.4)
    assert {params.annotate.subset, params.train_annotator.subset} == {"balanced"}  # the corpus has no other


def test_papers_widths_have_the_posters_millions_of_parameters_with_527_classes(tmp_path):
    params = preset(tmp_path, "paper")
    widths = [student.width for student in params.students.values() if student.width]
    architectures = [params.train_student.architecture.model_copy(update={"width": width}) for width in widths]
    networks = [build_network(527, architecture) for architecture in architectures]
    counts = [sum(weight.numel() for weight in network.parameters()) for network in networks]
    assert [round(count / 1e6, 1) for count in counts] == [2.0, 2.7, 3.4]


def test_peers_are_six_small_networks_each_on_both_kinds_of_labels(tmp_path):
    for package in ("timm", "torchvision", "transformers"):
        pytest.importorskip(package, reason="`pip install -e '.[peers]'`")
    students = preset(tmp_path, "peers").students
    own = {key: student for key, student in students.items() if student.architecture is not None}
    names = {"cnn14", "efficientnet_b0", "efficientnet_b2", "resnet50", "ast", "mobilenetv3"}
    assert {key.rpartition("-")[0] for key in own} == names and set(students) - set(own) == {"2", "weak"}
    for name in names:
        weak, two = own[f"{name}-weak"], own[f"{name}-2"]
        assert weak.architecture == two.architecture and weak.architecture.name == name
        assert (weak.targets, two.targets, two.window_seconds) == ("weak", "soft", 2.0)
        assert sum(weight.numel() for weight in build_network(10, weak.architecture).parameters()) < 1e6


RECIPES = {  # windows in a step, learning rate, steps, sample rate, mel bands, augmentations
    "cnn14": (32, 0.001, 600_000, 32_000, 64, ["spec_augment", "mixup"]),
    "efficientnet_b0": (100, 0.001, 12_000, 16_000, 128, ["mixup", "spec_augment"]),
    "efficientnet_b2": (100, 0.001, 12_000, 16_000, 128, ["mixup", "spec_augment"]),
    "resnet50": (100, 0.001, 12_000, 16_000, 128, ["mixup", "spec_augment"]),
    "ast": (12, 0.00005, 41_500, 16_000, 128, ["mixup", "spec_augment"]),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_peer_of_the_paper_has_its_published_recipe_on_top_of_the_papers(tmp_path, name):
    params = preset(tmp_path, f"paper-{name}")
    training, front_end = params.train_student, params.front_end
    augmentations = [part.name for part in training.augmentation.options["parts"]]
    recipe = (training.batch_windows, training.learning_rate, training.max_steps)
    assert (*recipe, front_end.sample_rate_hz, front_end.n_mels, augmentations) == RECIPES[name]
    assert training.architecture.name == name and set(training.architecture.options) <= {"weights", "mean_db"}
    assert params.train_annotator.architecture.name == "mobilenetv2" and set(params.students) == {"2", "weak"}
    assert params.corpus == "audioset"


@pytest.mark.parametrize("base", ["nothing", "default", "mine"])
def test_a_preset_extends_another_that_exists(tmp_path, base):
    with pytest.raises(PslError, match=f"mine.yaml extends {base}, which is no other preset: name one, or none"):
        preset(tmp_path, "mine", with_mine(tmp_path, f"extends: {base}\nevaluate: {{seed: 2}}\n"))


def test_a_preset_that_extends_another_has_the_last_word(tmp_path):
    text = "extends: esc10\nfront_end: {hop_length_samples: 640}\ntrain_annotator: {max_steps: 3000}\n"
    params = preset(tmp_path, "mine", with_mine(tmp_path, text))
    assert (params.train_annotator.max_steps, params.train_annotator.min_steps) == (3000, 1040)
    assert params.corpora["scenes"].source == "../shared/audio/esc10"


def test_null_takes_an_entry_out(tmp_path):
    text = "students: {S1: null, S3: null}\ntransfers: {fsd50k_2: null}\n"
    params = preset(tmp_path, "mine", with_mine(tmp_path, text))
    assert (
        list(params.students) == ["10", "5", "2", "weak", "full-2", "mixed-2", "S2"]
        and "fsd50k_2" not in params.transfers
    )


def test_null_is_the_value_of_a_key_that_is_no_entry(tmp_path):
    params = preset(tmp_path, "mine", with_mine(tmp_path, "features: {silence_db: null}\n"))
    assert params.features.silence_db is None and params.features.shard_clips == 64


def test_a_corpus_of_another_kind_replaces_the_whole(tmp_path):
    text = "corpora: {fsd50k: {kind: fsd50k, source: lists, audio: audio}}\n"
    assert preset(tmp_path, "mine", with_mine(tmp_path, text)).corpora["fsd50k"].model_dump() == {
        "kind": "fsd50k",
        "source": "lists",
        "audio": "audio",
    }


def test_unsaved_changes_are_not_overwritten(tmp_path):
    target = tmp_path / "params.yaml"
    target.write_text(DEFAULT.read_text() + "\n")
    with pytest.raises(PslError, match="holds changes of your own"):
        apply_preset(PRESETS, "esc10", target)
    assert target.read_text().endswith("\n\n")


def test_an_unknown_preset_lists_the_known(tmp_path):
    with pytest.raises(PslError, match=r"no preset big .* default, esc10, esc50, paper"):
        apply_preset(PRESETS, "big", tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "states no parameter"),
        ("a: [", "is not YAML, line 1"),
        ("corpus: a\ncorpus: b\n", "has the key corpus twice, line 2"),
        ("front_end: {hop: 1}\n", "front_end.hop is not a parameter"),
        ("corpora: {scenes: null}\n", "corpus scenes is none of corpora: fsd50k"),
    ],
)
def test_a_broken_preset_is_one_sentence_and_stops_no_other(tmp_path, text, message):
    presets, target = with_mine(tmp_path, text), tmp_path / "params.yaml"
    preset(tmp_path, "default", presets)
    preset(tmp_path, "esc10", presets)
    before = target.read_text()
    with pytest.raises(PslError, match=message) as error:
        apply_preset(presets, "mine", target)
    assert "\n" not in str(error.value) and target.read_text() == before


def test_a_section_that_is_null_is_emptied(tmp_path):
    params = preset(tmp_path, "mine", with_mine(tmp_path, "transfers: null\nensembles: null\n"))
    assert params.transfers == {} and params.ensembles == {}


def test_a_section_that_is_none_is_refused_where_it_is_null(tmp_path):
    with pytest.raises(PslError, match="transferred is not a parameter"):
        preset(tmp_path, "mine", with_mine(tmp_path, "transferred: null\n"))
