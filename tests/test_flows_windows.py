"""A window that a flow adds to params.yaml is the line that a person would write, and only that line."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imports import ROOT

from flows.windows import use_window
from psl.errors import PslError
from psl.params_file import read_params

pytestmark = pytest.mark.flows
TEXT = (ROOT / "presets/default.yaml").read_text()
LAST = '  "2": {seconds: 2.0, hop: 2.0}\n'


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    return tmp_path_factory.mktemp("params") / "params.yaml"


@pytest.mark.parametrize(
    ("seconds", "key", "line"),
    [(3, "3", '  "3": {seconds: 3.0, hop: 3.0}'), (0.5, "0p5", '  "0p5": {seconds: 0.5, hop: 0.5}')],
)
def test_a_new_window_is_one_line(params, seconds, key, line):
    params.write_text(TEXT)
    assert use_window(params, seconds) == key
    changed = [entry for entry in difflib.ndiff(TEXT.splitlines(), params.read_text().splitlines()) if entry[0] != " "]
    assert changed == [f"+ {line}"]
    read = read_params(params)
    assert read.students[key] == read.models[key] == read.windows[key]


def test_line_ends_are_kept(params):
    params.write_bytes(TEXT.replace("\n", "\r\n").encode())
    use_window(params, 3)
    lines = params.read_bytes().decode().split("\n")
    assert len(lines) == len(TEXT.split("\n")) + 1 and all(line.endswith("\r") for line in lines[:-1])
    assert "".join(lines).replace("\r", "\n") == TEXT.replace(LAST, LAST + '  "3": {seconds: 3.0, hop: 3.0}\n')


@given(st.integers(min_value=4, max_value=999).map(lambda n: n / 100))
def test_asked_twice_it_is_there(params, seconds):
    params.write_text(TEXT)
    key = use_window(params, seconds)
    once = params.read_text()
    assert use_window(params, seconds) == key and params.read_text() == once
    window = read_params(params).windows[key]
    assert (window.seconds, window.hop) == (seconds, seconds if once != TEXT else window.hop)


def test_a_window_under_another_key_is_used(params):
    params.write_text(TEXT.replace(LAST, LAST + '  "dense": {seconds: 3.0, hop: 0.5}\n'))
    assert use_window(params, 3.0) == "dense"


@pytest.mark.parametrize(
    ("text", "seconds", "sentence"),
    [
        (TEXT, 20.0, r"a window of 20 s does not fit into .*params.yaml: windows.20.seconds 20.0 is longer than the clips"),
        (TEXT, -1.0, r"windows.-1"),
        (TEXT.replace(LAST, LAST + '  "3": {seconds: 4.0, hop: 4.0}\n'), 3.0, r"windows.3 in .*params.yaml is 4.0 s long and not 3.0 s"),
        (TEXT.replace("hop_samples", "hop_smaples"), 3.0, "front_end.hop_smaples is not a parameter"),
    ],
)
def test_what_does_not_fit_is_refused(params, text, seconds, sentence):
    params.write_text(text)
    with pytest.raises(PslError, match=sentence) as told:
        use_window(params, seconds)
    assert params.read_text() == text and ".part" not in str(told.value) and list(params.parent.iterdir()) == [params]
