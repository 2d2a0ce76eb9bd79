"""The parts of transfer: crops, windows and their labels, scores on disk, metrics, the comparison and its table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from test_tagging_metrics import SCORES, TRUTH
from toy import ARCHITECTURE, VOCABULARY, toy_manifest, toy_store

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import SavedModel
from psl.annotators.inference.scorer import Windowing
from psl.config.file import read_params
from psl.evaluation.tagging.metrics.lwlrap import lwlrap
from psl.evaluation.tagging.metrics.map_at_3 import reciprocal_ranks
from psl.evaluation.transfer.compare import as_json, compare
from psl.evaluation.transfer.evaluate import evaluate_transfer, transfer_summary
from psl.evaluation.transfer.metric import clip_metric
from psl.evaluation.transfer.score_table import TransferScores, read_score_table, write_score_table
from psl.evaluation.transfer.scoring import windowed_scores
from psl.io.metadata.vocabulary import Vocabulary
from psl.report.differences import difference_chart
from psl.report.pictures import write_picture
from psl.report.transfer_charts import transfer_chart
from psl.report.transfer_table import transfer_markdown, transfer_table
from psl.runtime.errors import PslError
from psl.training.engine.parameter_groups import RELATIVE_RATE, parameter_groups, set_train_mode
from psl.training.fine_tuning.data import fine_tuning_data, windowed_labels

DEFAULT = read_params(Path(__file__).parents[1] / "presets/default.yaml")
OF = DEFAULT.transfers["fsdkaggle2018_2"].model_copy(update={"train": "balanced"})
CLASSES = Vocabulary(("/m/a", "/m/b", "/m/c", "/m/d"), ("A", "B", "C", "D"))


def how(**changes):
    return DEFAULT.transfer.model_copy(update={"crop_seconds": 1.0, "hop_seconds": 1.0, "batch_windows": 8} | changes)


def training_data(folder, **changes):
    store = toy_store(folder, 12, (9, 25, 70))
    return store, fine_tuning_data(store, toy_manifest(store), VOCABULARY, OF, params=how(**changes), validation=())


def test_crops_move_from_epoch_to_epoch_and_never_leave_the_clip(tmp_path):
    store, made = training_data(tmp_path)
    starts = np.stack([made.training.starts(1, epoch) for epoch in range(40)])
    room_N = np.maximum(store.frames_N - 25, 0)  # clip ids ascend
    assert (starts.max(axis=0) <= room_N).all() and (starts.max(axis=0) > 0.6 * room_N)[room_N > 0].all()
    assert np.array_equal(starts[0], made.training.starts(1, 0)) and not np.array_equal(starts[0], starts[1])


def test_training_takes_one_crop_a_clip_and_validation_windows_over_the_clip_of_other_sources(tmp_path):
    store, made = training_data(tmp_path)
    assert len(made.training) == made.training.n_clips == 8 and made.validation.n_clips == 4
    windows = np.bincount(made.labels.clip_W, minlength=12)
    assert (
        windows.tolist() == [1, 1, 3] * 4
        and len(made.validation) == windows[made.labels.clip_W[made.validation.rows_W]].size
    )
    mel_BTF, _ = next(made.training.stream(1))
    assert mel_BTF.shape == (8, 25, 32) and (mel_BTF > -100).all()  # repeated, not filled with silence


def test_windows_carry_their_clips_labels():
    weak_NC = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], bool)
    starts = [np.arange(2), np.arange(1), np.arange(3)]
    labels = windowed_labels(VOCABULARY, ("a", "b", "c"), starts, length_ms=1000, weak_NC=weak_NC, about={})
    assert np.array_equal(labels.dense(np.arange(6)), weak_NC[[0, 0, 1, 2, 2, 2]].astype(np.float32))


def test_a_clips_score_is_the_mean_over_its_windows_whatever_the_batch(tmp_path):
    store = toy_store(tmp_path, 20, (9, 25, 70))
    torch.manual_seed(1)
    model = SavedModel("toy", build_network(3, ARCHITECTURE).eval(), VOCABULARY, {})
    score_NC = windowed_scores(model, store, Windowing(1000, 1000, "shift"), 5)
    mels = [mel_TF.astype(np.float32) for _, mel_TF in store.clips()]
    expected = model(np.stack([mels[2][start : start + 25] for start in (0, 25, 45)])).mean(0)
    np.testing.assert_allclose(score_NC[2], expected, atol=1e-6)
    np.testing.assert_allclose(score_NC[1], model(mels[1][None])[0], atol=1e-6)
    np.testing.assert_allclose(windowed_scores(model, store, Windowing(1000, 1000, "shift"), 64), score_NC, atol=1e-6)


def test_a_frozen_part_gets_no_gradient_and_keeps_its_statistics():
    model = build_network(3, ARCHITECTURE)
    groups = parameter_groups(model, {"features": 0.25})
    assert [group[RELATIVE_RATE] for group in groups] == [0.25, 1.0]
    assert len(parameter_groups(model, {"features": 0.0})) == 1
    set_train_mode(model, {"features": 0.0})
    assert not model.features.training and model.classifier.training
    assert not any(parameter.requires_grad for parameter in model.features.parameters())


def scored(score_NC=SCORES, y_NC=TRUTH, **changes) -> TransferScores:
    ids = tuple(f"clip{n}" for n in range(len(y_NC)))
    some = TransferScores(
        CLASSES, ids, y_NC, ("Public", "Public", "Private", "Private", None)[: len(y_NC)], {1: score_NC, 2: score_NC}
    )
    return replace(some, **changes)


def test_measures_are_the_metrics_and_count_clips_as_they_say():
    found = transfer_summary("lwlrap", scored())
    assert found["lwlrap"] == pytest.approx(7 / 9, abs=1e-6) and found["lwlrap_public"] == round(
        lwlrap(TRUTH[:2], SCORES[:2]).value, 6
    )
    assert (
        found["n_clips"],
        found["n_clips_without_label"],
        transfer_summary("mean_average_precision", scored())["n_clips"],
    ) == (4, 1, 5)
    assert transfer_summary("mean_average_precision", scored())["mAP"] == 0.729167
    one_NC = np.eye(4, dtype=bool)
    assert transfer_summary("map_at_3", scored(SCORES[:4], one_NC))["mAP@3"] == round(
        reciprocal_ranks(one_NC, SCORES[:4]).mean(), 6
    )
    np.testing.assert_allclose(
        evaluate_transfer(clip_metric("map_at_3"), scored(SCORES[:4], one_NC)).class_C,
        reciprocal_ranks(one_NC, SCORES[:4]),
    )


@pytest.mark.parametrize("metric", ["mean_average_precision", "map_at_3", "lwlrap"])
def test_truth_without_labels_and_nan_are_sentences(metric):
    with pytest.raises(PslError, match="none of the 5 test clips has a label"):
        transfer_summary(metric, scored(y_NC=np.zeros_like(TRUTH)))
    with pytest.raises(PslError, match="have NaN for a score"):
        transfer_summary(metric, scored(np.full((4, 4), np.nan), np.eye(4, dtype=bool)))


def both(student=None):
    transfers = {key: DEFAULT.transfers[key] for key in ("fsdkaggle2019-noisy_2", "fsdkaggle2019-noisy_annotator")}
    scores = {key: (student or scored()) if key.endswith("_2") else scored(SCORES[::-1]) for key in transfers}
    return compare(transfers, scores, DEFAULT.evaluate.model_copy(update={"bootstrap_samples": 50}))


def test_the_student_stands_beside_the_annotator_with_a_test_and_its_classes():
    (annotator, student), classes = both()
    assert annotator.model == "annotator" and annotator.p is None and student.p is not None
    assert student.difference == pytest.approx(student.value - annotator.value, abs=2e-6)
    assert student.difference_low <= student.difference <= student.difference_high
    assert [row.clips for row in classes] == [2, 2, 1, 1]
    weights = np.array([2, 2, 1, 1]) / 6
    assert sum(weights * [row.difference for row in classes]) == pytest.approx(student.difference, abs=2e-6)


@pytest.mark.parametrize(
    ("student", "told"),
    [
        (
            scored(clip_ids=("clip0", "clip1", "clip2", "clip3", "other")),
            "1 of 5 are missing and 1 of 5 are foreign, such as clip4",
        ),
        (scored(y_NC=TRUTH[::-1]), "have different labels"),
        (scored(vocabulary=Vocabulary(CLASSES.mids[::-1], CLASSES.names)), "same classes in another order"),
    ],
)
def test_models_that_do_not_compare_are_a_sentence(student, told):
    with pytest.raises(PslError, match=told):
        both(student)


def test_missing_or_foreign_scores_are_a_sentence(tmp_path):
    with pytest.raises(PslError, match="there is no table of scores at"):
        read_score_table(tmp_path / "scores.parquet")


def written(folder, change) -> Path:
    """Scores of five clips on disk, their rows changed."""
    rows = pa.table(
        {"clip_id": scored().clip_ids, "labels": [[CLASSES.mids[c] for c in np.flatnonzero(y_C)] for y_C in TRUTH]}
    )
    write_score_table(folder / "some/scores.parquet", rows, [None] * 5, {1: SCORES}, vocabulary=CLASSES)
    table = pq.read_table(folder / "some/scores.parquet")
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), table.schema), folder / "some/scores.parquet")
    return folder / "some/scores.parquet"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda rows: [], r"some/scores.parquet holds no clip: run the stage transfer@some again"),
        (
            lambda rows: [*rows[:2], rows[2] | {"scores": [0.1] * 3}, *rows[3:]],
            "has 3 scores of the clip clip2 for 4 classes: run the stage",
        ),
        (lambda rows: [*rows[:4], rows[4] | {"scores": None}], "has 0 scores of the clip clip4 for 4 classes"),
        (
            lambda rows: [row | {"scores": row["scores"][:2]} for row in rows],
            "has 2 scores of the clip clip0 for 4 classes",
        ),
    ],
)
def test_damaged_scores_are_a_sentence(tmp_path, change, told):
    assert read_score_table(written(tmp_path, lambda rows: rows)).score_SNC[1].shape == SCORES.shape
    with pytest.raises(PslError, match=told):
        read_score_table(written(tmp_path, change))


def report(classes_left_out=()):
    rows, _ = both()
    names = {"annotator": "Annotator (MA)", "2": "PSL-2s"}
    return as_json(rows, names, {"fsdkaggle2019-noisy": list(classes_left_out)}, DEFAULT.evaluate)


def test_the_table_reads_like_the_posters():
    (row,) = transfer_table(report(["Gong"]))
    assert row["set"] == "FSDKaggle2019 noisy" and row["student"] == "PSL-2s" and row["classes"] == "4 of 5"
    assert row["after transfer"].startswith("77.8 (") and row["difference"].startswith("+") and row["test clips"] == "4"
    text = transfer_markdown(report(["Gong"]))
    assert len({line.count("|") for line in text.splitlines()[:3]}) == 1
    assert (
        "Left out on FSDKaggle2019 noisy, having no test clip: Gong." in text and "1 test clips without a label" in text
    )


def test_a_set_without_annotator_or_without_student_has_dashes():
    alone = report()
    del alone["sets"]["fsdkaggle2019-noisy"]["annotator"]
    assert transfer_table(alone)[0]["annotator (MA)"] == "\u2013"
    alone = report()
    del alone["sets"]["fsdkaggle2019-noisy"]["2"]
    assert transfer_table(alone)[0]["after transfer"] == transfer_table(alone)[0]["p"] == "\u2013"


def test_pictures_show_every_model_and_every_class_in_order(tmp_path):
    assert len(transfer_chart(report())["data"]["values"]) == 2
    rows = [{"name": f"C{n}", "clips": n, "difference": n / 100 - 0.02} for n in range(5)]
    spec = difference_chart("title", {"one": rows, "none": []})
    assert [value["class"] for value in spec["concat"][0]["data"]["values"]] == [
        f"C{n} ({n})" for n in range(4, -1, -1)
    ]
    assert len(spec["concat"]) == 1
    write_picture(tmp_path / "none.png", difference_chart("nothing to compare", {}))
