"""What `psl tag` does with its options; separate from the command line, which must start without torch."""

from dataclasses import dataclass
from pathlib import Path

from psl.runtime.errors import PslError
from psl.tagging.events import EventRules
from psl.tagging.formats import Source
from psl.tagging.outputs import Kind, Output, find_format
from psl.tagging.request import Request
from psl.tagging.tagger import Tagger

FORMAT = "csv"  # where none is given


@dataclass(frozen=True, kw_only=True)
class TagRequest:
    """The options of `psl tag`; None is what was not given."""

    given: Request
    kind: Kind
    format: str | None
    out: Path | None
    top: int | None

    def __post_init__(self) -> None:
        """Raise PslError for options that contradict each other."""
        if self.kind != "events" and self.given.rules != EventRules():
            raise PslError("--median, --hysteresis, --min-length and --max-gap belong to --kind events")
        has_threshold = self.given.threshold is not None
        if self.kind == "scores" and has_threshold:
            raise PslError("--threshold belongs to --kind labels or events: scores are those of all classes")
        others = self.out is not None, has_threshold, self.format is not None, self.kind != "labels"
        if self.top is not None and any(others):
            raise PslError("--top prints a timeline: leave out --out, --kind, --format and --threshold")


def run(request: TagRequest) -> None:
    """Do it. Raises PslError, also at the end of a run in which some recordings could not be read."""
    module = find_format(request.format or FORMAT, request.kind)
    tagging = request.given.open()
    if request.top is not None:
        tagging.timelines(request.top)
        return
    tagger = tagging.tagger
    threshold_C = request.given.threshold_C(tagger)
    source = Source(tagger.vocabulary, tagger.model.rate_hz / 2)
    output = Output(request.kind, module, source, threshold_C, request.given.rules, tagger.windowing.hop_ms)
    if request.out is None:
        tagging.to_stdout(output)
    else:
        tagging.into(request.out, output, _settings(request, tagger, output), request.given.at_once())


def _settings(request: TagRequest, tagger: Tagger, output: Output) -> dict[str, object]:
    """All that outputs depend on, as JSON."""
    finite = {
        mid: float(threshold)
        for mid, threshold in zip(tagger.vocabulary.mids, output.threshold_C, strict=True)
        if threshold <= 1
    }
    return {
        "weights_hash": tagger.model.annotator.weights_hash,
        "window_ms": tagger.windowing.length_ms,
        "hop_ms": tagger.windowing.hop_ms,
        "kind": request.kind,
        "format": request.format or FORMAT,
        "thresholds": {} if request.kind == "scores" else finite,
        "rules": vars(request.given.rules),
    }
