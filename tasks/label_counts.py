"""The stage label_counts: how many labels clips get, and how many dropped labels are recovered, as tables, metrics and pictures."""

from psl.files import write_json
from psl.label_counts import LabelCount, label_counts
from psl.label_pictures import label_counts_picture, recovery_picture
from psl.label_recovery import Recovery, read_events, recovery
from psl.label_report import metrics, shown_threshold
from psl.labels import read_labels
from psl.model_names import display_name
from psl.params import Params
from psl.pictures import write_picture
from psl.tables import write_table
from tasks.stage import CORPUS, LABELS, METADATA, REPORTS, run


def work(params: Params) -> None:
    """Write label_counts.csv, .json and .png, recovery.csv and .png into reports/."""
    weak = read_labels(LABELS / "weak.parquet")
    windows = {key: read_labels(LABELS / f"{key}.parquet") for key in params.windows}
    labels, thresholds, many = {"weak": weak, **windows}, params.label_counts.thresholds, params.label_counts.many
    counts = [row for key, soft in labels.items() for row in label_counts(key, soft, thresholds)]
    truth = METADATA / CORPUS / "strong.parquet"
    events = read_events(truth, weak) if truth.exists() else None
    recovered = [row for key, soft in windows.items() for row in recovery(key, soft, weak, events, thresholds)] if events else []
    names = {key: display_name(params.students[key]) for key in labels}
    write_table(REPORTS / "label_counts.csv", LabelCount, counts)
    write_table(REPORTS / "recovery.csv", Recovery, recovered)
    write_json(REPORTS / "label_counts.json", metrics(labels, recovered, thresholds, many))
    write_picture(REPORTS / "label_counts.png", label_counts_picture(counts, names, shown_threshold(thresholds), many, len(weak.clip_ids)))
    write_picture(REPORTS / "recovery.png", recovery_picture(recovered, names))


if __name__ == "__main__":
    run("label_counts", work)
