"""The report holds every model of the parameters in order, its numbers as they are, and gives the same bytes again."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from calibration_cases import judged, scene_truth
from test_report_annotators import of_others

from psl.annotators.record import write_record
from psl.config import Student
from psl.config.file import read_params
from psl.evaluation.tagging.summary import TaggingEvaluation, class_columns
from psl.io.csv_tables import write_dicts
from psl.labels.label_sets import label_sets
from psl.report.charts import (
    evaluation_differences_chart,
)
from psl.report.model_names import all_models, display_name
from psl.report.results import headline, results, results_markdown, results_table
from psl.runtime.errors import PslError
from tasks import report

PARAMS = read_params(Path(__file__).parents[1] / "presets/default.yaml")
MODELS = {
    "5": Student(window_seconds=5.0, hop_seconds=5.0),
    "weak": Student(targets="weak"),
    "0p5": Student(window_seconds=0.5, hop_seconds=0.5),
    "annotator": None,
    "10": Student(window_seconds=10.0, hop_seconds=10.0),
}
SCORE = {
    "metric": "mAP",
    "value": 0.5,
    "low": 0.4,
    "high": 0.6,
    "n_clips": 120,
    "n_clips_without_label": 0,
    "n_classes": 19,
}
ALONE = dict.fromkeys(("difference", "difference_low", "difference_high", "p"))
TRANSFER = {
    "sets": {"fsd50k": {"annotator": SCORE | ALONE, "2": SCORE | dict.fromkeys(ALONE, 0.0421)}},
    "models": {"annotator": "Annotator (MA)", "2": "PSL-2s"},
    "classes_left_out": {"fsd50k": []},
    "draws": 1000,
    "confidence": 0.95,
}
HISTORY_CSV = """\
step,epochs,train_loss,validation_loss,validation_mAP,learning_rate
9,1.0,0.5,0.4,nan,0.1
18,2.0,0.4,0.3,0.25,0.1
"""
COSTS = {"n_parameters": 323_456, "multiply_adds_per_second": 7_250_000, "n_bytes": 1_400_000}
NOT_SCORED = dict.fromkeys(("chance_ap", "ap", "auc"))
PNG = b"\x89PNG\r\n\x1a\n not a real picture"
SVG = "<svg xmlns='http://www.w3.org/2000/svg'/>"
TRUTH = {"mean": 2.53, "share_none": 0.0, "share_many": 0.12, "n_clips": 290}
LABEL_COUNTS_CSV = """\
labels,unit,threshold,n_labels,count,share
truth,clip,0.3,2,290,1.0
weak,clip,0.3,1,300,1.0
2,clip,0.3,2,75,0.25
2,clip,0.3,5,225,0.75
"""


def sampled(value: float) -> list[float]:
    """mAP on bootstrap samples."""
    return [value - 0.01, value, value + 0.01]


def evaluation(value: float, classes: int = 3) -> TaggingEvaluation:
    """An evaluation as psl.evaluation.tagging.summary gives it; the last class has no positives."""
    summary = COSTS | {
        "mAP": value,
        "mAP_low": value - 0.02,
        "mAP_high": value + 0.03,
        "mAP_seeds": [value - 0.01, value + 0.01],
        **{"mAP_windows": value + 0.05, "mAP_windows_low": value + 0.04, "mAP_windows_high": value + 0.07},
        "window_seconds": 2.0,
        "hop_seconds": 1.0,
        "chance_mAP": 0.1,
        "auc": 0.9,
        "d_prime": 1.812,
        "confidence": 0.95,
        "n_clips": 1234,
        "n_classes": classes - 1,
        "classes_left_out": ["Last <class>"],
        "seeds": [1, 2],
        "n_train_clips": 300,
    }
    rows = [
        {"mid": f"/m/{n}", "name": f"Class {n}", "positives": n + 1, "ap": value - n / 1000}
        | {"chance_ap": 0.1, "auc": 0.9}
        for n in range(classes - 1)
    ]
    return TaggingEvaluation(
        summary,
        [*rows, rows[0] | {"mid": "/m/last", "name": "Last <class>", "positives": 0, **NOT_SCORED}],
        {"mAP": sampled(value), "mAP_windows": sampled(value + 0.05)},
    )


COMMON = "annotator"  # annotate.annotator
VALUES = {"annotator": 0.7, "weak": 0.4, "10": 0.5, "5": 0.56, "0p5": 0.63}
FOUND = results(MODELS, {key: evaluation(value).summary for key, value in VALUES.items()}, COMMON)
HISTORY = [
    {
        "step": 10 * n,
        "epochs": float(n),
        "train_loss": 0.3,
        "validation_loss": 0.5 / n,
        "validation_mAP": None if n == 1 else 0.2,
    }
    for n in (1, 2, 3)
]


CALIBRATION = judged(scene_truth(40, 3), 2000, 3.0).report


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder in which all stages before `report` have run."""
    monkeypatch.chdir(tmp_path)
    labels = {
        key: {"mean": 1.5, "share_none": 0.18, "share_many": 0.02}
        for key in ("weak", *label_sets(PARAMS.students, PARAMS.annotate.annotator))
    }
    labels["2"] |= {"dropped_recall": 0.625, "dropped_precision": None, "precision": 0.714, "recall": 0.9}
    for number, key in enumerate(all_models(PARAMS.students)):
        found = evaluation(0.4 + number / 100)
        write_dicts(Path(f"reports/evaluate/{key}_classes.csv"), class_columns(), found.classes)
        Path(f"reports/evaluate/{key}.json").write_text(json.dumps(found.summary))
        for seed in (1, 2):
            Path(f"data/models/{key}/seed{seed}").mkdir(parents=True)
            Path(f"data/models/{key}/seed{seed}/history.csv").write_text(HISTORY_CSV)
    write_record(Path("data/annotators/annotator"), of_others())
    Path("data/bootstrap/evaluate").mkdir(parents=True)
    for number, key in enumerate(all_models(PARAMS.students)):
        Path(f"data/bootstrap/evaluate/{key}.json").write_text(json.dumps(evaluation(0.4 + number / 100).samples))
    Path("reports/calibrate").mkdir()
    for key in label_sets(PARAMS.students, PARAMS.annotate.annotator):
        Path(f"reports/calibrate/{key}.json").write_text(json.dumps(CALIBRATION))
    for key in (*all_models(PARAMS.students), *PARAMS.ensembles):
        Path("reports/detect").mkdir(exist_ok=True)
        Path(f"reports/detect/{key}.json").write_text(json.dumps({"n_clips": 0}))
    Path("reports/label_counts.json").write_text(
        json.dumps({"threshold": 0.3, "many": 4, "n_clips": 300, "labels": labels, "truth": TRUTH})
    )
    Path("reports/label_counts.csv").write_text(LABEL_COUNTS_CSV)
    leaks = {
        "n_pairs": {"leak": {"id": 3}},
        "n_evaluation_clips": {"leak": {"a/full > b/eval": {"id": 2}}},
        "n_clips": {"a/full": 9},
    }
    Path("reports/leaks.json").write_text(json.dumps(leaks | {"n_clips_excluded": {"all": 1}}))
    Path("reports/clips").mkdir()
    head, rows = (
        "subset,mid,name,asked,present,missing,unreadable,too_short,silent",
        "full,,,2400,2390,6,3,0,1\nfull,/m/a,A,9,8,1,0,0,0\n",
    )
    for key in PARAMS.corpora:
        Path(f"reports/clips/{key}.csv").write_text(f"{head}\n{rows if key == 'scenes' else ''}")
    for name in ("label_counts", "recovery", "transfer", "transfer_classes"):
        Path(f"reports/{name}.svg").write_text(SVG)
    Path("reports/transfer.json").write_text(json.dumps(TRANSFER))
    return tmp_path


def test_a_student_of_another_annotator_is_no_share_of_the_annotators():
    models = {key: MODELS[key] for key in ("annotator", "weak", "5")}
    models |= {by: MODELS["5"].model_copy(update={"annotator": by}) for by in ("mn04", "ours")}
    evaluations = {key: evaluation(0.35 if key == "annotator" else 0.7) for key in models}
    rows = results(models, {key: value.summary for key, value in evaluations.items()}, "ours")
    shares = {"annotator": 1.0, "weak": 2.0, "5": 2.0, "ours": 2.0}  # whoever names the common annotator has no other
    assert {row.key: row.share for row in rows} == shares | {"mn04": None}
    chart = evaluation_differences_chart(rows, {key: value.classes for key, value in evaluations.items()}, "ours")
    assert "PSL-5s, AP" in str(chart) and "by ours, AP" in str(chart) and "mn04" not in str(chart)


def test_models_stand_in_the_order_of_the_paper_whatever_the_order_of_the_parameters():
    assert [row.name for row in FOUND] == ["Annotator (MA)", "Weak labels", "PSL-10s", "PSL-5s", "PSL-0.5s"]
    assert len({row.colour for row in FOUND}) == 5
    assert len({display_name("x", Student(window_seconds=2.0, hop_seconds=hop)) for hop in (1.0, 2.0)}) == 2


def test_table_shows_the_numbers_and_the_share_of_the_annotators_map():
    last = results_table(FOUND)[-1]
    assert list(last.values())[:5] == ["PSL-0.5s", "63.0", "61.0 \u2013 66.0", "1.812", "0.9000"]
    assert list(last.values())[5:] == ["68.0 (67.0 \u2013 70.0)", "90 %", "300", "2", "0.32", "7.25", "1.40"]
    lines = results_markdown(FOUND).splitlines()
    assert len({line.count("|") for line in lines[:7]}) == 1 and lines[2].startswith("| Annotator (MA) | 70.0 |")
    assert "1,234 evaluation clips and 2 classes; left out, having no positive clip: Last <class>" in lines[-1]


def test_without_an_annotator_or_unknown_values_cells_are_dashes():
    some = {key: model for key, model in MODELS.items() if key != "annotator"}
    numbers = evaluation(0.5).summary | {"d_prime": None, "n_train_clips": None}
    cells = results_table(results(some, dict.fromkeys(some, numbers), COMMON))[0]
    assert [cells["d\u2032"], cells["of annotator's mAP"], cells["clips trained on"]] == ["\u2013"] * 3


def test_headline_names_the_student_of_the_shortest_windows_whatever_its_score_and_is_empty_without_one():
    shortest = "PSL-0.5s, which learns the shortest windows, reaches"
    assert headline(FOUND).startswith(f"{shortest} 63.0 (61.0 \u2013 66.0) % mAP, 90 % of its annotator's; the same")
    assert "same 300 clips reaches 40.0 (38.0 \u2013 43.0) %." in headline(FOUND)
    worst = results(MODELS, {key: evaluation(v).summary for key, v in (VALUES | {"0p5": 0.1}).items()}, COMMON)
    assert headline(worst).startswith(f"{shortest} 10.0 ")
    assert headline(FOUND[:2]) == ""


def test_stage_writes_everything_for_all_models_and_the_same_bytes_again(workspace):
    report.work(PARAMS)
    names = (
        "results.md",
        "clips.md",
        "results.png",
        "per_class.png",
        "class_differences.png",
        "training.png",
        "training.svg",
        "windows.svg",
        "metrics.json",
        "plots/label_counts.csv",
        "plots/training.csv",
        "index.html",
    )
    first = {name: (workspace / "reports" / name).read_bytes() for name in names}
    report.work(PARAMS)
    assert {name: (workspace / "reports" / name).read_bytes() for name in names} == first
    text = first["index.html"].decode()
    assert all(row.name in text for row in FOUND[:4]) and text.count("data:image/svg+xml;base64,") == 10
    assert (
        "62.5 %" in text
        and "train_student" in text
        and "a/full &gt; b/eval" in text
        and "Detection in time" not in text
    )
    assert first["clips.md"].decode().splitlines()[2:] == ["| scenes, full | 2,400 | 2,390 | 6 | 3 | 0 | 1 |"]
    assert ">Who labels the windows</a></h2>" in text and "Bell (/m/b)" in text
    assert "The order Weak labels &lt; PSL-10s &lt; PSL-5s &lt; PSL-2s is" in text
    assert b"| beside |" in first["results.md"]
    assert "What did not work" not in text and b"What did not work" not in first["results.md"]
    assert ">Clips</a></h2>" in text and '<td class="number">2,390</td>' in text
    assert '<td>true</td><td class="number">2.53</td>' in text and '<td class="number">71.4 %</td>' in text
    assert "PSL-2s" in text and "more than chance" in text.split("Any two models")[2]
    assert hashlib.md5(Path("reports/evaluate/2.json").read_bytes()).hexdigest() in text
    assert len(text) < 8_000_000
    assert "FSD50K" in text and "+4.2 (+4.2 \u2013 +4.2)" in text and ".042" in text


def test_what_an_earlier_stage_has_not_written_is_a_sentence(workspace):
    clips, leaks = "reports/clips/scenes.csv", "reports/leaks.json"
    for missing in (
        "data/models/weak/seed2/history.csv",
        "reports/calibrate/2.json",
        "reports/recovery.svg",
        "data/bootstrap/evaluate/2.json",
        leaks,
        "reports/evaluate/10.json",
        clips,
    ):
        kept = Path(missing).read_bytes()
        Path(missing).unlink()
        with pytest.raises(PslError, match=f"{re.escape(missing)} does not exist"):
            report.work(PARAMS)
        Path(missing).write_bytes(kept)
    shutil.rmtree("reports/evaluate")
    with pytest.raises(PslError, match="does not exist"):
        report.work(PARAMS)


def test_cells_of_a_csv_become_numbers_and_those_without_a_value_none(tmp_path):
    (tmp_path / "some.csv").write_text("name,n,x,y\n7,12,0.5,nan\n8,-1,1e-3,\n")
    rows = report.read_numbers(tmp_path / "some.csv", text=("name",))
    assert rows == [{"name": "7", "n": 12, "x": 0.5, "y": None}, {"name": "8", "n": -1, "x": 0.001, "y": None}]
    assert isinstance(rows[0]["n"], int)
