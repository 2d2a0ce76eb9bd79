"""The section of the page about clips that training and evaluation share, from the metrics of the stage leaks."""

from collections.abc import Mapping
from typing import Any

from psl.report.sections import Section

NOTHING = "No clip is in both, and no two evaluation sets share one."


def leaks_section(metrics: Mapping[str, Any]) -> Section:
    """How many evaluation clips each set shares with a training set or another evaluation set, by kind."""
    kinds = list(next(iter(metrics["n_pairs"].values())))
    rows = [
        {"what": relation, "sets": sets} | {f"{kind}": f"{numbers.get(kind, 0):,}" for kind in kinds}
        for relation, by_sets in metrics["n_evaluation_clips"].items()
        for sets, numbers in by_sets.items()
    ]
    compared, left_out = sum(metrics["n_clips"].values()), metrics["n_clips_excluded"]["all"]
    text = (
        f"Among {compared:,} clips of all corpora, which stand both in a training and in an evaluation set: by id, by "
        f"source, by the bytes of their audio, or near-same by a fingerprint. {left_out:,} clips are left out for it. "
    )
    details = (
        "Evaluation clips by kind; reports/leaks.md names them, and says what leak, apart and shared evaluation mean."
        if rows
        else NOTHING
    )
    return Section("Leaks", text + details, rows, None)
