"""Progress in a log: how far, how fast, how long still, also in bytes and where the end is not known."""

import pytest

from psl.runtime import progress
from psl.runtime.progress import track


@pytest.mark.parametrize(
    ("items", "keywords", "line"),
    [
        ([1, 2, 3], {"total": 3}, "work: 3/3, 0.1/s, 0 s left"),
        (
            [b"x" * 4_000_000] * 2,
            {"total": 16_000_000, "size": len, "scale": 1_000_000},
            "work: 8/16, 0.4/s, 20 s left",
        ),
        ([b"x" * 4_000_000] * 2, {"total": None, "size": len, "scale": 1_000_000}, "work: 8, 0.4/s"),
    ],
)
def test_the_last_line_of_a_log(items, keywords, line, monkeypatch, capsys):
    clock = iter(range(0, 1_000, 10))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    assert list(track(items, "work", **keywords)) == items
    assert capsys.readouterr().err.splitlines()[-1] == line


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    assert list(track([b"ab", b"c"], "work", 3, size=len)) == [b"ab", b"c"]
    assert "work" in capsys.readouterr().out
