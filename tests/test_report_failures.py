"""The report says what did not work, and nothing where all is well."""

import json
from pathlib import Path

from test_report import COMMON, FOUND, MODELS, PARAMS, VALUES, evaluation, workspace  # noqa: F401 (a fixture)

from psl.report.failures import failures, failures_markdown, failures_section
from psl.report.results import results
from tasks import report

CLASSES = {key: evaluation(value).classes for key, value in VALUES.items()}
COUNTS = {
    "threshold": 0.3,
    "n_clips": 300,
    "labels": {key: {"share_none": 0.1} for key in ("weak", "10", "5", "0p5")},
}


def test_a_run_in_which_all_is_well_has_no_section():
    assert failures(FOUND, CLASSES, COUNTS) == []
    assert failures_section([]) == [] and failures_markdown([]) == ""


def test_labels_annotator_and_students_that_failed_are_named_in_that_order():
    values = VALUES | {"annotator": 0.11, "5": 0.09}
    evaluations = {key: evaluation(value) for key, value in values.items()}
    rows = results(MODELS, {key: found.summary for key, found in evaluations.items()}, COMMON)
    counts = COUNTS | {"labels": COUNTS["labels"] | {"5": {"share_none": 1.0}}}
    said = failures(rows, {key: found.classes for key, found in evaluations.items()}, counts)
    starts = (
        "No clip has",
        "Annotator (MA) is no better",
        "PSL-5s is no better",
        "PSL-5s has not learnt 2 of 2",
    )
    assert len(said) == 4 and all(map(str.startswith, said, starts))
    (section,) = failures_section(said)
    assert section.points == said and failures_markdown(said).count("\n- ") == 4


def test_page_and_results_say_what_did_not_work_before_the_results(workspace):  # noqa: F811 (the fixture)
    Path("reports/evaluate/2.json").write_text(json.dumps(evaluation(0.11).summary))
    report.work(PARAMS)
    page, results_md = Path("reports/index.html").read_text(), Path("reports/results.md").read_text()
    assert page.index("<li>PSL-2s is no better than chance") < page.index(">Results</a></h2>")
    assert "\n- PSL-2s is no better than chance" in results_md
