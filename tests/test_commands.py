"""The command line as people call it: results, next steps, and mistakes as sentences with exit code 1."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from own_recordings import tone
from params_files import DEFAULT
from web import serve

from psl.config.file import read_params
from psl.corpora.download import fetch, youtube
from psl.corpora.download.fetch import CORPORA


def test_the_version_and_an_output_whose_disk_is_full(psl):
    code, out, _ = psl("--version")
    assert code == 0 and out == f"psl {version('psl')}\n"
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-c", "from psl.cli import main; main()", "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr.startswith("psl: the output could not be written, because its disk is ")


def test_init_of_nothing_says_what_to_give(psl, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, _ = psl("init", tmp_path / "empty")
    assert code.endswith("no recording is there or listed: give a folder that holds audio files, or a table of them")


def test_init_says_the_split_and_the_next_steps(psl, recordings):
    code, out, _ = psl("init", recordings, "--eval-share", 0.3)
    corpus = recordings.with_name("in.corpus")
    assert code == 0 and "eval: 4 clips" in out
    assert f"next: remove {corpus} and run this again with --params params.yaml, or add to corpora there" in out
    assert out.endswith(f"in: {{kind: custom, source: {corpus}/lists, audio: {corpus}/audio}}\n")
    assert (corpus / "audio").is_dir()


def test_init_writes_params_beside_other_corpora(psl, recordings, tmp_path):
    text = DEFAULT.read_text().replace("2.0, hop_seconds: 2.0}", "0.5, hop_seconds: 0.5}")
    real = "  real: {kind: desed, source: lists, audio: audio}\n"
    (tmp_path / "params.yaml").write_text(text.replace("\nfront_end:", f"{real}\nfront_end:"))
    place = ("--target", tmp_path / "corpus", "--params", tmp_path / "params.yaml")
    code, out, _ = psl("init", recordings, *place, "--name", "my sounds")
    assert code == 0 and out.endswith("params.yaml learn from my-sounds now; next: make repro\n")
    assert "removed from" in out and "students.10, students.5, " in out and "ensembles.windows" in out
    corpora = read_params(tmp_path / "params.yaml").corpora
    assert list(corpora) == ["real", "my-sounds"] and corpora["my-sounds"].source == "corpus/lists"


def test_init_cuts_recordings(psl, recordings):
    tone(recordings / "Dog/long.wav", 40, 2.0)
    code, out, _ = psl("init", recordings, "--clip-seconds", 1)
    assert code == 0 and "\n2 clips are parts of 1 recordings\n" in out


def test_init_takes_the_folder_that_one_stands_in(psl, recordings, monkeypatch):
    monkeypatch.chdir(recordings)
    assert psl("init", ".", "--eval-share", 0.3)[0] == 0 and recordings.with_name("in.corpus").is_dir()


def test_init_lists_every_fault(psl, recordings):
    tone(recordings / "one.wav", 40)
    tone(recordings / "two.wav", 41)
    code, out, _ = psl("init", recordings)
    assert "nothing was written" in code and "has 2 faults:\none.wav lies" in code and not out


def test_fetch_brings_a_corpus_from_a_mirror(psl, tmp_path, monkeypatch):
    with serve({"a.csv": b"list"}) as site:
        monkeypatch.setitem(CORPORA, "desed", [p for p in CORPORA["desed"] if p.archive])
        code, _, _ = psl("fetch", "desed", tmp_path, "--base-url", site.url)
    assert code.startswith("psl: 1 of 1 pieces of desed failed: ") and "DESEDpublic_eval.tar.gz is not there" in code


def interrupted(*arguments, **options):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("command", "again"),
    [
        (["fetch", "desed", "in"], "goes on where it was"),
        (["tag", "model", "in", "--out", "tags"], "goes on where it was"),
        (["tag", "model", "in"], "begins anew"),
        (["false-alarms", "model", "in", "--per-hour", "1", "--out", "t.csv"], "begins anew"),
        (["audit", "in", "--annotator", "model", "--out", "audit"], "begins anew"),
    ],
)
def test_ctrl_c_is_one_line_that_says_what_comes_next(psl, tmp_path, monkeypatch, command, again):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fetch, "fetch_corpus", interrupted)
    for module in ("psl.tagging.request", "psl.audit.command"):
        monkeypatch.setattr(f"{module}.load", interrupted)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.wav").touch()
    code, _, err = psl(*command)
    assert (code, err) == (130, f"psl: stopped; run it again, and it {again}\n")


@pytest.mark.parametrize("command", ["tag", "false-alarms", "audit"])
def test_help_says_what_stands_where_nothing_is_given(psl, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = psl(command, "--help")
    assert code == 0 and "[default: (what the model was trained on)]" in out and "[default: (as in training)]" in out


def test_missing_tools_are_named(psl, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "psl: yt-dlp is not installed" in psl("clips", tmp_path / "list.csv", tmp_path)[0]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert "psl: ffmpeg is not installed" in psl("clips", tmp_path / "list.csv", tmp_path)[0]


def test_clips_are_fetched_and_counted(psl, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(youtube, "require_tools", lambda: None)
    monkeypatch.setattr(youtube, "fetch_clips", lambda *arguments: calls.append(arguments) or {"done": 1, "gone": 0})
    (tmp_path / "list.csv").write_text('--PJHxphWEs, 30.000, 40.000, "/m/09x0r"\n')
    code, out, _ = psl("clips", tmp_path / "list.csv", tmp_path / "audio", "--per-minute", 30, "--gone-again")
    assert (code, out) == (0, "1 done, 0 gone\n")
    ((clips, place, pace, gone_again),) = calls
    assert clips == [("--PJHxphWEs", 30_000, 40_000)] and (place, pace.clips_per_minute, gone_again) == (
        tmp_path / "audio",
        30.0,
        True,
    )


def test_file_trouble_is_a_sentence(psl, tmp_path):
    (tmp_path / "file").touch()
    code, _, _ = psl("fetch", "audioset", tmp_path / "file/x")
    assert code.startswith("psl: Not a directory: ") and code.endswith("run again")


def test_a_mistake_ends_with_code_1_and_no_traceback(tmp_path):
    call = [sys.executable, "-c", "from psl.cli import main; main()", "fetch", "esc", str(tmp_path)]
    ended = subprocess.run(call, capture_output=True, text=True)
    assert (
        ended.returncode == 1
        and ended.stderr.startswith("psl: there is no corpus esc to fetch")
        and ended.stderr.count("\n") == 1
    )
