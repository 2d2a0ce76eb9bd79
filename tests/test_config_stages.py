"""The parameters of front end, features, leaks, shards, training, annotation and evaluation: faults name their key."""

import pytest
from params_files import changed, fault_in, replaced

from psl.config.file import read_params


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("front_end.hop_sample", 160, "front_end.hop_sample is not a parameter"),
        ("front_end.n_mels", ..., "front_end.n_mels is missing"),
        ("front_end.n_mels", "64", "front_end.n_mels '64' is no whole number"),
        ("front_end.n_mels", 64.0, "front_end.n_mels 64.0 is no whole number"),
        ("front_end.win_length_samples", 1024, "win_length_samples 1024 is longer than n_fft 512"),
        (
            "front_end.f_max_hz",
            9000.0,
            "front_end: f_max_hz 9000.0 must lie above f_min_hz 0.0 and up to half of sample_rate_hz",
        ),
        ("features.silence_db", 1.0, "features.silence_db 1.0 is above 0"),
        ("features.channel", "left", "features.channel 'left' is none of mean, loudest, 1, 2, 3, 4, 5, 6, 7, 8"),
        ("features.channel", 0, "features.channel 0 is none of mean, loudest, 1, 2"),
        (
            "features.min_seconds",
            10.5,
            "features.min_seconds 10.5 is longer than the clips (corpora.scenes.clip_seconds 10.0)",
        ),
        ("leaks.kinds", [], "leaks: exclude: training needs kinds"),
        ("leaks.kinds", ["id", "id"], "leaks: kinds ['id', 'id'] must differ"),
        ("leaks.near_distance", 0.7, "leaks.near_distance 0.7 is above 0.5"),
        ("shards.runner", "slurm", "shards.runner 'slurm' is none of auto, processes, threads, dask, ray"),
        ("shards.workers", -1, "shards.workers -1 is below 0"),
        (
            "shards.address",
            "127.0.0.1:8786",
            "shards: address 127.0.0.1:8786 belongs to runner: dask or ray, and runner is auto",
        ),
    ],
)
def test_a_fault_of_features_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, key, value))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "train_annotator",
            {"max_steps": 9, "min_steps": 10, "validation_steps": 3},
            "train_annotator: min_steps 10 is more than max_steps 9: choose at most as many",
        ),
        (
            "transfer",
            {"max_steps": 9, "min_steps": 0, "validation_steps": 10},
            "transfer: validation_steps 10 is more than max_steps 9: choose at most as many",
        ),
        ("train_student.min_steps", -1, "train_student.min_steps -1 is below 0"),
        ("train_student.patience_steps", 0, "train_student.patience_steps 0 is below 1"),
        (
            "annotate.min_probability",
            0.2,
            "annotate.min_probability 0.2 is above 0.1, down to which labels are counted",
        ),
        ("annotate.last_window", "pad", "annotate.last_window 'pad' is none of shift, drop"),
        ("label_counts.thresholds", [], "label_counts.thresholds has too few entries (0): give 1 or more"),
        ("train_student.seeds", [1, 1], "seeds [1, 1] must differ"),
        ("train_student.seeds", [], "train_student.seeds has too few entries (0): give 1 or more"),
        ("train_student.batch_windows", 32, "give batch_seconds or batch_windows"),
        ("train_annotator.batch_seconds", None, "give batch_seconds or batch_windows"),
        ("train_annotator.validation_share", 1.0, "train_annotator.validation_share 1.0 is not below 1"),
        (
            "train_annotator",
            {"enabled": False, "checkpoint": "mAP40.pt"},
            "train_annotator: checkpoint mAP40.pt is imported only where enabled is true: set enabled to true, or chec",
        ),
        ("evaluate.seed", -1, "evaluate.seed -1 is below 0"),
        ("evaluate.confidence", 95, "evaluate.confidence 95 is not below 1"),
        ("evaluate.bootstrap_samples", 39, "bootstrap_samples 39 are too few for confidence 0.95: give 40 or more"),
        ("evaluate.confidence", 0.999, "bootstrap_samples 1000 are too few for confidence 0.999: give 2000 or more"),
    ],
)
def test_a_fault_of_models_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, key, value))


@pytest.mark.parametrize(("confidence", "samples"), [(0.95, 40), (0.9, 20), (0.99, 200), (0.5, 4)])
def test_the_fewest_bootstrap_samples_leave_one_beyond_either_end(tmp_path, confidence, samples):
    path = changed(tmp_path, "detect", {"confidence": confidence, "bootstrap_samples": samples})
    assert read_params(path).detect.bootstrap_samples == samples
    message = fault_in(changed(tmp_path, "detect", {"confidence": confidence, "bootstrap_samples": samples - 1}))
    assert f"give {samples} or more" in message


def test_labels_are_kept_down_to_the_lowest_threshold_that_is_counted(tmp_path):
    path = replaced(tmp_path, "thresholds: [0.1,", "thresholds: [0.01,")
    path.write_text(path.read_text().replace("min_probability: 0.0", "min_probability: 0.02"))
    assert "annotate.min_probability 0.02 is above 0.01" in fault_in(path)
