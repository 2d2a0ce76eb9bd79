"""Parameters cannot lie: each fault is a sentence that names the key."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from psl.errors import PslError
from psl.params_file import read_params

DEFAULT = Path(__file__).parents[1] / "presets/default.yaml"


def changed(tmp_path, key, value):
    """params.yaml with one key set (or, with `...`, taken out)."""
    params = YAML(typ="safe").load(DEFAULT.read_text())
    *above, last = key.split(".")
    section = params
    for name in above:
        section = section[name]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    path = tmp_path / "params.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(params, file)
    return path


def test_the_default_is_read():
    assert read_params(DEFAULT).windows["2"].seconds == 2.0


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("front_end.hop_sample", 160, "front_end.hop_sample is not a parameter"),
        ("front_end.mels", ..., "front_end.mels is missing"),
        ("front_end.mels", "64", "front_end.mels: Input should be a valid integer"),
        ("front_end.mels", 64.0, "front_end.mels: Input should be a valid integer"),
        ("front_end.f_max_hz", 9000.0, "front_end: f_max_hz 9000.0 must lie above f_min_hz 0.0 and up to half of sample_rate_hz"),
        ("front_end.win_samples", 1024, "win_samples 1024 is longer than n_fft 512"),
        ("shards.runner", "slurm", "shards.runner: Input should be 'auto', 'processes', 'threads', 'dask' or 'ray'"),
        ("shards.workers", -1, "shards.workers: Input should be greater than or equal to 0"),
        ("shards.address", "127.0.0.1:8786", "shards: address 127.0.0.1:8786 belongs to runner: dask or ray, and runner is auto"),
        ("windows.2.hop", 3.0, "windows.2: hop 3.0 s is longer than seconds 2.0 s"),
        ("windows.2.seconds", float("nan"), "windows.2.seconds: Input should be a finite number"),
        ("windows.2.seconds", -1.0, "windows.2.seconds: Input should be greater than 0"),
        ("windows.12", {"seconds": 12.0, "hop": 12.0}, "windows.12 must stand in students and models"),
        ("corpora.audio:set", {}, 'corpora.audio:set: a key is quoted and holds letters, digits, "-" and "_" only'),
        ("annotate.floor", 0.2, "annotate.floor 0.2 is above 0.1, down to which labels are counted"),
        ("evaluate.seed", -1, "evaluate.seed: Input should be greater than or equal to 0"),
        ("train_student.alpha", 0.5, "alpha belongs to targets: mix"),
        ("train_student.targets", "mix", "alpha belongs to targets: mix"),
        ("train_student.targets", "soft", "train_student.targets: Input should be 'psl' or 'mix'"),
        ("train_student.seeds", [1, 1], "seeds [1, 1] must differ"),
        ("train_student.batch_windows", 32, "give batch_seconds or batch_windows"),
        ("train_annotator.subset", "eval", "train_annotator.subset: Input should be 'balanced', 'aud300h' or 'full'"),
        ("train_annotator.validation_share", 1.0, "train_annotator.validation_share: Input should be less than 1"),
        ("corpora.audioset.events", [4, 1], "events gives the lowest first"),
        ("corpora.audioset.event_seconds", [0.5, 11.0], "event_seconds up to 11.0 s do not fit into clip_seconds 10.0 s"),
        ("corpora.audioset.clips.balanced", 2000, "balanced, aud300h and full hold one another"),
        ("corpora.audioset.train_folds", ["1"], "train_folds and eval_folds must both be given"),
        ("corpora.audioset.kind", "sounds", "corpora.audioset: Input tag 'sounds'"),
        ("evaluate.confidence", 95, "evaluate.confidence: Input should be less than 1"),
    ],
)
def test_a_fault_is_one_sentence_that_names_the_key(tmp_path, key, value, told):
    with pytest.raises(PslError) as error:
        read_params(changed(tmp_path, key, value))
    assert told in str(error.value) and "\n" not in str(error.value)


def test_a_window_longer_than_the_clips_names_both(tmp_path):
    text = DEFAULT.read_text().replace('"10": {seconds: 10.0, hop: 10.0}', '"12": {seconds: 12.0, hop: 12.0}')
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(PslError, match=r"windows.12.seconds 12.0 is longer than the clips \(clip_seconds 10.0\)"):
        read_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("key", ['"0.5"', "5"])  # DVC fails over the first, and drops the stages of the second without a word
def test_a_window_that_dvc_would_not_run_is_refused(tmp_path, key):
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace('"5": {', f"{key}: {{"))
    with pytest.raises(PslError, match=r"windows\.[05.]+: a key is quoted and holds letters"):
        read_params(tmp_path / "params.yaml")


def test_a_fault_in_a_window_is_told_once_though_students_and_models_merge_it(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(DEFAULT.read_text().replace("hop: 2.0", "hop: 3.0"))
    with pytest.raises(PslError) as error:
        read_params(path)
    assert str(error.value) == f"{path}: windows.2: hop 3.0 s is longer than seconds 2.0 s: it would leave gaps"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_one_line(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PslError) as error:
        read_params(path)
    assert "\n" not in str(error.value)


def test_parameters_are_frozen():
    with pytest.raises(Exception, match="frozen"):
        read_params(DEFAULT).front_end.mels = 32
