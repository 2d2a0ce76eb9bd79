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
    """params.yaml with one key set, or several of one section, or, with `...`, taken out."""
    params = YAML(typ="safe").load(DEFAULT.read_text())
    *above, last = key.split(".")
    section = params
    for name in above:
        section = section[name]
    if value is ...:
        del section[last]
    else:
        section[last] = section[last] | value if key in ("transfer", "detect") else value
    path = tmp_path / "params.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump(params, file)
    return path


@pytest.mark.parametrize(("confidence", "draws"), [(0.95, 40), (0.9, 20), (0.99, 200), (0.5, 4)])
def test_the_fewest_draws_leave_one_at_either_end(tmp_path, confidence, draws):
    text = DEFAULT.read_text().replace("confidence: 0.95", f"confidence: {confidence}")
    (tmp_path / "params.yaml").write_text(text.replace("draws: 200", f"draws: {draws}"))
    assert read_params(tmp_path / "params.yaml").detect.draws == draws


def test_the_default_is_read():
    assert read_params(DEFAULT).windows["2"].seconds == 2.0


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("front_end.hop_sample", 160, "front_end.hop_sample is not a parameter"),
        ("leaks.kinds", [], "leaks: exclude: training needs kinds"),
        ("leaks.kinds", ["id", "id"], "leaks: kinds ['id', 'id'] must differ"),
        ("leaks.near_distance", 0.7, "leaks.near_distance: Input should be less than or equal to 0.5"),
        ("front_end.mels", ..., "front_end.mels is missing"),
        ("front_end.mels", "64", "front_end.mels: Input should be a valid integer"),
        ("front_end.mels", 64.0, "front_end.mels: Input should be a valid integer"),
        ("features.min_seconds", 10.5, "features.min_seconds 10.5 is longer than the clips (corpora.audioset.clip_seconds 10.0)"),
        ("features.silence_db", 1.0, "features.silence_db: Input should be less than or equal to 0"),
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
        ("corpora.fsd50k.clips.val", 0, "corpora.fsd50k.clips.val: Input should be greater than or equal to 1"),
        ("corpora.fsd50k.further_sound_share", 1.0, "corpora.fsd50k.further_sound_share: Input should be less than or equal to 0.9"),
        ("corpora.fsd50k.sounds.seconds", [30.0, 0.3], "corpora.fsd50k.sounds: seconds gives the lowest first, not [30.0, 0.3]"),
        ("corpora.fsd50k.sounds.seconds", [0.01, 3.0], "corpora.fsd50k.sounds.seconds.0: Input should be greater than or equal to 0.1"),
        ("corpora.fsd50k.sounds.sample_rate_hz", 44, "corpora.fsd50k.sounds.sample_rate_hz: Input should be greater than or equal to 1000"),
        ("corpora.fsd50k.sounds.event_share", [0.01, 1.0], "event_share from 0.01 give events below 0.02 s: raise one"),
        ("corpora.fsd50k.sounds.event_share", [0.5, 1.5], "corpora.fsd50k.sounds.event_share.1: Input should be less than or equal to 1"),
        ("corpora.fsd50k.sounds.eval_folds", ["4"], "corpora.fsd50k.sounds: train_folds and eval_folds must both be given"),
        ("corpora.fsdkaggle2018.further_sound_share", 0.2, "corpora.fsdkaggle2018.further_sound_share is not a parameter"),
        ("corpora.fsdkaggle2019.clips.val", 3, "corpora.fsdkaggle2019.clips.val is not a parameter"),
        ("corpora.audioset.kind", "sounds", "corpora.audioset: Input tag 'sounds'"),
        ("transfers.fsd50k_2.corpus", "fsd51k", "transfers.fsd50k_2 asks for corpora.fsd51k: there are audioset, fsd50k"),
        ("transfers.fsd50k_2.model", "7", "transfers.fsd50k_2 asks for models.7: there are "),
        ("transfers.fsd50k_2.model", "5", "transfers.fsd50k_2 fine-tunes the model 5: call it SET_5"),
        (
            "transfers.fsd50k_2.test",
            "validation",
            "are of one set and may differ in their model only",
        ),
        ("transfers.fsd50k_2.test", "train", "train train, validation val and test train must be different subsets"),
        ("transfers.fsd50k_2.test", "curated", "transfers.fsd50k_2: test curated does not evaluate: choose one of eval, test, validation"),
        ("transfers.fsd50k_2.train", "test", "transfers.fsd50k_2: the subset test does not train: choose one of aud300h, balanced"),
        ("transfers", {}, "transfers is empty, and the table of transfers needs one"),
        ("detect.subset", "full", "detect: subset full does not evaluate: choose one of eval, test, validation"),
        ("transfers.fsd50k_2.metric", "accuracy", "transfers.fsd50k_2.metric: Input should be 'mAP', 'mAP@3' or 'lwlrap'"),
        ("transfer.tune", "head", "body_learning_rate belongs to tune: all, and is null for tune: head"),
        ("transfer.body_learning_rate", None, "body_learning_rate belongs to tune: all"),
        ("transfer.hop_seconds", 5.0, "transfer: hop_seconds 5.0 is longer than crop_seconds 2.0: it would leave gaps"),
        (
            "transfer",
            {"crop_seconds": 0.03, "hop_seconds": 0.03},
            "transfer.crop_seconds 0.03 is shorter than a frame of the front end (0.04 s)",
        ),
        ("transfer.hop_seconds", 0.0004, "transfer.hop_seconds 0.0004 comes to no millisecond, and windows are counted in whole ones"),
        ("detect", {"window_seconds": 0.01, "hop_seconds": 0.01}, "detect.window_seconds 0.01 is shorter than a frame of the front end"),
        ("detect.hop_seconds", 0.0001, "detect.hop_seconds 0.0001 comes to no millisecond"),
        ("windows.2.hop", 0.0001, "windows.2.hop 0.0001 comes to no millisecond"),
        ("transfer.seeds", [1, 1], "seeds [1, 1] must differ"),
        ("transfer.seeds", [], "transfer.seeds: Tuple should have at least 1 item"),
        ("evaluate.confidence", 95, "evaluate.confidence: Input should be less than 1"),
        ("evaluate.draws", 39, "evaluate: draws 39 are too few for confidence 0.95: give 40 or more"),
        ("evaluate.confidence", 0.999, "evaluate: draws 1000 are too few for confidence 0.999: give 2000 or more"),
        ("detect.draws", 1, "detect: draws 1 are too few for confidence 0.95: give 40 or more"),
        ("detect.scores", "steps", "detect: window_seconds and hop_seconds belong to scores: windows"),
        ("detect.hop_seconds", None, "detect: window_seconds and hop_seconds belong to scores: windows"),
        ("detect.hop_seconds", 2.5, "detect: hop_seconds 2.5 is longer than window_seconds 2.0: it would leave gaps"),
        ("detect.median_candidates_seconds", [0.5], "detect: give median_seconds or median_candidates_seconds"),
        ("detect.median_seconds", None, "detect: give median_seconds or median_candidates_seconds"),
        ("detect.development_share", 0.3, "detect: development_share belongs to median_candidates_seconds"),
        ("detect.empty_files", "some", "detect.empty_files: Input should be 'keep' or 'drop'"),
        ("detect.baselines.psds1", 0.0, "detect.baselines.psds1: Input should be greater than 0"),
        ("detect.shown", "7", "detect.shown 7 is no detector: there are "),
        ("detect.corpus", "desed", "detect.corpus desed is none of corpora: there are audioset"),
        ("detect.seed", -1, "detect.seed: Input should be greater than or equal to 0"),
        ("ensembles.windows.models", ["2", "7"], "ensembles.windows.models 7 is no detector: there are "),
        ("ensembles.windows.models", ["2", "2"], "ensembles.windows: models ['2', '2'] must differ"),
        ("ensembles.S1", {"models": ["2"]}, "ensembles.S1 has the name of a detector: choose another"),
        ("sizes.S9", {"labels": "2", "width": 0.5, "max_epochs": None}, "sizes.S9 must stand in detectors too"),
        ("detectors.S9", {"labels": "2", "width": 0.5, "max_epochs": None}, "detectors.S9 must come from models or from sizes"),
        ("detectors.S1", {"labels": "2", "width": -0.5, "max_epochs": None}, "sizes.S1.width: Input should be greater than 0"),
        ("models.7", {"seconds": 7.0, "hop": 7.0}, "models.7 must stand in detectors too: let it merge both"),
    ],
)
def test_a_fault_is_one_sentence_that_names_the_key(tmp_path, key, value, told):
    with pytest.raises(PslError) as error:
        read_params(changed(tmp_path, key, value))
    assert told in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("ours", "told"),
    [
        ({"train_folds": ["1", "2"], "eval_folds": ["3"]}, "audioset and fsd50k divide the bank ../esc10/ differently"),
        ({"train_folds": [], "eval_folds": []}, "audioset and fsd50k divide the bank ../esc10/ differently"),
        ({"train_folds": ["2", "1"], "eval_folds": ["4"]}, None),
    ],
)
def test_one_bank_is_divided_once(tmp_path, ours, told):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    params["corpora"]["audioset"] |= {"bank": "../esc10", "train_folds": ["1", "2"], "eval_folds": ["4"]}
    params["corpora"]["fsd50k"]["sounds"] |= {"bank": "../esc10/"} | ours
    check_division(tmp_path / "params.yaml", params, told)


def test_one_bank_without_folds_is_divided_by_one_seed(tmp_path):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    params["corpora"]["fsd50k"]["sounds"]["bank"] = "../esc10"  # all three sets have these sounds
    check_division(tmp_path / "params.yaml", params, "fsd50k and fsdkaggle2018 divide the bank ../esc10 differently")
    for key in ("fsd50k", "fsdkaggle2018", "fsdkaggle2019"):
        params["corpora"][key]["seed"] = 7
    check_division(tmp_path / "params.yaml", params, None)


def check_division(path, params, told):
    with path.open("w") as file:
        YAML(typ="safe").dump(params, file)
    if told is None:
        return read_params(path)
    with pytest.raises(PslError, match=told):
        read_params(path)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (12.0, r"windows.12.seconds 12.0 is longer than the clips \(clip_seconds 10.0\)"),
        (0.03, r"windows.12.seconds 0.03 is shorter than a frame of the front end \(0.04 s\)"),
    ],
)
def test_a_window_that_no_clip_or_no_frame_fits_names_both(tmp_path, seconds, told):
    text = DEFAULT.read_text().replace('"10": {seconds: 10.0, hop: 10.0}', f'"12": {{seconds: {seconds}, hop: {seconds}}}')
    (tmp_path / "params.yaml").write_text(text.replace('models: ["10", "5", "2"]', 'models: ["5", "2"]'))
    with pytest.raises(PslError, match=told):
        read_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("key", ['"0.5"', "5"])  # DVC fails over the first, and drops the stages of the second without a word
def test_a_window_that_dvc_would_not_run_is_refused(tmp_path, key):
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace('"5": {', f"{key}: {{"))
    with pytest.raises(PslError, match=r"windows\.[05.]+: a key is quoted and holds letters"):
        read_params(tmp_path / "params.yaml")


def test_a_size_learns_from_a_student(tmp_path):
    (tmp_path / "params.yaml").write_text(DEFAULT.read_text().replace('S1: {labels: "2"', 'S1: {labels: "7"'))
    with pytest.raises(PslError, match=r"sizes.S1.labels 7 is no student: there are 10, 5, 2, weak"):
        read_params(tmp_path / "params.yaml")


def test_a_fault_in_a_window_is_told_once_though_students_models_and_detectors_merge_it(tmp_path):
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
