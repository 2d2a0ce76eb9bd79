"""The reader by column against the reader row by row."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_audioset import HEAD, OFFICIAL

from psl.corpora.lists.audioset_fast import read_plain_segments
from psl.corpora.lists.audioset_lists import BALANCED, EVAL, read_any_segments, read_segments
from psl.runtime.errors import PslError

times = st.sampled_from(["0", "7", "30.000", "40.5", "30.0005", "1e1", "9" * 12, "-1", "nan", "", "٣", " 5 "])
ids = st.sampled_from(["--PJHxphWEs", "_a", "a b", "", "#x", '"q"', "é", "y\x00z", "\u00a0n"])
labels = st.sampled_from(
    ["/m/09x0r", '"/m/09x0r,/t/dd00088"', '" /a, /a"', "/a,/b", '"/a,/a"', '""', '"/a', '/a"', "/ä", '"/a" ,', "'/a'"]
)
rows = st.tuples(ids, times, times, labels).flatmap(
    lambda row: st.sampled_from([", ", ",", " , ", "\t", ",,"]).map(lambda by: by.join(row))
)
others = st.sampled_from(
    [
        "",
        "  ",
        "# head, a",
        '# "head"',
        '# a, "b',
        " # x",
        "\t",
        "abc, 0, 1, /a",
        '--x, 0.000, 10.000, "/a,/b"',
        "\x1f",
        "\x0b",
    ]
)
texts = st.lists(st.one_of(rows, others), max_size=5).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


def outcome(read, path):
    try:
        return read(path).to_pylist()
    except PslError as error:
        return str(error)


@example("\ufeff# x\nabc, 0, 1, /a")
@example("abc, 0, 1, /a\n\n# x\ndef, 0.5, 1.25, /b\n")
@given(texts)
@settings(deadline=None)
def test_what_the_fast_reader_reads_is_what_the_exact_one_reads(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("list") / "list.csv"
    path.write_text(text, encoding="utf-8", newline="")
    fast, exact = read_plain_segments(path), outcome(read_any_segments, path)
    assert fast is None or fast.to_pylist() == exact
    assert outcome(read_segments, path) == exact


@pytest.mark.parametrize(
    "text",
    [
        HEAD + '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"\nabc, 0.000, 1.500, "/g/1_a"\n',
        "# a\n# b\n--PJHxphWEs,30,40,/m/09x0r\r\nabc,0,1.5,/a\r\n",
        "abc, 0.05, 10, /a",
    ],
)
def test_the_spellings_of_large_lists_are_read_fast(tmp_path, text):
    (tmp_path / "list.csv").write_text(text, newline="")
    assert read_plain_segments(tmp_path / "list.csv").equals(read_any_segments(tmp_path / "list.csv"))


@pytest.mark.parametrize(
    "text", ["", HEAD, "abc, 0, 1, /a,/a", "abc, 1, 1, /a", "abc, 0, 1, é", "abc, 0, 1, /a\x1f", 'abc, 0, 1, /a\n# "x']
)
def test_what_is_broken_or_rare_is_left_to_the_exact_reader(tmp_path, text):
    (tmp_path / "list.csv").write_text(text)
    assert read_plain_segments(tmp_path / "list.csv") is None
    assert read_plain_segments(tmp_path / "nowhere.csv") is None


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the official lists are not here")
@pytest.mark.parametrize("name", [BALANCED, EVAL])
def test_the_official_lists_are_read_fast_and_the_same(name):
    assert read_plain_segments(Path(OFFICIAL / name)).equals(read_any_segments(OFFICIAL / name))
