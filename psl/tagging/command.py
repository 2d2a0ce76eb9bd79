"""What `psl tag` does with its options; separate from the command line, which must start without torch."""

from dataclasses import dataclass
from pathlib import Path

from psl.config.base import Device
from psl.runtime.cores import cores
from psl.runtime.errors import PslError
from psl.tagging.events import EventRules
from psl.tagging.formats import Source
from psl.tagging.inputs import find_recordings
from psl.tagging.outputs import Kind, Output, find_format
from psl.tagging.run import Run
from psl.tagging.tagger import Tagger, load
from psl.tagging.thresholds import read_thresholds

DEFAULT_THRESHOLD = "0.5"


@dataclass(frozen=True)
class TagRequest:
    """The options of `psl tag`; None is what was not given."""

    model: Path
    recordings: list[str]
    kind: Kind
    format: str
    threshold: str | None  # a number or a file
    rules: EventRules
    window_seconds: float | None
    hop_seconds: float | None
    out: Path | None
    top: int | None
    workers: int  # 0: one per core
    device: Device

    def __post_init__(self) -> None:
        """Raise PslError for options that contradict each other."""
        if self.kind != "events" and self.rules != EventRules():
            raise PslError("--median, --hysteresis, --min-length and --max-gap belong to --kind events")
        if self.kind == "scores" and self.threshold is not None:
            raise PslError("--threshold belongs to --kind labels or events: scores are those of all classes")
        elsewhere = self.out is not None or self.threshold is not None or (self.kind, self.format) != ("labels", "csv")
        if self.top is not None and elsewhere:
            raise PslError("--top prints a timeline: leave out --out, --kind, --format and --threshold")


def run(request: TagRequest) -> None:
    """Do it. Raises PslError, also at the end of a run in which some recordings could not be read."""
    module = find_format(request.format, request.kind)
    recordings = find_recordings(request.recordings)
    tagger = load(
        request.model,
        window_seconds=request.window_seconds,
        hop_seconds=request.hop_seconds,
        device=request.device,
    )
    if request.top is not None:
        Run(tagger, recordings).timelines(request.top)
        return
    threshold_C = read_thresholds(request.threshold or DEFAULT_THRESHOLD, tagger.vocabulary)
    source = Source(tagger.vocabulary, tagger.model.rate_hz / 2)
    output = Output(request.kind, module, source, threshold_C, request.rules, tagger.windowing.hop_ms)
    if request.out is None:
        Run(tagger, recordings).to_stdout(output)
    else:
        Run(tagger, recordings).into(
            request.out, output, _settings(request, tagger, output), request.workers or cores()
        )


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
        "format": request.format,
        "thresholds": {} if request.kind == "scores" else finite,
        "rules": vars(request.rules),
    }
