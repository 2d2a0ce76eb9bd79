"""The report has a row and a verdict for each window length, and curves of its numbers."""

import pytest
from calibration_cases import judged, scene_truth

from psl.report.calibration import ARROW, calibration_section, calibration_table
from psl.report.calibration_chart import LEAST, reliability_chart
from psl.report.model_style import label_colours
from psl.report.pictures import write_picture
from psl.report.tables import DASH, markdown_table

NAMES = {"10": "PSL-10s", "1": "PSL-1s"}


@pytest.fixture(scope="module")
def reports():
    truth = scene_truth(120, 6)
    return {"10": judged(truth, 10_000, 3.0).report, "1": judged(truth, 1000, 0.8).report}


def without_events(report):
    return report | {"measured": {"weak_labels": report["measured"]["weak_labels"]}}


def test_a_row_for_each_window_with_raw_and_calibrated_numbers(reports):
    rows = calibration_table(reports, NAMES)
    assert [(row["labels"], row["window"]) for row in rows] == [("PSL-10s", "long enough"), ("PSL-1s", "too short")]
    weak = reports["1"]["measured"]["weak_labels"]
    assert rows[1]["Brier score"] == f"{weak['raw']['brier']:.4f} {ARROW} {weak['calibrated']['brier']:.4f}"
    assert rows[1]["mAP"].startswith(f"{100 * reports['1']['mAP']:.1f} (") and rows[1]["clips"] == "120"
    assert len({len(line.split("|")) for line in markdown_table(rows).splitlines()}) == 1


def test_without_events_the_error_in_the_window_is_not_known(reports):
    row = calibration_table({"1": without_events(reports["1"])}, NAMES)[0]
    assert row["calibration error in the window"] == DASH and DASH not in row["calibration error"]


def test_the_section_has_the_verdicts_and_says_which_labels_are_learnt(reports, tmp_path):
    for learnt, words in ((True, "Students learn calibrated labels"), (False, "Students learn the raw labels")):
        section = calibration_section(reports, NAMES, tmp_path / "calibration.png", learnt=learnt)
        assert words in section.text and len(section.table) == 2
        assert all(report["verdict"]["text"] in section.text for report in reports.values())


def test_the_curves_are_those_of_the_bins_in_the_colours_of_the_labels(reports):
    spec = reliability_chart(reports, NAMES)
    assert [len(row["hconcat"]) for row in spec["vconcat"]] == [2, 2, 2]
    panel = spec["vconcat"][0]["hconcat"][1]
    bins = [b for r in reports.values() for b in r["measured"]["weak_labels"]["calibrated"]["bins"] if b["n"] >= LEAST]
    assert [(v["p"], v["true"]) for v in panel["data"]["values"]] == [(b["p"], b["true"]) for b in bins]
    colour = panel["layer"][1]["encoding"]["color"]["scale"]
    assert colour == {"domain": ["PSL-10s", "PSL-1s"], "range": [label_colours(NAMES)[key] for key in NAMES]}


def test_a_window_that_could_not_be_judged_has_its_row_its_sentence_and_an_empty_panel(reports, tmp_path):
    unknown = {"n_clips": 2, "confidence": 0.95, "verdict": {"too_short": None, "text": "Nothing."}, "measured": {}}
    rows = calibration_table({"10": reports["10"], "1": unknown}, NAMES)
    assert list(rows[1].values()) == ["PSL-1s", "2", *[DASH] * 5, "not judged"] and rows[0].keys() == rows[1].keys()
    assert "Nothing." in calibration_section({"1": unknown}, NAMES, tmp_path / "c.png", learnt=False).text
    write_picture(tmp_path / "none.png", reliability_chart({"1": unknown}, NAMES), scale=1.0)


def test_only_what_is_known_is_drawn(reports, tmp_path):
    known = {key: without_events(report) for key, report in reports.items()}
    for name, (of, rows) in {"all": (reports, 3), "weak": (known, 1)}.items():
        spec = reliability_chart(of, NAMES)
        assert len(spec["vconcat"]) == rows
        write_picture(tmp_path / f"{name}.png", spec, scale=1.0)
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
