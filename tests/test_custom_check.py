"""Every fault of a person's recordings at once, each with file and cause."""

import shutil
import subprocess
from unittest.mock import Mock

import numpy as np
import pytest
import soundfile
from own_recordings import listed, request, table, tone

from psl.corpora.custom.check import check
from psl.runtime.errors import PslError


def break_recordings(folder, names):
    """Recordings that are broken as their names say."""
    for name, number, seconds in (("new", 77, 0.5), ("unlisted", 78, 0.5), ("short", 5, 0.05)):
        if f"{name}.wav" in names:
            tone(folder / f"{name}.wav", number, seconds)
    contents = {
        "broken.wav": b"RIFF0000WAVEnothing",
        "empty.wav": b"",
        "note.txt": b"",
        "copy.wav": (folder / "Dog/1-0-B.wav").read_bytes(),
    }
    for name in names & contents.keys():
        (folder / name).write_bytes(contents[name])
    if "nan.wav" in names:
        soundfile.write(folder / "nan.wav", np.full(8_000, np.nan, np.float32), 8_000, subtype="FLOAT")


def faults_of(*arguments, **options):
    """The lines of the faults, below the first line, which counts them."""
    with pytest.raises(PslError) as error:
        check(request(*arguments, **options))
    first, *faults = str(error.value).splitlines()
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    assert first == f"nothing was written, {arguments[0]} has {count}:"
    return faults


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("gone.wav,Dog", "gone.wav is not in {folder} (line 14 of {labels})"),
        (",Dog", "line 14 of {labels} names no file"),
        ("Dog/1-0-B.wav,Cat", "line 14 of {labels} names Dog/1-0-B.wav again, after line 2 of {labels}"),
        ("new.wav,", "new.wav has no label (line 14 of {labels})"),
        ("wide.wav,Dog,Owl", "line 14 of {labels} has 3 cells and its header 2: put labels with commas in quotes"),
        ('new.wav," ; ,"', "new.wav has no label"),
        ("new.wav,Cat", "new.wav has the label 'Cat', which is not in {classes} (line 14 of {labels})"),
        ("../x.wav,Dog", "../x.wav lies outside {folder}: give files relative to it"),
        ("/etc/x.wav,Dog", "/etc/x.wav lies outside {folder}: give files relative to it"),
        ("note.txt,Dog", "note.txt is not one of .wav, .flac, .ogg, .mp3, .m4a"),
        ("broken.wav,Dog", "{folder}/broken.wav cannot be read"),
        ("empty.wav,Dog", "{folder}/empty.wav is empty"),
        ("nan.wav,Dog", "{folder}/nan.wav holds samples that are NaN"),
        ("short.wav,Dog", "short.wav lasts 0.050 s, less than 0.1 s"),
        ("copy.wav,Dog", "copy.wav holds the same bytes as Dog/1-0-B.wav: keep one of them"),
        ("", "unlisted.wav is not in {labels}: list it, or pass --ignore-unlisted"),
    ],
)
def test_each_fault_names_file_and_cause(recordings, tmp_path, row, fault):
    break_recordings(recordings, {row.split(",")[0] or ("" if row else "unlisted.wav")})
    classes = tmp_path / "classes.txt"
    classes.write_text("Dog\nrain drops\n")
    labels = table(recordings, [*listed(recordings), row])
    (message,) = faults_of(recordings, labels, vocabulary=classes)
    assert fault.format(folder=recordings, labels=labels, classes=classes) in message


def test_all_faults_are_named_at_once(recordings):
    rows = ["gone.wav,Dog", "empty.wav,Dog", "new.wav,", "short.wav,Dog", "copy.wav,Dog"]
    break_recordings(recordings, {row.split(",")[0] for row in rows})
    assert len(faults_of(recordings, table(recordings, listed(recordings) + rows))) == 5


def test_missing_places_are_named(recordings, tmp_path):
    with pytest.raises(PslError, match="nowhere is no folder"):
        check(request(tmp_path / "nowhere"))
    with pytest.raises(PslError, match=r"the table .*nowhere does not exist"):
        check(request(recordings, tmp_path / "nowhere"))
    with pytest.raises(PslError, match=r"the vocabulary .*nowhere does not exist"):
        check(request(recordings, vocabulary=tmp_path / "nowhere"))


def test_labels_that_no_list_can_hold_are_faults(recordings):
    tone(recordings / "Rain_drops/x.wav", 51)
    tone(recordings / 'a "b"/x.wav', 52)
    assert sorted(faults_of(recordings)) == [
        "the label 'a \"b\"' holds a comma, a quote, a `|` or a control character: rename it, or give "
        "--audioset-classes if it is AudioSet's",
        "the labels 'Rain_drops' and 'rain drops' differ in spelling only: write one of them everywhere",
    ]


def test_what_psl_reads_elsewhere_is_checked_here_too(recordings, tmp_path):
    for name in ("a.M4A", "b.webm", "c.aiff"):
        (recordings / "Bird").mkdir(exist_ok=True)
        (recordings / "Bird" / name).write_bytes(name.encode())
    (recordings / "Dog/lost.wav").symlink_to(tmp_path / "nowhere")
    faults = faults_of(recordings)
    assert len(faults) == 4 and any(fault.startswith("Bird/c.aiff is not one of .wav") for fault in faults)
    assert any(fault.startswith("Dog/lost.wav is not in ") for fault in faults)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="FFmpeg is not here")
def test_recordings_that_ffmpeg_reads_become_clips(recordings, tmp_path, monkeypatch):
    (recordings / "Bird").mkdir()
    command = ["ffmpeg", "-loglevel", "error", "-i", recordings / "Dog/1-0-B.wav", recordings / "Bird/x.m4a"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    clips, vocabulary = check(request(recordings))
    assert [clip.file for clip in clips if clip.mids == ("Bird",)] == ["Bird/x.m4a"] and "Bird" in vocabulary.names
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PslError, match=r"Bird/x.m4a needs FFmpeg to be read.*install FFmpeg"):
        check(request(recordings))


def test_channels_that_cancel_are_told(recordings, capsys):
    x_T = np.random.default_rng(0).normal(0, 0.1, 8000)
    soundfile.write(recordings / "Dog/wide.wav", np.stack([x_T, -x_T], 1), 8000)
    check(request(recordings))
    assert "the channels of Dog/wide.wav cancel each other (1 such files)" in capsys.readouterr().err


def test_an_error_of_any_kind_is_a_fault_of_its_file(recordings, monkeypatch):
    monkeypatch.setattr(soundfile.SoundFile, "read", Mock(side_effect=MemoryError))
    faults = faults_of(recordings)
    assert len(faults) == 12 and all(fault.endswith("it takes more memory than there is") for fault in faults)


def test_one_class_is_a_fault(recordings):
    shutil.rmtree(recordings / "rain drops")
    (fault,) = faults_of(recordings)
    assert fault == "all recordings are of one class, and a tagger needs two or more: add recordings of another class"


def test_a_folders_name_is_one_label(recordings, tmp_path):
    (recordings / "Dog").rename(recordings / "Cats; Dogs")
    assert check(request(recordings))[1].names == ("Cats; Dogs", "rain drops")
    (recordings / "rain drops").rename(recordings / "Male speech, man speaking")
    (fault,) = faults_of(recordings)
    assert fault.startswith("the label 'Male speech, man speaking' holds a comma") and "--audioset-classes" in fault
    classes = tmp_path / "classes.csv"
    classes.write_text('index,mid,display_name\n0,/m/05zppz,"Male speech, man speaking"\n')
    assert check(request(recordings, audioset_classes=classes))[1].mids == ("Cats; Dogs", "/m/05zppz")


def test_only_names_like_escs_tell_a_source(tmp_path):
    for number in range(6):
        tone(tmp_path / f"in/Dog/2024-05-0{number}.wav", number)
        tone(tmp_path / f"in/Cat/{number % 2}-{number % 3}-A-{number}.wav", 50 + number)
    clips, _ = check(request(tmp_path / "in"))
    sources = {name: {clip.source for clip in clips if name in clip.file} for name in ("Dog", "Cat")}
    assert len(sources["Dog"]) == 6 and sources["Cat"] == {f"{number % 2}-{number % 3}" for number in range(6)}


def test_a_table_may_group_sources_and_leave_files_out(recordings):
    tone(recordings / "unlisted.wav", 60)
    rows = [f"{row},s{number % 3},x" for number, row in enumerate(listed(recordings))]
    labels = table(recordings, rows, "file,labels,source,more")
    clips, _ = check(request(recordings, labels, ignore_unlisted=True))
    assert len(clips) == 12 and {clip.source for clip in clips} == {"s0", "s1", "s2"}


NFD, NFC = "Lo\u0308we", "L\u00f6we"


def test_names_that_look_the_same_are_one_class_and_it_is_told_once(recordings, capsys):
    for number, name in enumerate((NFD, NFC, "rain\u00ad drops", "rain\u200b drops", "bark", "Bark")):
        tone(recordings / name / "x.wav", 50 + number)
    assert check(request(recordings))[1].names == ("Bark", "Dog", NFC, "rain drops")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("labels in another spelling")]
    assert line.partition(": ")[2] == (
        "'Lo\\u0308we' for L\u00f6we, 'bark' for Bark (/m/05tny_), 'rain\\xad drops' for rain drops, "
        "'rain\\u200b drops' for rain drops"
    )


def test_what_is_spelt_as_its_class_is_not_told(recordings, capsys):
    check(request(recordings))
    assert "spelling" not in capsys.readouterr().err


def test_a_vocabulary_with_twins_is_refused(recordings, tmp_path):
    (tmp_path / "classes.txt").write_text("Dog\nrain drops\nOwl\nowl\n")
    with pytest.raises(PslError, match=r"classes.txt has two classes of the name 'owl', 'Owl' and 'owl', but for case"):
        check(request(recordings, vocabulary=tmp_path / "classes.txt"))


@pytest.mark.parametrize(
    ("on_disk", "listed_as"),
    [
        (f"{NFD}.wav", f"{NFC}.wav"),
        (f"{NFC}/x.wav", f"{NFD}/x.wav"),
        (" x.wav", " x.wav"),
        (" x.wav", '" x.wav"'),
        ("x.wav", '"x.wav "'),
        ("x.wav", "x\u200b.wav"),
    ],
)
@pytest.mark.parametrize("ignore_unlisted", [False, True])
def test_a_file_is_found_under_a_name_that_looks_the_same(recordings, on_disk, listed_as, ignore_unlisted):
    labels = table(recordings, [*listed(recordings), f"{listed_as},Dog"])
    tone(recordings / on_disk, 50)
    clips, _ = check(request(recordings, labels, ignore_unlisted=ignore_unlisted))
    assert on_disk in {clip.file for clip in clips} and len({clip.source for clip in clips} & {on_disk}) == 1


def test_of_two_files_that_look_the_same_each_is_named_exactly(recordings):
    for number, name in enumerate((NFD, NFC, " x", "x")):
        tone(recordings / f"{name}.wav", 50 + number)
    rows = [f"{NFD}.wav,Dog", f"{NFC}.wav,Owl", '" x.wav",Dog', "x.wav,Owl"]
    clips, _ = check(request(recordings, table(recordings, [*listed(recordings), *rows])))
    assert {clip.file: clip.mids for clip in clips}[f"{NFC}.wav"] == ("Owl",) and len(clips) == 16
    rows[0] = rows[0].replace("o\u0308", "\u00f6\u200b")
    faults = faults_of(recordings, table(recordings, [*listed(recordings), *rows]))
    assert len(faults) == 2 and "is not in" in faults[1]


def test_a_file_name_with_a_line_break_is_a_fault(recordings):
    labels = table(recordings, listed(recordings))
    tone(recordings / "Dog/a\nb.wav", 50)
    fault = "the name of the file Dog/a\\nb.wav has a line break in it: rename it"
    assert faults_of(recordings) == [fault]
    assert faults_of(recordings, labels) == [fault]


def test_a_space_before_a_quote_does_not_count(recordings):
    tone(recordings / "x.wav", 50)
    clips, _ = check(request(recordings, table(recordings, [*listed(recordings), 'x.wav, "Owl,Dog"'], "file, labels")))
    assert next(clip.mids for clip in clips if clip.file == "x.wav") == ("Owl", "/m/0bt9lr")
