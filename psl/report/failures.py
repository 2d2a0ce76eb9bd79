"""What did not work in a run, in sentences: models and classes at chance, and windows without labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.config import ANNOTATOR
from psl.evaluation.tagging.chance import chance_sentences
from psl.labels.silence import silence_sentences
from psl.report.results import Result
from psl.report.sections import Section

TITLE = "What did not work"
TEXT = "Read this before the numbers below: where it applies, they mean little."


def failures(
    rows: Sequence[Result], classes: Mapping[str, Sequence[Mapping[str, Any]]], counts: Mapping[str, Any]
) -> list[str]:
    """Sentences on the labels, then on each model; `classes` by key, `counts` are psl.labels.summary's metrics."""
    said = silence_sentences(counts, {row.key: row.name for row in rows})
    for row in rows:
        said += chance_sentences(row.name, row.numbers, classes[row.key], is_annotator=row.key == ANNOTATOR)
    return said


def failures_section(sentences: Sequence[str]) -> list[Section]:
    """The page's section; none where there is nothing to say."""
    return [Section(TITLE, TEXT, [], None, points=sentences)] if sentences else []


def failures_markdown(sentences: Sequence[str]) -> str:
    """The same for reports/results.md; empty where there is nothing to say."""
    return f"\n{TITLE}:\n\n" + "".join(f"- {sentence}\n" for sentence in sentences) if sentences else ""
