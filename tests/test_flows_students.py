"""A student that a flow adds to params.yaml is the line that a person would write, and only that line."""

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imports import ROOT

from flows.students import use_window
from psl.config.file import read_params
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows
TEXT = (ROOT / "presets/default.yaml").read_text()
LAST = '  "2": {window_seconds: 2.0, hop_seconds: 2.0}\n'


@pytest.fixture(scope="module")
def params(tmp_path_factory):
    return tmp_path_factory.mktemp("params") / "params.yaml"


def with_student(line: str) -> str:
    """The default with one more student."""
    return TEXT.replace(LAST, f"{LAST}  {line}\n")


@pytest.mark.parametrize(("seconds", "key"), [(3, "3"), (0.5, "0p5")])
def test_a_new_student_is_one_line(params, seconds, key):
    params.write_text(TEXT)
    assert use_window(params, seconds) == key
    changed = [entry for entry in difflib.ndiff(TEXT.splitlines(), params.read_text().splitlines()) if entry[0] != " "]
    assert changed == [f'+   "{key}": {{window_seconds: {float(seconds)}, hop_seconds: {float(seconds)}}}']


def test_comments_behind_the_last_student_stay_there(params):
    lines = TEXT.splitlines(keepends=True)
    first, after = lines.index("students:\n") + 1, lines.index(LAST) + 1
    end = lines.index("\n", first)
    text = "".join([*lines[:first], *lines[after:end], *lines[first:after], *lines[end:]])
    params.write_text(text)
    use_window(params, 3)
    assert params.read_text() == text.replace(LAST, LAST.replace("2", "3") + LAST)


def test_line_ends_are_kept(params):
    params.write_bytes(TEXT.replace("\n", "\r\n").encode())
    use_window(params, 3)
    expected = with_student('"3": {window_seconds: 3.0, hop_seconds: 3.0}')
    assert params.read_bytes().decode() == expected.replace("\n", "\r\n")


@settings(max_examples=15)
@given(st.integers(min_value=4, max_value=999).map(lambda n: n / 100))
def test_a_second_call_finds_the_student_of_the_first(params, seconds):
    params.write_text(TEXT)
    key = use_window(params, seconds)
    once = params.read_text()
    assert use_window(params, seconds) == key and params.read_text() == once
    student = read_params(params).students[key]
    assert (student.window_seconds, student.hop_seconds) == (seconds, seconds)


def test_a_student_under_another_key_is_used_if_it_sets_nothing_else(params):
    params.write_text(with_student("three: {window_seconds: 3.0, hop_seconds: 3.0}"))
    assert use_window(params, 3.0) == "three"
    for line in (
        "narrow: {window_seconds: 3.0, hop_seconds: 3.0, width: 0.2}",
        "dense: {window_seconds: 3.0, hop_seconds: 0.5}",
    ):
        params.write_text(with_student(line))
        assert use_window(params, 3.0) == "3"


@pytest.mark.parametrize(
    ("text", "seconds", "sentence"),
    [
        (TEXT, 20.0, r"a window of 20 s does not fit into .*params.yaml: students.20.window_seconds"),
        (TEXT, -1.0, r"students.-1"),
        (
            with_student('"3": {window_seconds: 3.0, hop_seconds: 3.0, width: 0.2}'),
            3.0,
            r"students.3 in .*params.yaml is not a student of 3-s windows alone \(.*width.*\): rename it",
        ),
        (TEXT.replace("hop_length_samples", "hop_smaples"), 3.0, "front_end.hop_smaples is not a parameter"),
    ],
)
def test_what_does_not_fit_is_refused(params, text, seconds, sentence):
    params.write_text(text)
    with pytest.raises(PslError, match=sentence) as refusal:
        use_window(params, seconds)
    assert params.read_text() == text and ".part" not in str(refusal.value)
    assert list(params.parent.iterdir()) == [params]
