"""The stage label_counts: how many labels clips get, and how many missing labels are recovered."""

from psl.config import Params
from psl.io.csv_tables import write_table
from psl.io.files import write_json
from psl.io.labels.reader import read_labels
from psl.labels.counts import LabelCount, label_counts
from psl.labels.label_sets import label_sets, weak_key
from psl.labels.recovery import Recovery, read_events, recovery
from psl.labels.summary import metrics, middle_threshold
from psl.report.label_charts import label_counts_picture, recovery_picture
from psl.report.model_names import WEAK, display_name
from psl.report.pictures import write_picture
from tasks.stage import LABELS, METADATA, REPORTS, run


def work(params: Params) -> None:
    """Write label_counts.csv, .json and .png, recovery.csv and .png into reports/."""
    students = label_sets(params.students)
    weak = read_labels(LABELS / f"{weak_key(params.students)}.parquet")
    windows = {key: read_labels(LABELS / f"{key}.parquet") for key in students}
    labels, thresholds, many = (
        {"weak": weak, **windows},
        params.label_counts.thresholds,
        params.label_counts.many_labels,
    )
    counts = [row for key, soft in labels.items() for row in label_counts(key, soft, thresholds)]
    truth = METADATA / params.corpus / "strong.parquet"
    events = read_events(truth, weak) if truth.exists() else None
    recovered = (
        [row for key, soft in windows.items() for row in recovery(key, soft, weak, events, thresholds=thresholds)]
        if events
        else []
    )
    names = {"weak": WEAK} | {key: display_name(key, student) for key, student in students.items()}
    write_table(REPORTS / "label_counts.csv", LabelCount, counts)
    write_table(REPORTS / "recovery.csv", Recovery, recovered)
    write_json(REPORTS / "label_counts.json", metrics(labels, recovered, thresholds, many))
    write_picture(
        REPORTS / "label_counts.png",
        label_counts_picture(counts, names, middle_threshold(thresholds), many, n_clips=len(weak.clip_ids)),
    )
    write_picture(REPORTS / "recovery.png", recovery_picture(recovered, names))


if __name__ == "__main__":
    run("label_counts", work)
