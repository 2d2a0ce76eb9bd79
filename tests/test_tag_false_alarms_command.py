"""`psl false-alarms` as people call it: counts, thresholds that `psl tag` reads, and what goes wrong as sentences."""

import csv
import io
import json
from collections import Counter

import pytest
from tag_cases import record, trained

from psl.tagging.false_alarms.show import as_table
from psl.tagging.false_alarms.summary import Row

RULES = ("--hop", 0.5, "--median", 1.5, "--hysteresis", 0.7, "--max-gap", 0.5, "--min-length", 1.0)
ALARMS = (("Alarm", 2), ("Bell", 0), ("Cough", 7))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("models") / "trained", steepness=30)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A minute of background in three recordings, and a file that is none."""
    folder = tmp_path_factory.mktemp("in") / "night"
    for number, seconds in enumerate((29.8, 20.0, 10.2)):
        record(folder / f"{number}.wav", seconds)
    (folder / "list.txt").write_text("no audio, and no matter")
    return folder


@pytest.fixture
def run(psl, model):
    """Runs a command of psl with the model, and windows of a second, on the CPU."""
    return lambda command, *arguments: psl(command, model, *arguments, "--window", 1, "--device", "cpu")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def events(run, *arguments):
    """How many events of each class `psl tag` finds."""
    code, out, _ = run("tag", *arguments, "--kind", "events")
    assert code == 0
    return Counter(row["class_id"] for row in rows(out))


def counted(text):
    return {row["class_id"]: int(row["alarms"]) for row in rows(text) if int(row["alarms"])}


@pytest.mark.parametrize("rules", [(), RULES])
def test_alarms_are_the_events_of_psl_tag(run, night, rules):
    code, out, err = run("false-alarms", night, "--threshold", 0.4, "--format", "csv", *rules)
    assert (code, counted(out)) == (0, events(run, night, "--threshold", 0.4, *rules)) and counted(out)
    assert "60 seconds of background in 3 recordings" in err
    for row in rows(out):
        low, per_hour, high = (float(row[name]) for name in ("low", "alarms_per_hour", "high"))
        assert per_hour == pytest.approx(int(row["alarms"]) * 60) and low <= per_hour < high


@pytest.mark.parametrize("rules", [(), RULES])
def test_psl_tag_reads_the_thresholds_for_a_rate_and_keeps_it(run, night, tmp_path, rules):
    path = tmp_path / "thresholds.csv"
    code, _, _ = run("false-alarms", night, "--per-hour", 150, "--out", path, *rules)
    found = events(run, night, "--threshold", path, *rules)
    assert code == 0 and max(found.values(), default=0) <= 2  # 2.5 in a minute
    table = rows(path.read_text())
    assert [row["class"] for row in table] == ["/m/a", "/m/b", "/m/c"]
    lower = tmp_path / "lower.csv"
    lower.write_text(
        "class,threshold\n" + "".join(f"{row['class']},{float(row['threshold']) - 1e-5}\n" for row in table)
    )
    assert min(events(run, night, "--threshold", lower, *rules).values()) > 2


def test_only_classes_with_a_threshold_count(run, night, tmp_path):
    path = tmp_path / "thresholds.csv"
    path.write_text("class,threshold\nBell,0.3\n")
    _, out, _ = run("false-alarms", night, "--threshold", path, "--format", "csv", "--per-hour", 60)
    assert [(row["name"], row["threshold"]) for row in rows(out)] == [("Bell", "0.3")]
    path.write_text("class,threshold\nBel,0.3\n")
    code, _, _ = run("false-alarms", night, "--threshold", path)
    assert code.startswith(
        f"psl: line 2 of {path} is broken: expected a class of the model, not 'Bel' (did you mean Bell"
    )


def test_the_table_has_the_most_alarms_first():
    few, none, many = (Row(name, name, 0.5, alarms, 2.0 * alarms, 0.1, 9.0, 1, 0.25) for name, alarms in ALARMS)
    head, *lines = as_table([few, none, many], None).splitlines()
    assert head.split()[:5] == ["class", "threshold", "alarms", "per", "hour"]
    assert [line.split()[:4] for line in lines] == [["Cough", "0.5", "7", "14"], ["Alarm", "0.5", "2", "4"]]


def test_the_table_ends_with_what_was_heard(run, night):
    code, out, _ = run("false-alarms", night, "--threshold", 0.4)
    assert code == 0 and out.splitlines()[-1].startswith("60 seconds of background in 3 recordings; ")


def test_json_says_what_was_listened_to(run, night):
    _, out, _ = run("false-alarms", night, "--format", "json", "--per-hour", 100)
    about = json.loads(out)
    assert about["hours"] == pytest.approx(1 / 60) and (about["recordings"], about["per_hour"]) == (3, 100)
    assert len(about["classes"]) == 3 and all(each["rate_alarms"] <= 1 for each in about["classes"])


def test_a_file_that_is_no_audio_is_named_and_its_time_does_not_count(run, tmp_path):
    record(tmp_path / "night/0.wav", 9.0)
    (tmp_path / "night/1.wav").write_bytes(b"no audio")
    code, out, err = run("false-alarms", tmp_path / "night")
    assert code == "psl: 1 of 2 recordings could not be read, see above: mend or remove them"
    assert "the audio file 1.wav cannot be read" in err and "9 seconds of background in 1 recording;" in out
    (tmp_path / "night/0.wav").write_bytes(b"")
    code, out, err = run("false-alarms", tmp_path / "night")
    assert code.startswith("psl: 2 of 2") and not out and "0.wav" in err and "1.wav" in err


def test_progress_is_shown_in_seconds_of_the_only_recording(run, tmp_path, monkeypatch):
    monkeypatch.setattr("psl.runtime.progress.SECONDS_BETWEEN_LINES", 0.0)
    _, _, err = run("false-alarms", record(tmp_path / "0.wav", 3.0))
    assert "tag 0.wav (seconds): 3/3" in err


def test_a_rate_that_the_hours_cannot_show_is_a_sentence_below_the_counts(run, night, tmp_path):
    code, out, _ = run("false-alarms", night, "--threshold", 0.4, "--per-hour", 59, "--out", tmp_path / "t.csv")
    assert code.startswith(
        "psl: 60 seconds of background cannot show a rate of 59 alarms per hour, as a single one in them is 60 "
    )
    assert out.startswith("class") and not (tmp_path / "t.csv").exists()
    code, out, _ = run("false-alarms", night, "--per-hour", 61)
    assert code == 0 and "60 seconds are too few to promise a rate of 61 per hour" in out


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (["--per-hour", 0], "--per-hour 0 is no rate of alarms: give a number above 0"),
        (["--per-hour", "nan"], "--per-hour nan is no rate of alarms"),
        (["--out", "t.csv"], "--out takes the thresholds for a rate: give --per-hour, too"),
        (["--per-hour", 60, "--out", "."], "--out . is a folder: give the name of a CSV file in it"),
        (["--per-hour", 60, "--out", "/dev/null/t.csv"], "cannot be written: /dev/null is no folder"),
        (["--hysteresis", 2], "hysteresis 2.0 is no share of the threshold"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_heard(run, night, monkeypatch, options, cause):
    monkeypatch.setattr("psl.tagging.false_alarms.command.listen", None)
    assert cause in run("false-alarms", night, *options)[0]


def test_a_folder_without_audio_is_refused(run, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, _ = run("false-alarms", tmp_path / "empty")
    assert code.startswith(f"psl: the folder {tmp_path / 'empty'} holds no audio file (.wav, ")


def test_a_recording_without_sound_does_not_count(run, tmp_path):
    record(tmp_path / "night/0.wav", 9.0, silent_from=0.0)
    code, out, err = run("false-alarms", tmp_path / "night")
    assert code == "psl: there is no sound in these recordings, so no background: look at how they were made"
    assert not out and "without any sound, as every sample is 0: 0.wav\n" in err
    record(tmp_path / "night/1.wav", 7.0)
    assert "7 seconds of background in 1 recording;" in run("false-alarms", tmp_path / "night")[1]


def test_recordings_are_heard_alike_by_several_workers(run, night):
    outputs = {run("false-alarms", night, "--format", "csv", "--per-hour", 120, "--workers", n)[1] for n in (1, 3)}
    assert len({tuple(counted(out).items()) for out in outputs}) == 1
