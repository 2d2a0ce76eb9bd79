"""The stage listen: windows to hear and see on one offline page, of the student of the shortest windows."""

import math

from psl.config import Params
from psl.io.windows import to_units
from psl.labels.label_sets import label_sets
from psl.labels.queries.worth_hearing import Source, worth_hearing
from psl.listening.page import write_page
from psl.report.model_names import display_name
from psl.runtime.cores import cores
from psl.runtime.progress import log
from tasks.stage import DATA, STORE, run

PAGE = DATA / "listen" / "index.html"
WINDOWS = 6  # of each group


def work(params: Params) -> None:
    """Write data/listen/index.html."""
    students = label_sets(params.students, params.annotate.annotator) or params.students
    key = min(students, key=lambda key: students[key].window_seconds or math.inf)
    of_scores = params.evaluate.window_seconds
    seconds: dict[Source, float] = {"labels": students[key].window_seconds or of_scores, "scores": of_scores}
    groups = worth_hearing(STORE, key, WINDOWS)
    window_ms = {source: to_units(length, 1000) for source, length in seconds.items()}
    n_heard = write_page(PAGE, display_name(key, students[key]), groups, window_ms, workers=cores())
    log(f"{n_heard} of {sum(map(len, groups.values()))} windows can be heard: open {PAGE}")


if __name__ == "__main__":
    run("listen", work)
