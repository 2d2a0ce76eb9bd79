"""The stage transfer_table: student beside annotator on each set, with intervals, a paired test and pictures."""

from dataclasses import asdict

from psl.config import Params
from psl.config.transfer import set_of
from psl.evaluation.transfer.compare import TransferClassRow, TransferRow, as_json, compare
from psl.evaluation.transfer.score_table import SCORES, read_score_table
from psl.io.csv_tables import write_table
from psl.io.files import write_json, write_text
from psl.report.model_names import all_models, transfer_name
from psl.report.pictures import empty_chart, write_picture
from psl.report.transfer_charts import class_differences_chart, transfer_chart
from psl.report.transfer_table import NO_TRANSFER, transfer_markdown
from tasks import stage


def work(params: Params) -> None:
    """Write transfer.md, .json, .csv, .png, transfer_classes.csv and transfer_classes.png into reports/."""
    transfers, settings = params.transfers, params.evaluate
    scored = {key: read_score_table(stage.TRANSFERRED / key / SCORES) for key in transfers}
    rows, classes = compare(transfers, scored, settings)
    models = all_models(params.students)
    by_trained = labels_by_trained(params)
    names = {
        transfer.model: transfer_name(transfer.model, models[transfer.model], by_trained=by_trained)
        for transfer in transfers.values()
    }
    left_out = {set_of(key, transfer): scored[key].classes_left_out for key, transfer in transfers.items()}
    report = as_json(rows, names, left_out, settings)
    write_json(stage.REPORTS / "transfer.json", report)
    write_table(stage.REPORTS / "transfer.csv", TransferRow, rows)
    write_table(stage.REPORTS / "transfer_classes.csv", TransferClassRow, classes)
    write_text(stage.REPORTS / "transfer.md", transfer_markdown(report))
    write_picture(stage.REPORTS / "transfer.png", transfer_chart(report) if rows else empty_chart(NO_TRANSFER))
    differences = class_differences_chart(report, [asdict(row) for row in classes])
    write_picture(stage.REPORTS / "transfer_classes.png", differences if rows else empty_chart(NO_TRANSFER))


def labels_by_trained(params: Params) -> bool:
    """Whether annotate.annotator is the model of train_annotator."""
    annotator = params.annotators.get(params.annotate.annotator)
    return annotator is not None and annotator.is_trained_here


if __name__ == "__main__":
    stage.run("transfer_table", work)
