"""Transfers as parameters: a key says set and model, models of one set compare, and training never tests."""

import pytest
from params_files import changed, fault_in

from psl.config.file import read_params
from psl.training.fine_tuning.rates import fine_tuning_rates


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("corpus", "fsd51k", "transfers.fsd50k_2.corpus fsd51k is none of corpora: scenes, fsd50k"),
        ("model", "7", "transfers.fsd50k_2.model 7 is none of annotator, 10, 5, 2, weak, full-2, mixed-2, S1"),
        ("model", "5", "transfers.fsd50k_2 fine-tunes the model 5: call it SET_5"),
        ("test", "validation", "are of one set and may differ in their model only"),
        ("test", "train", "train train, validation val and test train must be different subsets"),
        ("test", "val", "train train, validation val and test val must be different subsets"),
        (
            "metric",
            "accuracy",
            "fsd50k_2.metric: accuracy is no file with METRIC in psl/evaluation/tagging/metrics/: choose one of",
        ),
    ],
)
def test_a_fault_of_one_transfer_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, f"transfers.fsd50k_2.{key}", value))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tune", "head", "backbone_learning_rate belongs to tune: all, and is null for tune: head"),
        ("backbone_learning_rate", None, "backbone_learning_rate belongs to tune: all"),
        ("hop_seconds", 5.0, "transfer: hop_seconds 5.0 is longer than crop_seconds 2.0: it would leave gaps"),
        ("hop_seconds", 0.0004, "transfer.hop_seconds 0.0004 is less than a millisecond, the unit of windows"),
        ("seeds", [1, 1], "seeds [1, 1] must differ"),
        ("seeds", [], "transfer.seeds has too few entries (0): give 1 or more"),
    ],
)
def test_a_fault_of_the_protocol_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, f"transfer.{key}", value))


def test_a_crop_is_a_frame_at_least(tmp_path):
    message = fault_in(changed(tmp_path, "transfer", {"crop_seconds": 0.01, "hop_seconds": 0.01}))
    assert message == "transfer.crop_seconds 0.01 is shorter than a frame of the front end (0.02 s)"


def test_there_may_be_no_transfers(tmp_path):
    assert read_params(changed(tmp_path, "transfers", {})).transfers == {}


def test_a_frozen_backbone_has_the_rate_0(tmp_path):
    params = read_params(changed(tmp_path, "transfer", {"tune": "head", "backbone_learning_rate": None}))
    assert fine_tuning_rates(params.transfer) == {"features": 0.0}
