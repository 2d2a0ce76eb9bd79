"""The stage detect_table on a toy corpus: the table of all detectors and its pictures."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from detection_toy import CLIPS, DEFAULT, SCENES, evaluation_of, params, save_bands, some_events
from toy import VOCABULARY

from psl.corpora.lists.writer import write_strong
from psl.report.model_names import all_models
from psl.report.results import results
from psl.runtime.errors import PslError
from tasks import detect, detect_ensemble, detect_table, report
from tasks.stage import DETECTED

pytestmark = pytest.mark.usefixtures("detectors")
ALARM, BELL, COUGH = VOCABULARY.mids
PICTURES = [f"detect_{name}.png" for name in ("classes", "roc", "timelines")]
ROW = "| PSL-2s | 0.00 | 0.00 | 100.0 (100.0 \u2013 100.0) |"


def some_detectors():
    """Parameters with the annotator, three students, of which one has a width of its own, and an ensemble."""
    return params(plotted_detector="2").model_copy(
        update={
            "students": {key: DEFAULT.students[key] for key in ("5", "2", "S1")},
            "ensembles": {"both": DEFAULT.ensembles["windows"].model_copy(update={"models": ("2", "5")})},
        }
    )


def run_all() -> None:
    detectors = some_detectors()
    for key in ("annotator", "S1"):
        save_bands(key)
    for key in all_models(detectors.students):
        detect.work(detectors, key)
    detect_ensemble.work(detectors, "both")
    detect_table.work(detectors)


def test_the_table_holds_every_detector_in_order():
    run_all()
    text = Path("reports/detect.md").read_text()
    rows = text.splitlines()[2:7]
    names = ["Annotator (MA)", "PSL-5s", "PSL-2s", "S1", "Ensemble: both"]
    assert [row.split("|")[1].strip() for row in rows] == names
    full = f"{ROW} 100.0 (100.0 \u2013 100.0) | 2.50 (2.50 \u2013 2.50) | yes | 100.0 (100.0 \u2013 100.0) |"
    assert rows[2].startswith(full) and "| no, 3 |" in rows[4]
    assert "12 clips (scenes, eval)" in text and "kept (1 of them)" in text


def test_the_report_says_which_windows_are_better_at_detection():
    run_all()
    detectors = some_detectors()
    models = all_models(detectors.students)
    models = results(models, {key: {"mAP": 0.5} for key in models}, "annotator")
    sections = report.detection(detectors, models)
    assert [section.title for section in sections][-1] == "What is settled in detection"
    assert sections[-1].table[0]["model"] == "PSL-2s" and "in PSDS-2" in [*sections[-1].table[0]][2]


def test_the_same_bytes_come_again():
    run_all()
    files = [Path("reports") / name for name in ("detect.md", "detect.csv", "detect.json", *PICTURES)]
    first = [path.read_bytes() for path in files]
    detect_table.work(some_detectors())
    assert [path.read_bytes() for path in files] == first


def test_dvc_metrics_hold_both_psds_and_the_score():
    run_all()
    score = pytest.approx((1 / 0.315 + 1 / 0.547) / 2, abs=1e-6)
    assert json.loads(Path("reports/detect.json").read_text())["2"] == {"psds1": 1, "psds2": 1, "score": score}


def test_events_of_one_class_give_all_but_what_needs_two(capsys):
    write_strong(SCENES, [event for event in some_events() if event[3] == BELL])
    run_all()
    evaluation = evaluation_of("2")
    assert [evaluation[name] for name in ("psds1", "collar_f", "n_classes")] == [1, 1, 1]
    undefined = [evaluation[name] for name in ("psds2", "psds2_low", "psds2_seeds", "score", "score_high")]
    assert undefined == [None, None, [], None, None]
    assert "2: PSDS-2 and the DCASE score need events of two classes, and only Bell has any" in capsys.readouterr().err
    text = Path("reports/detect.md").read_text()
    assert f"{ROW} \u2013 | \u2013 | yes |" in text and "need events of two classes" in text
    assert "Left out, having no event: Alarm, Cough." in text and Path("reports/detect_roc.png").exists()


def test_median_lengths_are_chosen_for_one_class_too():
    write_strong(SCENES, [event for event in some_events() if event[3] == BELL])
    detect.work(params(median_seconds=None, median_candidates_seconds=(3.0, 0.0), development_share=0.4), "2")
    assert evaluation_of("2")["median_s"] == [0.0]


# The other ground truth has as many clips, events and classes, and one event ends later.
def test_a_table_of_detectors_of_different_ground_truth_is_refused():
    run_all()
    write_strong(SCENES, [*some_events()[2:], ("clip00", 0.0, 1.0, ALARM), ("clip00", 0.4, 2.2, BELL)])
    detect_ensemble.work(some_detectors(), "both")
    with pytest.raises(PslError, match=r"Ensemble: both .* were not evaluated on the same ground truth"):
        detect_table.work(some_detectors())


def test_a_corpus_without_strong_labels_stops_nothing(capsys):
    (SCENES / "strong.parquet").unlink()
    run_all()
    assert "has no strong.parquet" in capsys.readouterr().err and evaluation_of("2")["n_clips"] == 0
    sentence = "The corpus scenes has no strong labels (no strong.parquet): no detector was evaluated.\n"
    assert Path("reports/detect.md").read_text() == sentence
    assert len(pq.read_table(DETECTED / "2/seed1.parquet")) == len(CLIPS)  # ensembles of them can still be made
    assert Path("reports/detect_roc.png").exists()
