"""The stage label_counts: how many labels clips get, and how many missing labels are recovered."""

from dataclasses import asdict

import numpy as np

from psl.config import Params
from psl.io.csv_tables import write_table
from psl.io.files import write_json
from psl.io.labels.reader import read_labels
from psl.labels.counts import CountSummary, LabelCount, count_summary, label_counts
from psl.labels.label_sets import label_sets, weak_key
from psl.labels.recovery import Recovery, read_events, recovery
from psl.labels.silence import silence_sentences
from psl.labels.summary import metrics, middle_threshold
from psl.labels.truth import TRUTH, true_label_counts, truth_rows, truth_summary
from psl.report.label_charts import label_counts_picture, recovery_picture
from psl.report.model_names import TRUE, WEAK, display_name
from psl.report.pictures import write_picture
from psl.runtime.progress import log
from tasks.stage import LABELS, METADATA, REPORTS, run


def work(params: Params) -> None:
    """Write label_counts.csv, .json and .png, recovery.csv and .png into reports/."""
    students = label_sets(params.students, params.annotate.annotator)
    thresholds, many = params.label_counts.thresholds, params.label_counts.many_labels
    weak = read_labels(LABELS / f"{weak_key(params.students)}.parquet")
    strong = METADATA / params.corpus / "strong.parquet"
    events = read_events(strong, weak) if strong.exists() else None
    true_M = true_label_counts(events, len(weak.vocabulary)) if events else np.zeros(0, np.int64)
    counts: list[LabelCount] = truth_rows(true_M, thresholds)
    recovered: list[Recovery] = []
    summaries: dict[str, CountSummary] = {}
    for key in ("weak", *students):
        labels = weak if key == "weak" else read_labels(LABELS / f"{key}.parquet")
        counts += label_counts(key, labels, thresholds)
        summaries[key] = count_summary(labels, "clip", middle_threshold(thresholds), many)
        if events and key != "weak":
            recovered += recovery(key, labels, weak, events, thresholds=thresholds)
        del labels  # before the next are read: memory holds one file, beside the weak labels
    names = {TRUTH: TRUE, "weak": WEAK} | {key: display_name(key, student) for key, student in students.items()}
    write_table(REPORTS / "label_counts.csv", LabelCount, counts)
    write_table(REPORTS / "recovery.csv", Recovery, recovered)
    threshold, n_clips = middle_threshold(thresholds), len(weak.clip_ids)
    of_weak = recovery("weak", weak, weak, events, thresholds=(threshold,)) if events else []
    values = metrics(summaries, [*of_weak, *recovered], threshold, many_labels=many, n_clips=n_clips)
    if (truth := truth_summary(true_M, many)) is not None:
        values["truth"] = asdict(truth) | {"n_clips": len(true_M)}
    write_json(REPORTS / "label_counts.json", values)
    write_picture(REPORTS / "label_counts.png", label_counts_picture(counts, names, threshold, many, n_clips=n_clips))
    write_picture(REPORTS / "recovery.png", recovery_picture(recovered, names))
    for sentence in silence_sentences(values, names):
        log(sentence)


if __name__ == "__main__":
    run("label_counts", work)
