"""A params.yaml from before November 2026 is rewritten in today's names, and keeps every value."""

import pytest
from params_files import PRESETS

from psl.config import Student
from psl.config.file import read_params
from psl.config.old_params import convert_params
from psl.runtime.errors import PslError

OLD = """\
corpora:
  audioset: {kind: audioset, lists: old/lists, audio: old/audio, aud300h_hours: 300.0, seed: 42}
  fsd50k:
    kind: made_fsd50k
    clips: {train: 9, val: 8, eval: 7}
    further_sound_share: 0.1
    seed: 6
    sounds: &sounds
      bank: procedural
      train_folds: []
      eval_folds: []
      sample_rate_hz: 32000
      seconds: [0.4, 20.0]
      event_share: [0.4, 0.9]
      snr_db: [1.0, 19.0]
      source_groups: 15
  fsdkaggle2018:
    kind: made_fsdkaggle2018
    clips: {train: 9, test: 8}
    unverified_share: 0.5
    wrong_share: 0.2
    seed: 5
    sounds: *sounds
front_end: {mels: 32, win_samples: 400, hop_samples: 160, floor_db: 80.0}
windows: &windows
  "4": {seconds: 4.0, hop: 2.0}
students: &students
  <<: *windows
  noisy: {targets: weak}
models: &models
  <<: *students
  annotator: {targets: annotator}
train_annotator:
  seed: 3
  pool_clips: 99
  max_gradient_norm: 4.0
  architecture: {name: mobilenetv2, width: 0.2, last_channel: 64, dropout: 0.1}
annotate: {subset: full, tail: drop, floor: 0.01, batch_windows: 12}
train_student: {targets: psl, alpha: null, seeds: [7, 8], pool_clips: 77}
label_counts: {many: 2, thresholds: [0.3, 0.5]}
evaluate: {draws: 50, batch_clips: 3}
transfers:
  fsd50k_annotator: &fsd50k {corpus: fsd50k, train: train, validation: val, test: eval, metric: mAP, model: annotator}
  fsd50k_4: {<<: *fsd50k, model: "4"}
transfer: {body_learning_rate: 0.002, score_windows: 5}
sizes: &sizes
  S: {labels: "4", width: 0.5, max_epochs: 3}
detectors:
  <<: [*models, *sizes]
ensembles: {both: {models: ["4", noisy]}}
detect: {corpus: audioset, draws: 60, shown: "4", shown_clips: 1, batch: 4}
"""


@pytest.fixture
def convert(tmp_path):
    """Converts a text; returns today's parameters and the text that they were read from."""

    def convert(text):
        path = tmp_path / "params.yaml"
        path.write_text(text)
        convert_params(path, PRESETS)
        return read_params(path), path.read_text()

    return convert


def test_stages_keep_their_values_under_new_names(convert):
    params, _ = convert(OLD)
    front_end = params.front_end
    assert (front_end.n_mels, front_end.win_length_samples, front_end.hop_length_samples) == (32, 400, 160)
    assert (front_end.dynamic_range_db, params.label_counts.many_labels) == (80.0, 2)
    annotate = params.annotate
    assert (annotate.annotator, annotate.subset, annotate.last_window) == ("annotator", "full", "drop")
    assert (annotate.min_probability, annotate.inference_batch_size) == (0.01, 12)


def test_models_keep_their_values_under_new_names(convert):
    params, _ = convert(OLD)
    training = params.train_annotator
    assert training.seeds == (3,)
    assert (training.shuffle_buffer_clips, training.gradient_clip_norm, training.architecture.width) == (99, 4.0, 0.2)
    assert (params.evaluate.bootstrap_samples, params.evaluate.inference_batch_size) == (50, 3)
    assert (params.transfer.backbone_learning_rate, params.transfer.inference_batch_size) == (0.002, 5)
    detect = params.detect
    assert (detect.corpus, detect.bootstrap_samples, detect.plotted_detector) == ("audioset", 60, "4")
    assert (detect.plotted_clips, detect.inference_batch_size) == (1, 4)


def test_corpora_keep_their_values_under_new_names(convert):
    params, _ = convert(OLD)
    assert (params.corpus, list(params.corpora)) == ("audioset", ["audioset", "fsd50k", "fsdkaggle2018"])
    assert (params.corpora["audioset"].source, params.corpora["audioset"].audio) == ("old/lists", "old/audio")
    fsd50k = params.corpora["fsd50k"]
    assert (fsd50k.kind, fsd50k.source) == ("synthetic_fsd50k", "psl/corpora/synthetic/procedural")
    assert (fsd50k.clip_seconds, fsd50k.event_share, fsd50k.clips.val) == ((0.4, 20.0), (0.4, 0.9), 8)
    assert params.corpora["fsdkaggle2018"].sample_rate_hz == 32_000  # of `sounds`, which the sets shared


def test_windows_and_sizes_are_students(convert):
    params, _ = convert(OLD)
    four = Student(window_seconds=4.0, hop_seconds=2.0)
    assert params.students == {
        "4": four,
        "noisy": Student(targets="weak"),
        "S": four.model_copy(update={"width": 0.5}),
    }
    assert params.train_student.seeds == (7, 8) and params.train_student.shuffle_buffer_clips == 77
    assert list(params.transfers) == ["fsd50k_annotator", "fsd50k_4"] and params.transfers["fsd50k_4"].train == "train"
    assert params.ensembles["both"].models == ("4", "noisy")


def test_epochs_give_way_to_the_defaults_steps_and_a_line_says_so(convert, capsys):
    params, _ = convert(OLD)
    assert params.train_student.max_steps == 544 and "stated max_epochs" in capsys.readouterr().err
    convert(OLD.replace("max_epochs: 3", "max_epochs: null"))
    assert capsys.readouterr().err == ""


def test_a_mix_becomes_that_of_every_student_of_windows(convert):
    params, _ = convert(OLD.replace("targets: psl, alpha: null", "targets: mix, alpha: 0.25"))
    assert {key: (student.targets, student.alpha) for key, student in params.students.items()} == {
        "4": ("mix", 0.25),
        "noisy": ("weak", None),
        "S": ("mix", 0.25),
    }


def test_comments_are_those_of_the_default_and_values_stand_in_line(convert):
    _, text = convert(OLD)
    assert "  hop_length_samples: 160   # the paper: 160\n" in text and "  thresholds: [0.3, 0.5]\n" in text
    assert '  "4": {window_seconds: 4.0, hop_seconds: 2.0}\n' in text and "&" not in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            OLD,
            "corpus: scenes\n",
            "has no section `windows`, so it is not from before November 2026: nothing to convert",
        ),
        (OLD, "", "has no section `windows`"),
        ("many: 2", "many: [", "is not YAML, line "),
        ("many: 2", "many: 2, many: 3", "has the key many twice, line "),
        ("sizes:", "size:", r"lacks what a params.yaml from before November 2026 had \(KeyError\('sizes'\)\)"),
        ("annotate: {", "annotate: 3\nmore: {", "lacks what a params.yaml from before November 2026 had"),
        ("many: 2", "many: 2}\nmore: {few: 2", "more is not a parameter"),
        ("{mels: 32", "{melz: 32", "front_end.melz is not a parameter"),
    ],
)
def test_a_file_that_cannot_be_converted_is_left_alone(tmp_path, convert, old, new, message):
    text = OLD.replace(old, new)
    with pytest.raises(PslError, match=f"params.yaml:? {message}") as error:
        convert(text)
    assert "\n" not in str(error.value) and (tmp_path / "params.yaml").read_text() == text
