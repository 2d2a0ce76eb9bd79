"""The stage listen: windows to hear and see on one offline page, of the student of the shortest windows."""

from psl.config import Params
from psl.io.windows import to_units
from psl.labels.label_sets import label_sets
from psl.labels.queries.worth_hearing import Source, worth_hearing
from psl.listening.page import write_page
from psl.report.model_names import display_name
from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.runtime.progress import log
from tasks.stage import DATA, STORE, run

PAGE = DATA / "listen" / "index.html"
WINDOWS = 6  # of each group


def work(params: Params) -> None:
    """Write data/listen/index.html."""
    students = label_sets(params.students, params.annotate.annotator)
    seconds = {key: student.window_seconds for key, student in students.items() if student.window_seconds is not None}
    key = min(seconds, key=seconds.__getitem__)
    window_ms: dict[Source, int] = {
        "labels": to_units(seconds[key], 1000),
        "scores": to_units(params.evaluate.window_seconds, 1000),
    }
    groups = worth_hearing(STORE, key, WINDOWS)
    n_windows = sum(map(len, groups.values()))
    n_heard = write_page(PAGE, display_name(key, students[key]), groups, window_ms, workers=cores())
    if n_windows and not n_heard:
        raise PslError(f"none of the {n_windows} windows to listen to can be heard: the lines above say why")
    log(f"{n_heard} of {n_windows} windows can be heard: open {PAGE}")


if __name__ == "__main__":
    run("listen", work)
