"""What `psl false-alarms` does with its options."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psl.runtime.errors import PslError
from psl.runtime.progress import log
from psl.runtime.writable import require_writable
from psl.tagging.false_alarms.listen import Background, Listener, listen
from psl.tagging.false_alarms.sentences import cannot_show, result, too_short
from psl.tagging.false_alarms.show import Format, as_csv, as_json, as_table, write_thresholds
from psl.tagging.false_alarms.summary import Row, summarise
from psl.tagging.request import Request
from psl.tagging.run import stdout
from psl.tagging.tagger import Tagger
from psl.tagging.thresholds import Thresholds


@dataclass(frozen=True, kw_only=True)
class FalseAlarmsRequest:
    """The options of `psl false-alarms`; None is what was not given."""

    given: Request
    format: Format
    per_hour: float | None
    out: Path | None

    def __post_init__(self) -> None:
        """Raise PslError for options that contradict each other, and for a rate that is none."""
        if self.per_hour is not None and not 0 < self.per_hour < float("inf"):
            raise PslError(f"--per-hour {self.per_hour:g} is no rate of alarms: give a number above 0")
        if self.out is not None and self.per_hour is None:
            raise PslError("--out takes the thresholds for a rate: give --per-hour, too, or --format csv to print rows")


def run(request: FalseAlarmsRequest) -> None:
    """Do it.

    Raises PslError, also at the end when these hours cannot show the rate, or some recordings could not be read.
    """
    if request.out is not None:
        _require_place(request.out)
    tagging = request.given.open()
    tagger = tagging.tagger
    threshold_C = request.given.threshold_C(tagger)
    every_threshold = request.per_hour is not None
    listener = Listener(threshold_C, request.given.rules, tagger.windowing.hop_ms, every_threshold)
    background = listen(tagging, listener, request.given.at_once())
    if background.heard:
        _report(request, background, tagger, threshold_C)
    tagging.finish(background.notes)
    if not background.heard:
        raise PslError("there is no sound in these recordings, so no background: look at how they were made")


def _require_place(out: Path) -> None:
    """Raise PslError where the table of thresholds could not be written after hours of listening."""
    if out.is_dir():
        raise PslError(f"--out {out} is a folder: give the name of a CSV file in it")
    if not (nearest := next(each for each in (*out.parents, Path()) if each.exists())).is_dir():
        raise PslError(f"--out {out} cannot be written: {nearest} is no folder")
    require_writable([out.parent])


def _report(request: FalseAlarmsRequest, background: Background, tagger: Tagger, threshold_C: Thresholds) -> None:
    """Print what was counted, and write the thresholds. Raises PslError where there can be none."""
    hours, per_hour = background.hours, request.per_hour
    impossible = cannot_show(per_hour, hours) if per_hour else None
    rows = summarise(background, threshold_C, tagger.vocabulary, None if impossible else per_hour)
    said = result(rows, hours, len(background.heard))
    if per_hour and not impossible and (warning := too_short(per_hour, hours)):
        said.append(warning)
    with stdout() as handle:
        handle.write(_printed(request, rows, said, _about(request, background, tagger)).encode())
    if impossible:
        raise PslError(impossible)
    if request.out is not None:
        write_thresholds(request.out, rows)


def _printed(request: FalseAlarmsRequest, rows: Sequence[Row], said: Sequence[str], about: dict[str, Any]) -> str:
    """What goes to standard output; sentences stand below a table, and go to standard error beside data."""
    if request.format == "table":
        wanted = request.per_hour if rows[0].rate_threshold is not None else None
        return as_table(rows, wanted) + "".join(f"{sentence}\n" for sentence in said)
    for sentence in said:
        log(sentence)
    return as_csv(rows) if request.format == "csv" else as_json(rows, about)


def _about(request: FalseAlarmsRequest, background: Background, tagger: Tagger) -> dict[str, Any]:
    return {
        "hours": background.hours,
        "recordings": len(background.heard),
        "recordings_not_read": len(background.notes.failed),
        "window_seconds": tagger.windowing.length_ms / 1000,
        "hop_seconds": tagger.windowing.hop_ms / 1000,
        "rules": vars(request.given.rules),
        "per_hour": request.per_hour,
    }
