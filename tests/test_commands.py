"""The command line as people call it: results, next steps, and mistakes as sentences with exit code 1."""

import shutil
import subprocess
import sys

import pytest
from test_own_data import ROOT, folder, tone  # noqa: F401
from web import serve

from psl import commands
from psl.fetching.fetch import CORPORA


@pytest.fixture
def psl(monkeypatch, capsys):
    """Runs `psl ARGUMENTS`; returns exit code, what was said, and what was said of mistakes."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["psl", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            commands.main()
        said = capsys.readouterr()
        return end.value.code, said.out, said.err

    return run


def test_init_says_the_split_and_the_next_steps(psl, folder):  # noqa: F811
    code, out, _ = psl("init", folder, "--eval-share", 0.3)
    assert code == 0 and "eval_segments.csv: 4 clips" in out
    place = folder.with_name("in.corpus")
    assert f"set corpora.audioset: {{kind: audioset, lists: {place}/lists, audio: {place}/audio" in out and out.endswith(
        "if all that stands there already): dvc repro\n"
    )
    assert (place / "audio").is_dir()


def test_init_writes_params_when_asked(psl, folder, tmp_path):  # noqa: F811
    text = (ROOT / "presets/default.yaml").read_text().replace("{seconds: 2.0, hop: 2.0}", "{seconds: 0.5, hop: 0.5}")
    (tmp_path / "params.yaml").write_text(text)
    arguments = ("init", folder, "--target", tmp_path / "corpus", "--params", tmp_path / "params.yaml")
    code, out, _ = psl(*arguments)
    assert code == 0 and out.endswith("full; next: dvc repro\n")
    assert "taken out of" in out and "windows.10, windows.5, ensembles.windows\n" in out
    assert "lists: corpus/lists" in (tmp_path / "params.yaml").read_text()
    shutil.rmtree(tmp_path / "corpus")
    assert psl(*arguments)[1].endswith("next: dvc repro -f metadata@audioset and then dvc repro\n")


def test_init_takes_the_folder_that_one_stands_in(psl, folder, monkeypatch):  # noqa: F811
    monkeypatch.chdir(folder)
    assert psl("init", ".", "--eval-share", 0.3)[0] == 0 and folder.with_name("in.corpus").is_dir()


def test_init_lists_every_fault(psl, folder):  # noqa: F811
    tone(folder / "one.wav", 40)
    tone(folder / "two.wav", 41)
    code, out, _ = psl("init", folder)
    assert "nothing was written" in code and "has 2 faults:\none.wav lies" in code and not out


def test_fetch_brings_a_corpus_from_a_mirror(psl, tmp_path, monkeypatch):
    with serve({"a.csv": b"list"}) as site:
        monkeypatch.setitem(CORPORA, "desed", [p for p in CORPORA["desed"] if p.archive])
        code, _, _ = psl("fetch", "desed", tmp_path, "--base-url", site.url)
    assert code.startswith("psl: 1 of 1 pieces of desed failed: ") and "DESEDpublic_eval.tar.gz is not there" in code


def test_clips_without_tools_are_told(psl, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "psl: yt-dlp is not installed" in psl("clips", tmp_path / "list.csv", tmp_path)[0]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert "psl: ffmpeg is not installed" in psl("clips", tmp_path / "list.csv", tmp_path)[0]


def test_clips_are_asked_for_and_counted(psl, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(commands, "require_tools", lambda: None)
    monkeypatch.setattr(commands, "fetch_clips", lambda *arguments: asked.append(arguments) or {"done": 1, "gone": 0})
    (tmp_path / "list.csv").write_text('--PJHxphWEs, 30.000, 40.000, "/m/09x0r"\n')
    code, out, _ = psl("clips", tmp_path / "list.csv", tmp_path / "audio", "--per-minute", 30, "--gone-again")
    assert (code, out) == (0, "1 done, 0 gone\n")
    ((clips, place, pace, gone_again),) = asked
    assert clips == [("--PJHxphWEs", 30_000, 40_000)] and (place, pace.clips_per_minute, gone_again) == (tmp_path / "audio", 30.0, True)


def test_file_trouble_is_a_sentence(psl, tmp_path):
    (tmp_path / "file").touch()
    code, _, _ = psl("fetch", "audioset", tmp_path / "file/x")
    assert code.startswith("psl: Not a directory: ") and code.endswith("run again")


def test_a_mistake_ends_with_code_1_and_no_traceback(tmp_path):
    call = [sys.executable, "-c", "from psl.commands import main; main()", "fetch", "esc", str(tmp_path)]
    ended = subprocess.run(call, capture_output=True, text=True)
    assert ended.returncode == 1 and ended.stderr.startswith("psl: there is no corpus esc to fetch") and ended.stderr.count("\n") == 1
