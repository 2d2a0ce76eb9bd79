"""The results of an annotator without some of the corpus's classes say so, and are no measure of students."""

from test_report import COMMON, MODELS, VALUES, evaluation

from psl.report.charts import class_chart
from psl.report.results import headline, results, results_markdown, results_table


def test_an_annotator_without_some_classes_is_no_measure_and_they_are_named():
    summaries = {key: evaluation(value).summary for key, value in VALUES.items()}
    summaries["annotator"] |= {"n_classes": 1, "classes_unmatched": ["Class 0"]}
    rows = results(MODELS, summaries, COMMON)
    assert {row.share for row in rows} == {None} and "annotator" not in headline(rows)
    assert results_table(rows)[-1]["of annotator's mAP"] == "\u2013"
    line = results_markdown(rows).splitlines()[-1]
    assert "and 2 classes; left out, having no positive clip: Last <class>. " in line
    assert line.endswith(
        " The annotator's mAP is over 1 of 2 classes, and no share of it is shown: it does not have Class 0."
    )
    classes = {key: evaluation(value).classes for key, value in VALUES.items()}
    classes["annotator"][0]["ap"] = None
    drawn = class_chart(rows, classes)["data"]["values"]
    assert sum(row["class"].startswith("Class 0") for row in drawn) == 4 and len(drawn) == 9
