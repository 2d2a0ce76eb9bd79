"""Tables for people: the one form of Markdown tables, and of the numbers in them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

DASH = "\N{EN DASH}"  # the cell of a value that is not defined
Table = list[dict[str, str]]  # a dict from column to cell for each row


def markdown_table(rows: Sequence[Mapping[str, str]], text_columns: Collection[str] = ()) -> str:
    """Rows in Markdown, without a last line break; all columns but the first and `text_columns` hold numbers.

    >>> print(markdown_table([{"subset": "eval", "source": "tape", "clips": "2"}], text_columns=("source",)))
    | subset | source | clips |
    | --- | --- | ---: |
    | eval | tape | 2 |
    """
    columns = list(rows[0])
    marks = ["---" if column in (columns[0], *text_columns) else "---:" for column in columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, marks, *(row.values() for row in rows)))


def percent(fraction: float) -> str:
    """A fraction in per cent, without the sign.

    >>> percent(0.1234)
    '12.3'
    """
    return f"{100 * fraction:.1f}"


def decimal(value: float | None, digits: int) -> str:
    """A number with so many digits after the point.

    >>> decimal(1.2345, 2), decimal(None, 2) == DASH
    ('1.23', True)
    """
    return DASH if value is None else f"{value:.{digits}f}"


def count(value: int | None) -> str:
    """A whole number with its thousands apart.

    >>> count(12345), count(None) == DASH
    ('12,345', True)
    """
    return DASH if value is None else f"{value:,}"


def millions(value: int | None) -> str:
    """A number in millions.

    >>> millions(80_754_063), millions(None) == DASH
    ('80.75', True)
    """
    return DASH if value is None else decimal(value / 1e6, 2)


def with_interval(numbers: Mapping[str, Any], name: str, shown: Callable[[float], str] = percent) -> str:
    """The value of `name` with NAME_low and NAME_high in brackets, if it is defined.

    >>> with_interval({"mAP": 0.5, "mAP_low": 0.4, "mAP_high": 0.6}, "mAP") == f"50.0 (40.0 {DASH} 60.0)"
    True
    """
    if numbers[name] is None:
        return DASH
    return f"{shown(numbers[name])} ({shown(numbers[f'{name}_low'])} {DASH} {shown(numbers[f'{name}_high'])})"
