"""params.yaml is read whole or refused in one sentence of our own words, and written only if it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from params_files import DEFAULT, changed, fault_in, replaced

from psl.config.file import params_written, read_params, write_params
from psl.runtime.errors import PslError


def test_the_default_is_read():
    params = read_params(DEFAULT)
    assert params.students["2"].window_seconds == 2.0 and params.corpora[params.corpus].kind == "soundscapes"


def test_parameters_are_frozen():
    with pytest.raises(Exception, match="frozen"):
        read_params(DEFAULT).front_end.n_mels = 32


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_one_line(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "params.yaml"
    path.write_text(text, encoding="utf-8")
    assert fault_in(path)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- corpus\n", "corpus\n", "3\n"])
def test_a_file_that_is_no_mapping_holds_no_parameters(tmp_path, text):
    (tmp_path / "params.yaml").write_text(text)
    assert fault_in(tmp_path / "params.yaml") == "holds no parameters: start from presets/default.yaml"


def test_a_key_that_comes_twice_is_named_with_its_line(tmp_path):
    path = replaced(tmp_path, "  n_fft: 512\n", "  n_fft: 512\n  n_fft: 1024\n")
    line = path.read_text().split("n_fft: 1024")[0].count("\n") + 1
    assert fault_in(path) == f"has the key n_fft twice, line {line}: remove one of the two"


def test_text_that_is_not_yaml_is_named_with_its_line(tmp_path):
    (tmp_path / "params.yaml").write_text("corpus: scenes\ncorpora: [1\nfront_end: 2\n")
    assert fault_in(tmp_path / "params.yaml").startswith("is not YAML, line 3: ")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("  x: {a: *clip, b: 1}\n", "is not YAML, line 3: *clip has no &clip above it: put the anchor back, or write"),
        ("  a: &s 1\n  b: &s 2\n", "is not YAML, line 4: the anchor &s comes twice: give one of the two another name"),
        ("---\nfront_end: 1\n", "is not YAML, line 3: --- begins a second document: remove that line"),
        ("  x: {a", "is not YAML, line 4: did not find expected ',' or '}'"),  # to the end of the text
        ("<<<<<<< HEAD\n  x: 1\n=======\n", "holds a merge that git left open, line 3: choose among the lines up to"),
        ("  x: &x [*x]\n", "has an anchor that holds itself: write the values out"),
    ],
)
def test_anchors_documents_and_merges_that_went_wrong_are_said_in_our_words(tmp_path, end, said):
    (tmp_path / "params.yaml").write_text(f"corpus: scenes\ncorpora:\n{end}")
    assert fault_in(tmp_path / "params.yaml").startswith(said)


def test_bytes_that_are_no_text_are_not_yaml(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"corpus: \xff\n")
    assert fault_in(tmp_path / "params.yaml").startswith("is not YAML: 'utf-8' codec can't decode byte 0xff")


def test_a_missing_file_says_where_to_run(tmp_path):
    assert fault_in(tmp_path / "params.yaml") == "does not exist: run from the root of the repository"


@pytest.mark.parametrize(
    "key", ['"0.5"', "5"]
)  # DVC fails over the first, and drops the stages of the second without a word
def test_a_key_that_dvc_would_not_run_is_refused(tmp_path, key):
    message = fault_in(replaced(tmp_path, '"5": {', f"{key}: {{"))
    assert message.startswith(f"students.{key.strip(chr(34))}: a key is quoted and holds letters, digits")


def test_every_fault_is_named_once(tmp_path):
    message = fault_in(replaced(tmp_path, "hop_seconds: 2.0}\n", "hop_seconds: 3.0}\n"))
    assert message == "students.2: hop_seconds 3.0 is longer than window_seconds 2.0: it would leave gaps"
    message = fault_in(replaced(tmp_path, "hop_seconds: 1.0 ", "hop_seconds: 2.1 "))
    assert message == "evaluate: hop_seconds 2.1 is longer than window_seconds 2.0: it would leave gaps"
    message = fault_in(replaced(tmp_path, "hop_seconds: 1.0 ", "hop_seconds: 0.01 "))
    assert message == "evaluate.hop_seconds 0.01 is finer than a frame of the front end (0.02 s): windows would repeat"
    message = fault_in(replaced(tmp_path, "n_fft: 512", "nfft: 512"))
    assert message.startswith(
        "front_end.n_fft is missing; front_end.nfft is not a parameter (did you mean n_fft?): there are "
    )


def test_what_is_written_can_be_read_and_keeps_its_line_ends(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(DEFAULT.read_bytes().replace(b"\n", b"\r\n"))
    write_params(path, DEFAULT.read_text() + "# ä the end\n")
    written = path.read_bytes()
    assert written.endswith("# ä the end\r\n".encode()) and written.count(b"\n") == written.count(b"\r\n")


def test_parameters_that_cannot_be_read_are_not_written(tmp_path):
    path = changed(tmp_path, "evaluate.seed", 3)
    before = path.read_bytes()
    with pytest.raises(PslError, match=f"^{path}: corpus is missing"):
        write_params(path, "corpora: {}\n")
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_parameters_are_not_written_when_what_goes_with_them_fails(tmp_path):
    path = changed(tmp_path, "evaluate.seed", 3)
    with pytest.raises(ZeroDivisionError), params_written(path, DEFAULT.read_text()):
        raise ZeroDivisionError
    assert read_params(path).evaluate.seed == 3
