"""The precision of what the annotator hears, from the random control alone, with Wilson's interval."""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from psl.audit.queue import RANDOM, QueueRow
from psl.audit.review import Answer

Z = 1.959964  # of 95 %


class Precision(NamedTuple):
    """`right` of `n` windows that were decided; `unsure` more were not."""

    right: int
    n: int
    unsure: int

    def __str__(self) -> str:
        """In words.

        >>> str(Precision(9, 10, 1)), str(Precision(0, 0, 2))
        ('90 % (95 % interval 60 to 98 %; 9 of 10 right, 1 unsure)', 'not known: none of its windows is decided')
        """
        if not self.n:
            return "not known: none of its windows is decided"
        low, high = interval(self.right, self.n)
        return (
            f"{100 * self.right / self.n:.0f} % (95 % interval {100 * low:.0f} to {100 * high:.0f} %; {self.right} of "
            f"{self.n} right, {self.unsure} unsure)"
        )


def control_precision(rows: Iterable[QueueRow], answers: Mapping[int, Answer]) -> Precision:
    """Of the rows that were drawn at random, whatever else they are."""
    said = [answers.get(row.row) for row in rows if RANDOM in row.why.split(";")]
    return Precision(said.count("yes"), said.count("yes") + said.count("no"), said.count("unsure"))


def interval(right: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % for a share (E. B. Wilson, 1927).

    >>> [round(end, 3) for end in interval(9, 10)]
    [0.596, 0.982]
    """
    share, z2 = right / n, Z * Z / n
    middle, half = share + z2 / 2, Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n))
    return max(0.0, (middle - half) / (1 + z2)), min(1.0, (middle + half) / (1 + z2))
