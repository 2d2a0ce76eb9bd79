"""What is written of each recording: scores, labels or events, in one of the formats."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, BinaryIO, Literal

from psl.config.plugin import find_plugin, names_with
from psl.runtime.errors import PslError
from psl.tagging.events import EventRules, events
from psl.tagging.formats import Source
from psl.tagging.labels import labels
from psl.tagging.scores import WindowScores
from psl.tagging.thresholds import Thresholds

Kind = Literal["scores", "labels", "events"]
FORMATS = "psl.tagging.formats"


@dataclass(frozen=True, eq=False)
class Output:
    """Turns the windows of a recording into rows, and rows into bytes; threads may share it."""

    kind: Kind
    format: Any  # a file of psl/tagging/formats/
    source: Source
    threshold_C: Thresholds
    rules: EventRules
    hop_ms: int

    @property
    def suffix(self) -> str:
        """Of the names of files."""
        return str(self.format.SUFFIX)

    @property
    def one_file(self) -> bool:
        """Whether each recording needs a file of its own."""
        return bool(getattr(self.format, "ONE_FILE", False))

    def write(self, handle: BinaryIO, recordings: Iterable[Iterable[WindowScores]]) -> None:
        """Write the recordings one after the other, as their windows come."""
        writer: Callable[..., None] = self.format.write_scores if self.kind == "scores" else self.format.write
        writer(handle, (row for windows in recordings for row in self._rows(windows)), self.source)

    def _rows(self, windows: Iterable[WindowScores]) -> Iterable[Any]:
        vocabulary = self.source.vocabulary
        if self.kind == "scores":
            return windows
        if self.kind == "labels":
            return labels(windows, self.threshold_C, vocabulary)
        return self._events(windows)

    def _events(self, windows: Iterable[WindowScores]) -> Iterator[Any]:
        rules, vocabulary = self.rules, self.source.vocabulary
        yield from events(windows, self.threshold_C, vocabulary, hop_ms=self.hop_ms, rules=rules)


def find_format(name: str, kind: Kind) -> Any:
    """The module of a format that can hold outputs of this kind. Raises PslError that names those that can."""
    symbol = "write_scores" if kind == "scores" else "write"
    try:
        find_plugin(FORMATS, name, "write")
    except ValueError:
        raise PslError(f"there is no format {name}: choose one of {', '.join(names_with(FORMATS, 'write'))}") from None
    if name not in (able := names_with(FORMATS, symbol)):
        raise PslError(
            f"the format {name} holds labels or events, and not the scores of all classes: choose one of "
            f"{', '.join(able)}, or other outputs"
        )
    return import_module(f"psl.tagging.formats.{name}")
