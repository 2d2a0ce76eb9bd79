"""The share of clips with 0, 1, 2 … labels: what the figure of label counts and DVC's plot of them draw."""

from collections.abc import Mapping, Sequence
from typing import Any

from psl.labels.counts import LabelCount


def bins(many_labels: int) -> list[str]:
    """The names of the bars.

    >>> bins(2)
    ['0', '1', '2', 'more than 2']
    """
    return [*(str(n) for n in range(many_labels + 1)), f"more than {many_labels}"]


def label_shares(
    rows: Sequence[LabelCount], names: Mapping[str, str], threshold: float, many_labels: int
) -> list[dict[str, Any]]:
    """For each bar `n` and each key of `names` that has rows, as `labels`: the `share` of clips in per cent."""
    shown = [row for row in rows if row.unit == "clip" and row.threshold == threshold]
    keys, bars = list(dict.fromkeys(row.labels for row in shown)), bins(many_labels)
    shares = {(bar, key): 0.0 for bar in bars for key in keys}
    for row in shown:
        shares[bars[min(row.n_labels, many_labels + 1)], row.labels] += 100 * row.share
    return [{"n": bar, "labels": names[key], "share": share} for (bar, key), share in shares.items()]
