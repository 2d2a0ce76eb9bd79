"""`psl tag` as people call it: one or many recordings, printed or into a folder, and what goes wrong as sentences."""

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from imports import ROOT
from tag_cases import RATE_HZ, foreign, record, sound, trained

import psl as library
from psl.tagging.outputs import Output


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("models") / "trained")


@pytest.fixture
def tag(psl, model):
    """Runs `psl tag MODEL ARGUMENTS --window 1` on the CPU."""
    return lambda *arguments: psl("tag", model, *arguments, "--window", 1, "--device", "cpu")


@pytest.fixture
def yard(tmp_path):
    """Five recordings in a folder, and one that is none."""
    for number in range(4):
        record(tmp_path / f"yard/{number}.wav", 1.0 + number)
    record(tmp_path / "yard/wood/0.flac", 2.5)
    (tmp_path / "yard/3bad.wav").write_bytes(b"no audio")
    (tmp_path / "yard/list.txt").write_text("no audio, and no matter")
    return tmp_path / "yard"


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_scores_are_printed_and_those_of_python(tag, model, tmp_path):
    path = record(tmp_path / "a.wav", 3.5)
    code, out, err = tag(path, "--kind", "scores", "--hop", 0.5)
    tags = library.load(model, window_seconds=1.0, hop_seconds=0.5).tag(path)
    assert (code, err) == (0, "") and [float(row["start_s"]) for row in rows(out)] == tags.start_s_W.tolist()
    assert [float(row["Bell"]) for row in rows(out)] == pytest.approx(tags.p_WC[:, 1].tolist(), abs=1e-6)


def test_labels_and_events_are_those_of_python(tag, model, tmp_path):
    path = record(tmp_path / "a.wav", 6.0)
    tags = library.load(model, window_seconds=1.0).tag(path)
    printed = [json.loads(line) for line in tag(path, "--format", "jsonl", "--threshold", 0.4)[1].splitlines()]
    told = [(each.start_ms / 1000, each.name, each.score) for each in tags.labels(0.4)]
    assert told and [(row["start_s"], row["class"], row["score"]) for row in printed] == told
    printed = rows(tag(path, "--kind", "events", "--threshold", 0.4)[1])
    told = [(each.start_ms / 1000, each.end_ms / 1000, each.class_id) for each in tags.events(0.4)]
    assert told and [(float(row["start_s"]), float(row["end_s"]), row["class_id"]) for row in printed] == told


def test_a_folder_is_tagged_and_a_bad_file_is_named_while_the_rest_goes_on(tag, yard, tmp_path):
    code, _, err = tag(yard, "--out", tmp_path / "out", "--format", "parquet", "--kind", "scores", "--workers", 2)
    assert code == "psl: 1 of 6 recordings could not be read, see above: mend or remove them"
    assert "the audio file 3bad.wav cannot be read: Format not recognised\n" in err
    made = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.parquet"))
    assert made == ["0.wav.parquet", "1.wav.parquet", "2.wav.parquet", "3.wav.parquet", "wood/0.flac.parquet"]
    table = pq.read_table(tmp_path / "out/wood/0.flac.parquet")
    assert table["start_s"].to_pylist() == [0, 1, 1.5] and set(table["file"].to_pylist()) == {"wood/0.flac"}


def test_what_is_there_is_left_as_it_is_and_the_rest_is_tagged(tag, yard, tmp_path, monkeypatch):
    (yard / "3bad.wav").unlink()
    assert tag(yard, "--out", tmp_path / "out")[0] == 0
    (tmp_path / "out/0.wav.csv").write_text("mine")
    whole = (tmp_path / "out/1.wav.csv").read_bytes()
    (tmp_path / "out/1.wav.csv").unlink()
    (tmp_path / "out/.1.wav.csv.999999.part").touch()  # of a run that was killed
    monkeypatch.setattr("psl.runtime.progress.SECONDS_BETWEEN_LINES", 0.0)
    code, _, err = tag(yard, "--out", tmp_path / "out")
    assert code == 0 and err.startswith(f"4 of 5 recordings have their output in {tmp_path / 'out'}, which")
    assert "tag 1.wav (seconds): 2/2" in err
    assert (tmp_path / "out/0.wav.csv").read_text() == "mine" and (tmp_path / "out/1.wav.csv").read_bytes() == whole
    assert not [*(tmp_path / "out").rglob("*.part")]


def test_outputs_of_other_options_are_not_mixed(tag, yard, tmp_path):
    tag(yard / "1.wav", "--out", tmp_path / "out")
    code, _, _ = tag(yard / "2.wav", "--out", tmp_path / "out", "--hop", 0.5)
    assert code == f"psl: the outputs in {tmp_path / 'out'} were made with hop_ms 1000, not 500: give another folder"
    code, _, _ = tag(yard / "2.wav", "--out", tmp_path / "out", "--threshold", 0.4)
    assert code.endswith("were made with thresholds: /m/a 0.5, not 0.4: give another folder")
    (tmp_path / "out/psl-tag.json").write_text("{}")
    assert "psl-tag.json is not as psl writes it" in tag(yard / "2.wav", "--out", tmp_path / "out")[0]


def test_a_recording_that_is_refused_after_some_windows_leaves_no_output(tag, tmp_path):
    x_T = sound(90.0)[:, 0]
    x_T[85 * RATE_HZ] = np.nan
    soundfile.write(tmp_path / "a.wav", x_T, RATE_HZ, subtype="FLOAT")
    record(tmp_path / "b.wav", 2.0)
    code, _, err = tag(tmp_path / "a.wav", tmp_path / "b.wav", "--out", tmp_path / "out")
    assert code.startswith("psl: 1 of 2") and "the audio file a.wav holds samples that are NaN" in err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b.wav.csv", "psl-tag.json"]


def test_standard_input_is_a_recording(tag, tmp_path, monkeypatch):
    path = record(tmp_path / "a.flac", 2.0)
    (tmp_path / "empty").touch()
    with path.open() as sound, (tmp_path / "empty").open() as nothing:
        monkeypatch.setattr(sys, "stdin", sound)
        code, out, _ = tag("-", "--kind", "scores")
        assert code == 0 and [row["file"] for row in rows(out)] == ["stdin", "stdin"]
        monkeypatch.setattr(sys, "stdin", nothing)
        code, _, err = tag("-")
        assert code.startswith("psl: 1 of 1 ") and err == "the audio file stdin is empty\n"


def test_a_timeline_is_printed(tag, tmp_path):
    code, out, _ = tag(record(tmp_path / "a.wav", 6.0), "--top", 2)
    head, axis, *lines = out.splitlines()
    assert code == 0 and head == "a.wav" and axis.split() == ["0:00", "0:06"] and len(lines) == 2
    assert all(len(line.split("|")[1]) == 6 for line in lines)


def test_the_folder_above_decides_the_names_and_no_two_may_be_one(tag, yard):
    (yard / "wood/0.wav").write_bytes((yard / "0.wav").read_bytes())
    code, _, _ = tag(yard / "0.wav", yard / "wood/0.wav")
    assert code.startswith(f"psl: {yard / '0.wav'} and {yard / 'wood/0.wav'} are both called 0.wav: give the folder")
    code, _, _ = tag(yard / "1.wav", yard)
    assert code == f"psl: {yard / '1.wav'} is given more than once: give it once, alone or by its folder"


def test_a_recording_that_the_front_end_refuses_is_named(tag, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(RATE_HZ, 1e30, np.float32), RATE_HZ, subtype="FLOAT")
    _, _, err = tag(tmp_path / "a.wav")
    assert err == "the audio file a.wav is refused: the samples are too large for a spectrogram\n"


def test_what_is_special_of_recordings_is_said(tag, tmp_path):
    code, _, err = tag(record(tmp_path / "a.wav", 0.5), record(tmp_path / "b.wav", 2.0, rate_hz=8000))
    assert code == 0 and "shorter than the window of 1 s, so filled by repetition: a.wav\n" in err
    assert "without the upper half of what a model of 16000 Hz hears, by their sample rate: b.wav\n" in err


def test_a_file_is_no_place_for_outputs_and_nothing_no_table(tag, yard):
    assert tag(yard / "1.wav", "--out", yard / "0.wav")[0] == f"psl: --out {yard / '0.wav'} is a file: give a folder"
    code, _, _ = tag(yard / "1.wav", "--threshold", "none.csv")
    assert code.startswith("psl: the table of thresholds none.csv does not exist: give a number from 0 to 1, or a CSV")


def test_a_model_that_has_not_as_many_scores_as_classes_is_refused(psl, yard, tmp_path):
    folder = foreign(tmp_path / "onnx")
    lines = (folder / "classes.csv").read_text().splitlines()
    (folder / "classes.csv").write_text("\n".join(lines[:-1]) + "\n")
    code, _, _ = psl("tag", folder, yard / "1.wav", "--window", 1)
    assert code == "psl: the model gives 3 scores, and its list has 2 classes: give the list that belongs to it"


def test_a_folder_without_audio_is_refused(tag, tmp_path):
    (tmp_path / "empty").mkdir()
    assert tag(tmp_path / "empty")[0].startswith(f"psl: the folder {tmp_path / 'empty'} holds no audio file (.wav, ")


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["--median", 1], "--hysteresis, --min-length and --max-gap belong to --kind events"),
        (["--kind", "scores", "--threshold", 0.5], "--threshold belongs to --kind labels or events"),
        (["--top", 5, "--out", "out"], "--top prints a timeline: leave out --out, --kind, --format and --threshold"),
        (["--top", 5, "--format", "csv"], "--top prints a timeline: leave out --out, --kind, --format and --threshold"),
        (["--format", "mp3"], "there is no format mp3"),
        (["--format", "webvtt", "."], "this format needs a file for each recording: give --out FOLDER"),
    ],
)
def test_options_that_contradict_each_other_are_refused(tag, yard, monkeypatch, options, cause):
    monkeypatch.chdir(yard / "wood")
    assert cause in tag(yard / "1.wav", *options)[0]


@pytest.mark.parametrize(("number", "cause"), [(errno.EPIPE, "has stopped"), (errno.ENOSPC, "no space left where")])
def test_a_pipe_that_closes_and_a_full_disk_are_a_sentence(tag, yard, monkeypatch, number, cause):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Output, "write", fail)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    code, out, _ = tag(yard / "1.wav")
    assert code.startswith("psl: ") and cause in code and not out


def test_a_full_disk_stops_a_folder(tag, yard, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Output, "write", fail)
    code, _, _ = tag(yard, "--out", tmp_path / "out")
    assert code.startswith(f"psl: no space left on the disk of {tmp_path / 'out/0.wav.csv'}: free some and run again")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["psl-tag.json"]


def test_ctrl_c_stops_what_is_running_and_leaves_no_part(model, tmp_path):
    for name in ("a", "b"):
        record(tmp_path / f"in/{name}.wav", 600.0, 8000)
    options = ("--window", "1", "--hop", "0.02", "--out", "out", "--workers", "2")
    command = [sys.executable, "-c", "from psl.cli import main; main()", "tag", str(model), "in", *options]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    for _ in range(600):
        if len([*(tmp_path / "out").glob("*.part")]) == 2:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(timeout=20) == 130
    finally:
        process.kill()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["psl-tag.json"]


def test_the_command_starts_without_torch():
    code = "import sys, psl.cli; sys.exit('torch' in sys.modules or 'psl.tagging' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode == 0
