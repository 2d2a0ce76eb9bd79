"""The stages of an annotator that others trained, on twelve clips: it has other classes, in another order."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from annotator_toys import CORPUS, TEACHER, by_hand, model_folder, state
from feature_corpora import FRONT_END
from feature_corpora import PARAMS as FEATURES
from onnx_models import RATE_HZ
from params_files import DEFAULT
from ruamel.yaml import YAML
from small_corpora import AUDIOSET_LAYOUT

from psl.annotators.open_members import open_members
from psl.annotators.record import read_record
from psl.audio.decode import read_clip
from psl.audio.hashes import hash_audio
from psl.audio.write import write_clip
from psl.config import FeaturesParams, Params
from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.features.extraction.extract import extract
from psl.io.features.excluded import write_excluded
from psl.io.labels.calibration import calibrated_labels, read_calibration
from psl.io.labels.reader import read_labels
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Serial
from tasks import annotate, annotator, calibrate, detect_annotator, evaluate_annotator, stage

METADATA = Path("data/metadata/scenes")
EVALUATED = [f"{number:02}" for number in range(8, 12)]
LABELS = ["a", "bc", "c", "ab", "c", "a", "b", "ac", "a", "bc", "ab", "c"]
HALVES = {"window_seconds": 0.5, "hop_seconds": 0.5}


def labels_of(number):
    """The ids of a clip's classes."""
    return [f"/m/{letter}" for letter in LABELS[number]]


def write_clips(looked_for=None, seconds=lambda number: 1, *, evaluated=EVALUATED, beyond=()):
    """The manifest and the features of twelve clips of a second or `seconds`: some `evaluated`, some only in `full`."""
    rows = []
    for number in range(12):
        path = METADATA / f"{number:02}.wav"
        length = int(seconds(number) * RATE_HZ)
        x_T = np.random.default_rng(number).uniform(-0.5, 0.5, length) * np.sin(np.linspace(0, number + 1, length))
        write_clip(path, x_T, RATE_HZ)
        subset = "eval" if path.stem in evaluated else "full" if number in beyond else "balanced"
        values = [path.stem, path.name, 0.0, None, subset, labels_of(number)]
        looked = None if looked_for is None else sorted({*looked_for, *labels_of(number)})
        rows.append(dict(zip(MANIFEST.names, [*values, f"tape{number}", hash_audio(path), looked], strict=True)))
    write_manifest(METADATA, pa.Table.from_pylist(rows, MANIFEST))


def write_features():
    """Those of the clips that stand there."""
    folders = METADATA, Path("data/features/scenes"), Path("cache")
    extract(*folders, FRONT_END, params=FeaturesParams(**FEATURES), runner=Serial())


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with metadata, features and a model of others, and nothing that a stage of annotators wrote."""
    monkeypatch.chdir(tmp_path)
    METADATA.mkdir(parents=True)
    CORPUS.write(METADATA / "classes.csv")
    AUDIOSET_LAYOUT.write(METADATA)
    write_clips()
    write_features()
    write_excluded(stage.EXCLUDED, [])
    state(model_folder(Path("toy")), name="Toy tagger")
    return tmp_path


def parameters(classes=None, labelled_by="toy", **more):
    """Parameters without a trained annotator: toy labels windows of half a second; `more` annotators beside it."""
    values = YAML(typ="safe").load(DEFAULT.read_text())
    values["front_end"] = FRONT_END.model_dump()
    values["features"] = FEATURES
    values["shards"] |= {"runner": "threads", "workers": 1}
    values["train_annotator"] |= {"enabled": False, "subset": "balanced", "validation_share": 0.5}
    values["annotators"] = {"toy": {"kind": "onnx", "source": "toy", "classes": classes or {}}, **more}
    values["annotator_ensembles"] = (
        {"both": {"members": {key: 1.0 for key in more}, "classes": "union"}} if more else {}
    )
    values["annotate"] |= {"annotator": labelled_by, "subset": "balanced", "inference_batch_size": 4}
    values["calibrate"] |= {"bootstrap_samples": 40, "min_clips": 4, "bins": 4}
    values["students"] = {"2": HALVES, "weak": {"targets": "weak"}}
    values |= {"transfers": {}, "ensembles": {}, "exports": {}}
    return Params.model_validate_json(json.dumps(values))


PARAMS = parameters()


def scores_by_hand(clip_id, begin=0.0, end=1.0):
    """p_C of a stretch of a clip in the corpus's classes, without psl: 0 for the class that the toy does not have."""
    p_K = by_hand(read_clip(METADATA / f"{clip_id}.wav", begin, end, RATE_HZ))
    return np.array([p_K[TEACHER.index[mid]] if mid in TEACHER.mids else 0 for mid in CORPUS.mids])


def test_an_annotator_is_inspected_and_its_classes_without_a_partner_are_named(workspace, capsys):
    annotator.work(PARAMS, "toy")
    record, class_map = read_record(Path("data/annotators/toy"))
    assert record.contract.name == "Toy tagger" and record.source == "toy" and class_map.partners == ((2,), (), (1,))
    said = capsys.readouterr().err
    assert "Toy tagger: 2 of the corpus's 3 classes have a partner among the annotator's 3" in said
    assert "1 has none and takes the clip's weak label in every window: Bell (/m/b)" in said
    first = Path("data/annotators/toy/annotator.json").read_bytes()
    annotator.work(PARAMS, "toy")
    assert Path("data/annotators/toy/annotator.json").read_bytes() == first


def test_a_model_of_few_classes_is_tried_on_more_clips(workspace, capsys):
    write_clips(evaluated=())
    write_features()
    state(Path("toy"), name="Toy tagger", output="logit")  # its file gives probabilities
    annotator.work(PARAMS, "toy")
    assert "39 numbers from" in capsys.readouterr().err  # of 3 classes in 12 clips and silence, and not in 8


def too_many_classes(folder):
    Vocabulary((*TEACHER.mids, "/m/b"), (*TEACHER.names, "Bell")).write(folder / "classes.csv")


def no_class_in_common(folder):
    Vocabulary(("x", "y", "z"), ("Alarm", "Bell", "Cough")).write(folder / "classes.csv")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (too_many_classes, "Toy tagger gives 3 numbers for a window, and its class list .* has 4 classes"),
        (no_class_in_common, "annotators.toy.classes: none of the corpus's 3 classes .* has a partner"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_and_the_record_before_it_stays(workspace, change, fault):
    annotator.work(PARAMS, "toy")
    first = Path("data/annotators/toy/annotator.json").read_bytes()
    change(Path("toy"))
    with pytest.raises(PslError, match=fault):
        annotator.work(PARAMS, "toy")
    assert Path("data/annotators/toy/annotator.json").read_bytes() == first


@pytest.mark.parametrize("rule", ["weak", "ignore"])
def test_windows_get_labels_in_the_corpus_classes_that_say_where_they_are_from(workspace, rule):
    params = parameters({"unmatched": rule})
    annotator.work(params, "toy")
    annotate.work(params, "2")
    labels = read_labels(Path("data/labels/2.parquet"))
    assert labels.vocabulary == CORPUS and len(labels.clip_ids) == 8 and labels.duration_ms_W.tolist() == [500] * 16
    expected_WC = [scores_by_hand(clip, begin, begin + 0.5) for clip in labels.clip_ids for begin in (0.0, 0.5)]
    np.testing.assert_allclose(labels.dense(np.arange(16)), expected_WC, atol=1e-3)
    said = labels.provenance
    assert said["unmatched"] == {"mids": ["/m/b"], "rule": rule} and said["annotator_key"] == "toy"
    (member,) = said["members"]
    assert member["contract"]["licence"] == "MIT" and member["mapping"]["partners"] == [[2], [], [1]]
    assert said["window"] == {"seconds": 0.5, "hop": 0.5}


def test_labels_before_the_annotator_was_inspected_name_its_stage(workspace):
    for work in (annotate.work, calibrate.work):
        with pytest.raises(PslError, match="run `dvc repro annotator@toy`"):
            work(PARAMS, "2")
    assert not Path("data/labels").exists()


def test_it_is_scored_on_the_evaluation_clips(workspace, capsys):
    annotator.work(PARAMS, "toy")
    evaluate_annotator.work(PARAMS)
    found = json.loads(Path("reports/evaluate/annotator.json").read_text())
    truth_NC = np.array([[mid in labels_of(int(clip)) for mid in CORPUS.mids] for clip in EVALUATED])
    precision_C = average_precision(truth_NC, np.array([scores_by_hand(clip) for clip in EVALUATED], np.float32))
    assert found["mAP"] == pytest.approx(np.mean(precision_C[[0, 2]]), abs=1e-6)
    assert (found["n_classes"], found["classes_left_out"], found["classes_unmatched"]) == (2, [], ["Bell"])
    assert (found["n_clips"], found["n_clips_unread"], found["n_train_clips"]) == (4, 0, None)
    assert "Toy tagger has no score for 1 of 3 classes: Bell" in capsys.readouterr().err
    with Path("reports/evaluate/annotator_classes.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert [*rows] == [*CORPUS.names] and [row["ap"] == "" for row in rows.values()] == [False, True, False]
    assert rows["Bell"]["positives"] == "2"


def test_classes_that_it_does_not_have_are_unknown_to_its_detections(workspace):
    annotator.work(PARAMS, "toy")
    (_, file), *more = detect_annotator.annotator_files(PARAMS, detect_annotator.detection_clips(PARAMS.detect))
    assert not more and file.classes.names == ("Alarm", "Cough") and file.about["classes_unknown"] == ["Bell"]
    assert [*file.scores] == EVALUATED
    scores_TC = file.scores[EVALUATED[0]].score_TC
    assert scores_TC.shape[1] == 2 and (scores_TC > 0).all() and (scores_TC[:, 0] != scores_TC[:, 1]).all()


def calibration(folder="data/calibration"):
    return json.loads(Path(folder, "2.json").read_text())


def test_it_is_judged_and_its_calibration_is_that_of_its_labels(workspace):
    annotator.work(PARAMS, "toy")
    for work in (annotate.work, calibrate.work):
        work(PARAMS, "2")
    found, labels = calibration(), read_labels(Path("data/labels/2.parquet"))
    report = calibration("reports/calibrate")
    assert report["window_seconds"] == 0.5 and report["n_clips"] == 4
    assert [row["annotated"] for row in found["classes"]] == [True, False, True]
    assert (found["classes"][1]["slope"], found["classes"][1]["offset"]) == (1, 0)
    calibrated = calibrated_labels(labels, read_calibration(Path("data/calibration/2.json")))
    assert (calibrated.q_K != labels.q_K).any() and (calibrated.offsets == labels.offsets).all()
    calibrate.work(PARAMS, "weak")
    assert json.loads(Path("data/calibration/weak.json").read_text())["labels"] == {"kind": "weak"}
    assert json.loads(Path("reports/calibrate/weak.json").read_text()) == {"n_clips": 0}


def test_what_training_reads_does_not_change_with_how_the_annotator_is_measured(workspace):
    annotator.work(PARAMS, "toy")
    calibrate.work(PARAMS, "2")
    fitted, measured = calibration(), calibration("reports/calibrate")
    assert set(fitted) == {"labels", "classes"} and not set(fitted) & set(measured)
    others = PARAMS.calibrate.model_copy(update={"bins": 5, "confidence": 0.8, "bootstrap_samples": 80, "seed": 9})
    calibrate.work(PARAMS.model_copy(update={"calibrate": others}), "2")
    assert calibration() == fitted and calibration("reports/calibrate") != measured


def test_whole_clips_of_any_length_are_heard_as_they_are(workspace):
    write_clips(seconds=lambda number: 1 + number % 3 / 4)
    shutil.rmtree("data/features")
    write_features()
    annotator.work(PARAMS, "toy")
    members = open_members("toy", {}, stage.ANNOTATORS, "cpu")
    store = calibrate.validation_store(PARAMS)
    assert len(set(store.duration_ms_N.tolist())) > 1
    whole_NC = calibrate.score_whole(PARAMS, store, members)
    expected = [scores_by_hand(clip, end=1 + int(clip) % 3 / 4) for clip in sorted(store.clip_ids)]
    np.testing.assert_allclose(whole_NC, expected, atol=1e-5)


def test_the_calibration_of_another_map_is_refused(workspace):
    Path("annotators").mkdir()
    Path("annotators/table.csv").write_text("own,teacher\n/m/b,/m/z\n")
    annotator.work(PARAMS, "toy")
    annotate.work(PARAMS, "2")
    tabled = parameters({"table": "annotators/table.csv"})
    annotator.work(tabled, "toy")
    calibrate.work(tabled, "2")
    assert all(row["annotated"] for row in calibration()["classes"])
    with pytest.raises(PslError, match="the calibration is of labels with weights_hash"):
        calibrated_labels(read_labels(Path("data/labels/2.parquet")), read_calibration(Path("data/calibration/2.json")))


def test_clips_in_which_a_class_was_not_looked_for_do_not_judge_it(workspace):
    annotator.work(PARAMS, "toy")
    calibrate.work(PARAMS, "2")
    whole = calibration() | calibration("reports/calibrate")
    write_clips(looked_for=["/m/a"])
    calibrate.work(PARAMS, "2")
    partial = calibration() | calibration("reports/calibrate")
    known = sum(row["clips"] for row in whole["classes"] if row["mid"] == "/m/c")
    measured = [found["measured"]["weak_labels"]["raw"]["bins"] for found in (whole, partial)]
    counts = [sum(row["n"] for row in bins) for bins in measured]  # of pairs of a clip and a class
    assert counts == [2 * 4, 4 + known]
    assert [row["clips"] for row in partial["classes"]] == [row["clips"] for row in whole["classes"]]


def test_two_annotators_label_and_are_judged_together(workspace):
    state(model_folder(Path("other"), vocabulary=CORPUS, kernel=32), name="Other")
    params = parameters(None, "both", toy={"kind": "onnx", "source": "toy"}, other={"kind": "onnx", "source": "other"})
    for key in ("toy", "other"):
        annotator.work(params, key)
    for work in (annotate.work, calibrate.work):
        work(params, "2")
    evaluate_annotator.work(params)
    labels = read_labels(Path("data/labels/2.parquet"))
    members = open_members("both", params.annotator_ensembles, stage.ANNOTATORS, "cpu")
    windows = [read_clip(METADATA / f"{clip}.wav", 0.0, 0.5, RATE_HZ) for clip in labels.clip_ids]
    p_MBC = [member.annotator(np.stack(windows)) for member in members.members]
    first_WC = labels.dense(np.arange(0, 16, 2))
    np.testing.assert_allclose(first_WC[:, [0, 2]], np.mean(p_MBC, axis=0)[:, [0, 2]], atol=1e-3)
    np.testing.assert_allclose(first_WC[:, 1], p_MBC[1][:, 1], atol=1e-3)  # toy does not have it
    assert labels.provenance["annotator"] == "Toy tagger + Other" and labels.provenance["unmatched"]["mids"] == []
    assert read_calibration(Path("data/calibration/2.json")).labels["members"] == labels.provenance["members"]
