"""The stage transfer_table: all transfers side by side, student beside annotator, with intervals, a paired test and pictures."""

from dataclasses import asdict

from psl.files import write_json, write_text
from psl.params import Params
from psl.params.transfer import set_of
from psl.pictures import write_picture
from psl.report.read import read_json
from psl.report.transfer_table import class_differences_chart, markdown, transfer_chart
from psl.tables import write_table
from psl.transfer.compare import ClassRow, Row, compare, nested
from psl.transfer.scores import SCORES, read_scores
from tasks import stage


def work(params: Params) -> None:
    """Write transfer.md, .json, .csv, .png, transfer_classes.csv and transfer_classes.png into reports/."""
    transfers, settings = params.transfers, params.evaluate
    scored = {key: read_scores(stage.TRANSFERRED / key / SCORES) for key in transfers}
    rows, classes = compare(transfers, scored, settings)
    names = {transfer.model: read_name(key) for key, transfer in transfers.items()}
    left_out = {set_of(key, transfer): scored[key].classes_left_out for key, transfer in transfers.items()}
    report = nested(rows, names, left_out, settings)
    write_json(stage.REPORTS / "transfer.json", report)
    write_table(stage.REPORTS / "transfer.csv", Row, rows)
    write_table(stage.REPORTS / "transfer_classes.csv", ClassRow, classes)
    write_text(stage.REPORTS / "transfer.md", markdown(report))
    write_picture(stage.REPORTS / "transfer.png", transfer_chart(report))
    write_picture(stage.REPORTS / "transfer_classes.png", class_differences_chart(report, [asdict(row) for row in classes]))


def read_name(key: str) -> str:
    """What people call the model of a transfer, as its stage wrote it."""
    return str(read_json(stage.REPORTS / "transfer" / f"{key}.json")["model"])


if __name__ == "__main__":
    stage.run("transfer_table", work)
