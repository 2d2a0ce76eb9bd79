"""A person's own data: every fault at once and nothing written, or a corpus that the stage metadata reads."""

import csv
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from psl.audio import write_clip
from psl.corpora.audioset import write_corpus
from psl.errors import PslError
from psl.manifest import read_manifest, weak_targets
from psl.own_data import write
from psl.own_data.asked import audio_files, read_table
from psl.own_data.check import OwnClip, Told, check
from psl.own_data.labels import audioset_names, parse_labels, read_vocabulary
from psl.own_data.settings import changed_params, corpus_params, reads_already, unfilled
from psl.own_data.split import taken_sources
from psl.own_data.write import init_corpus, split_clips
from psl.params import AudioSet, Window
from psl.params_file import read_params, write_params
from psl.vocabulary import Vocabulary

ROOT = Path(__file__).parents[1]
CLASS_LIST = ROOT.parent / "shared/metadata/audioset/class_labels_indices.csv"
ESC = ROOT.parent / "shared/audio/esc10"


def tone(path, number, seconds=0.5):
    """A recording whose bytes are `number`'s own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_clip(path, np.sin(np.arange(int(8_000 * seconds)) * (number + 1) / 99), 8_000)


@pytest.fixture
def folder(tmp_path):
    """Six recordings of three sources in each of two class folders."""
    for number in range(12):
        tone(tmp_path / "in" / ("Dog" if number % 2 else "rain drops") / f"1-{number // 4}-{chr(65 + number)}.wav", number)
    return tmp_path / "in"


def told(folder, labels=None, vocabulary=None, audioset_classes=None, ignore_unlisted=False):
    return Told(folder, labels, vocabulary, audioset_classes, ignore_unlisted)


def table(folder, rows, header="file,labels"):
    path = folder.parent / "labels.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def listed(folder):
    """A row for each recording."""
    return [f"{p.relative_to(folder).as_posix()},{p.parent.name}" for p in sorted(folder.rglob("*.wav"))]


def test_class_folders_become_a_corpus_that_the_stage_reads(folder, tmp_path):
    text = init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1)
    (tmp_path / "out").mkdir()
    write_corpus(tmp_path / "out", tmp_path / "corpus/lists", tmp_path / "corpus/audio", 300.0, 1)
    clips = read_manifest(tmp_path / "out").to_pylist()
    assert len(clips) == 12 and all(clip["path"] and clip["end_s"] == 0.5 for clip in clips)
    source_in = {(clip["source"], "eval" if clip["subset"] == "eval" else clip["subset"]) for clip in clips}
    assert len(source_in) == len({clip["source"] for clip in clips}) == 3
    assert "eval_segments.csv: 4 clips of 1 sources, 2.0 s" in text
    vocabulary = Vocabulary.read(tmp_path / "out/classes.csv")
    assert vocabulary.names == ("Dog", "rain drops")
    assert weak_targets(read_manifest(tmp_path / "out"), vocabulary).sum(0).tolist() == [6, 6]


def test_same_input_same_bytes(folder, tmp_path):
    for name in ("a", "b"):
        init_corpus(told(folder), tmp_path / name, 0.3, 0.5, 1)
    each = [{p.name: p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()} for name in ("a", "b")]
    assert each[0] == each[1] and len(each[0]) == 18


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["gone.wav,Dog"], "gone.wav is not in .* (line 14"),
        ([",Dog"], "line 14 of .* names no file"),
        (["Dog/1-0-B.wav,Cat"], "line 14 of .* names Dog/1-0-B.wav again, after line 2"),
        (["new.wav,"], "new.wav has no label (line 14"),
        (["wide.wav, ; ,"], "line 14 of .* has not 2 fields"),
        (['new.wav," ; ,"'], "new.wav has no label"),
        (["new.wav,Cat"], "new.wav has the label 'Cat', which is not in "),
        (["../x.wav,Dog"], "../x.wav lies outside"),
        (["/etc/x.wav,Dog"], "/etc/x.wav lies outside"),
        (["note.txt,Dog"], "note.txt is none of .wav, .flac, .ogg, .mp3, .m4a"),
        (["broken.wav,Dog"], "broken.wav cannot be read"),
        (["empty.wav,Dog"], "empty.wav is empty"),
        (["nan.wav,Dog"], "nan.wav holds samples that are NaN"),
        (["short.wav,Dog"], "short.wav lasts 0.050 s, less than 0.1 s"),
        (["copy.wav,Dog"], "copy.wav holds the same bytes as Dog/1-0-B.wav"),
        ([], "unlisted.wav is not in .*labels.csv"),
    ],
)
def test_each_fault_is_told_with_file_and_cause(folder, tmp_path, rows, fault):
    bad_files(folder, [*rows, "unlisted.wav" if not rows else ""])
    (tmp_path / "classes.txt").write_text("Dog\nrain drops\n")
    labels = table(folder, listed_first(folder) + rows)
    with pytest.raises(PslError) as error:
        init_corpus(told(folder, labels, tmp_path / "classes.txt"), tmp_path / "corpus", 0.3, 0.5, 1)
    first, *lines = str(error.value).splitlines()
    parts = fault.split(".*")
    assert len(lines) == 1 and all(part in lines[0] for part in parts), lines
    assert first.startswith("nothing was written") and not (tmp_path / "corpus").exists()


def test_a_quote_that_is_not_closed_is_told_with_the_line_where_it_opens(tmp_path):
    (tmp_path / "labels.csv").write_text('file,labels\na.wav,"Dog\nb.wav,Cat"\nc.wav\nd.wav,"Cat;Dog"\ne.wav,"Dog\nf.wav,Cat\n')
    faults = []
    assert [row.file for row in read_table(tmp_path / "labels.csv", faults)] == ["d.wav"]
    assert [fault.split(" of ")[0] for fault in faults] == ["line 2", "line 4", "line 6"]
    assert ["has a quote that is not closed" in fault for fault in faults] == [True, False, True]


def listed_first(folder):
    return [row for row in listed(folder) if row.startswith(("Dog/", "rain"))]


def bad_files(folder, rows):
    """The recordings that rows name, each broken as its name says."""
    names = {row.split(",")[0] for row in rows}
    if "new.wav" in names or "unlisted.wav" in names:
        tone(folder / ("new.wav" if "new.wav" in names else "unlisted.wav"), 77)
    if "broken.wav" in names:
        (folder / "broken.wav").write_bytes(b"RIFF0000WAVEnothing")
    if "empty.wav" in names:
        (folder / "empty.wav").touch()
    if "nan.wav" in names:
        import soundfile

        soundfile.write(folder / "nan.wav", np.full(8_000, np.nan, np.float32), 8_000, subtype="FLOAT")
    if "short.wav" in names:
        tone(folder / "short.wav", 5, 0.05)
    if "copy.wav" in names:
        (folder / "copy.wav").write_bytes((folder / "Dog/1-0-B.wav").read_bytes())
    if "note.txt" in names:
        (folder / "note.txt").touch()


def test_all_faults_are_told_at_once(folder, tmp_path):
    rows = ["gone.wav,Dog", "empty.wav,Dog", "new.wav,", "short.wav,Dog", "copy.wav,Dog"]
    bad_files(folder, rows)
    with pytest.raises(PslError, match="has 5 faults") as error:
        check(told(folder, table(folder, listed_first(folder) + rows)))
    assert len(str(error.value).splitlines()) == 6


@pytest.mark.parametrize(
    ("header", "rows", "fault"),
    [
        ("name,labels", [], "must begin with a line that names the columns file and labels, not 'name,labels'"),
        ("file,labels", ["a\0b.wav,\udcff"], "is not a CSV in UTF-8"),
        ("file,labels", [], "(?s)nothing was written, .* has 12 faults:.*Dog/1-0-B.wav is not in"),
        ("file,labels", ["Dog/1-0-B.wav,"], "(?s)nothing was written, .* has 12 faults:.*Dog/1-0-B.wav has no label"),
    ],
)
def test_a_table_that_is_none_is_told(folder, header, rows, fault):
    labels = table(folder, [], header)
    labels.write_bytes(labels.read_bytes() + "\n".join(rows).encode(errors="surrogateescape"))
    with pytest.raises(PslError, match=fault):
        check(told(folder, labels))


def test_missing_places_are_told(folder, tmp_path):
    with pytest.raises(PslError, match="nowhere is no folder"):
        check(told(tmp_path / "nowhere"))
    with pytest.raises(PslError, match=r"the table .*nowhere does not exist"):
        check(told(folder, tmp_path / "nowhere"))
    with pytest.raises(PslError, match=r"the vocabulary .*nowhere is not there"):
        check(told(folder, None, tmp_path / "nowhere"))
    with pytest.raises(PslError, match="is there already"):
        init_corpus(told(folder), tmp_path, 0.3, 0.5, 1)
    with pytest.raises(PslError, match="lies inside"):
        init_corpus(told(folder), folder / "corpus", 0.3, 0.5, 1)


def test_faults_of_class_folders_are_told(folder):
    tone(folder / "loose.wav", 50)
    tone(folder / "Rain_drops/x.wav", 51)
    tone(folder / 'a "b"/x.wav', 52)
    with pytest.raises(PslError) as error:
        check(told(folder))
    assert sorted(str(error.value).splitlines()[1:]) == [
        "loose.wav lies in no class folder: make one folder a class, or give --labels",
        "the label 'a \"b\"' holds a comma, a quote or a control character: rename it, or give --audioset-classes if it is AudioSet's",
        "the labels 'Rain_drops' and 'rain drops' differ in spelling only: write one of them everywhere",
    ]


def test_what_psl_reads_elsewhere_is_seen_here_too(folder, tmp_path):
    tone(tmp_path / "elsewhere/f.wav", 61)
    (folder / "Fox").symlink_to(tmp_path / "elsewhere")
    for name in ("Bird/a.M4A", "Bird/b.webm", "Bird/c.aiff", ".hidden/d.wav", "Dog/note.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / "Dog/lost.wav").symlink_to(tmp_path / "nowhere")
    faults = []
    there = ["Bird/a.M4A", "Bird/b.webm", "Bird/c.aiff", "Dog/lost.wav", "Fox/f.wav"]
    assert [file for file in audio_files(folder, faults) if "1-" not in file] == there and not faults
    with pytest.raises(PslError, match="has 4 faults") as error:
        check(told(folder))
    assert "Bird/c.aiff is none of .wav" in str(error.value) and "Dog/lost.wav is not in" in str(error.value)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="FFmpeg is not here")
def test_recordings_that_ffmpeg_reads_become_clips(folder, tmp_path, monkeypatch):
    (folder / "Bird").mkdir()
    command = ["ffmpeg", "-loglevel", "error", "-i", folder / "Dog/1-0-B.wav", folder / "Bird/x.m4a"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    clips, vocabulary = check(told(folder))
    assert [clip.file for clip in clips if clip.mids == ("Bird",)] == ["Bird/x.m4a"] and "Bird" in vocabulary.names
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PslError, match=r"Bird/x.m4a needs FFmpeg to be read.*install FFmpeg"):
        check(told(folder))


def test_a_class_folder_without_audio_is_a_fault(folder, tmp_path):
    (folder / "Fox").mkdir()
    (folder / "Cow").symlink_to(folder / "Dog")  # the second way into one folder
    with pytest.raises(PslError) as error:
        check(told(folder))
    assert "the class folder Fox holds no audio file: add some, or move it away" in str(error.value)
    assert "the class folders Dog and Cow are one folder: remove the link" in str(error.value)


def test_a_class_folder_that_is_a_broken_link_is_a_fault(folder, tmp_path):
    (folder / "Fox").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PslError, match="the link Fox leads nowhere: mend or remove it"):
        check(told(folder))


def test_one_class_is_a_fault(folder):
    shutil.rmtree(folder / "rain drops")
    with pytest.raises(PslError, match="all recordings are of one class, and a tagger tells at least two apart"):
        check(told(folder))


def test_names_that_no_list_can_hold_are_faults(folder):
    shutil.copyfile(folder / "Dog/1-0-B.wav", os.fsencode(folder) + b"/Dog/h\xfcnd.wav")
    with pytest.raises(PslError, match=r"the name of the file Dog/h\\udcfcnd.wav is not UTF-8: rename it"):
        check(told(folder))


def test_a_folders_name_is_one_label(folder):
    (folder / "Dog").rename(folder / "Cats; Dogs")
    assert check(told(folder))[1].names == ("Cats; Dogs", "rain drops")
    (folder / "rain drops").rename(folder / "Male speech, man speaking")
    with pytest.raises(PslError, match=r"the label 'Male speech, man speaking' holds a comma.*--audioset-classes"):
        check(told(folder))
    classes = folder.parent / "classes.csv"
    classes.write_text('index,mid,display_name\n0,/m/05zppz,"Male speech, man speaking"\n')
    assert check(told(folder, audioset_classes=classes))[1].mids == ("Cats; Dogs", "/m/05zppz")


def test_only_names_like_escs_say_a_source(tmp_path):
    for number in range(6):
        tone(tmp_path / f"in/Dog/2024-05-0{number}.wav", number)
        tone(tmp_path / f"in/Cat/{number % 2}-{number % 3}-A-{number}.wav", 50 + number)
    clips, _ = check(told(tmp_path / "in"))
    assert len({clip.source for clip in clips if "Dog" in clip.file}) == 6
    assert "6 sources of 6 clips were read from their names" in init_corpus(told(tmp_path / "in"), tmp_path / "out", 0.3, 0.5, 1)


def test_a_table_may_group_sources_and_leave_files_out(folder):
    tone(folder / "unlisted.wav", 60)
    rows = [f"{row},s{number % 3},x" for number, row in enumerate(listed_first(folder))]
    labels = table(folder, rows, "file,labels,source,more")
    clips, _ = check(told(folder, labels, ignore_unlisted=True))
    assert len(clips) == 12 and {clip.source for clip in clips} == {"s0", "s1", "s2"}


def test_labels_are_split_and_mapped():
    known = {"male speech, man speaking": ("/m/05zppz", "Male speech, man speaking"), "dog": ("/m/0bt9lr", "Dog")}
    assert parse_labels("Male speech, man speaking;DOG", known) == [known["male speech, man speaking"], known["dog"]]
    assert parse_labels("dog, Zipper_(clothing) ,dog", known) == [known["dog"], ("Zipper_(clothing)", "Zipper_(clothing)")]


@pytest.mark.skipif(not CLASS_LIST.exists(), reason="the official lists are not here")
def test_audiosets_names_become_its_ids(folder):
    clips, vocabulary = check(told(folder, audioset_classes=CLASS_LIST))
    assert (vocabulary.mids, vocabulary.names) == (("/m/0bt9lr", "rain drops"), ("Dog", "rain drops"))
    known = audioset_names(CLASS_LIST)
    assert len({pair for pair in known.values()}) == 527 and len(known) == 2 * 527
    assert parse_labels("acoustic_guitar", known)[0][0] == parse_labels("/m/042v_gx", known)[0][0] == "/m/042v_gx"


@pytest.mark.skipif(not CLASS_LIST.exists(), reason="the official lists are not here")
def test_a_vocabulary_is_audiosets_list_or_one_label_a_line(tmp_path):
    assert len(read_vocabulary(CLASS_LIST, {})) == 527
    (tmp_path / "v.txt").write_text("\ufeffMy class\n\ndog\n", encoding="utf-8")
    assert read_vocabulary(tmp_path / "v.txt", audioset_names(CLASS_LIST)).mids == ("My class", "/m/0bt9lr")
    (tmp_path / "v.txt").write_text("a, b\n")
    with pytest.raises(PslError, match="the label 'a, b' with a comma"):
        read_vocabulary(tmp_path / "v.txt", {})


def clips_of(counts):
    """Clips whose labels and sources are `counts`: (labels, source) -> how many."""
    return [OwnClip(f"{s}{m}{n}.wav", tuple(m), s, 1.0) for (m, s), count in counts.items() for n in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_every_class_is_divided_by_sources_near_to_the_share(seed):
    clips = clips_of({("ab"[n % 2] if n % 3 else "ab", f"s{n}"): 1 + n % 3 for n in range(60)})
    taken = taken_sources(clips, 0.2, seed)
    for mid in "ab":
        having = [clip for clip in clips if mid in clip.mids]
        assert 0.15 < sum(clip.source in taken for clip in having) / len(having) < 0.27
    assert taken != taken_sources(clips, 0.2, seed + 1)


def test_a_class_of_one_source_stays_in_training():
    clips = clips_of({("a", "s1"): 3, ("b", "s2"): 3, ("b", "s3"): 3, ("b", "s4"): 3})
    assert "s1" not in taken_sources(clips, 0.5, 1)
    with pytest.raises(PslError, match="there are 2 of 4 clips, and some class needs three"):
        split_clips(clips_of({("a", "s1"): 2, ("a", "s2"): 2}), 0.2, 0.5, 1)


def test_a_class_of_two_large_sources_is_divided_all_the_same():
    assert len(taken_sources(clips_of({("a", "s1"): 5, ("a", "s2"): 5}), 0.2, 1)) == 1


def test_classes_without_evaluation_are_told(folder, tmp_path):
    tone(folder / "Bell/x.wav", 70)
    assert "1 of 3 classes have no clip to evaluate with: Bell" in init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1)


def test_windows_that_clips_do_not_fill_are_told(folder, tmp_path):
    for number in range(3):
        tone(folder / f"Dog/long{number}.wav", 71 + number, 2.0)
    params = default_params(tmp_path)
    *_, two, out = init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1, params).splitlines()
    assert two.startswith("12 of 15 clips are shorter than windows.2 (2 s): they are repeated")
    assert out == f"longer than every training clip, and taken out of {params}: windows.10, windows.5, ensembles.windows"
    assert list(read_params(params).windows) == ["2"]


def test_recordings_that_fill_no_window_are_refused_before_anything_is_written(folder, tmp_path):
    params = default_params(tmp_path)
    before = params.read_bytes()
    with pytest.raises(PslError, match=r"no window of .*params.yaml is as short as the recordings"):
        init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1, params)
    assert params.read_bytes() == before and not (tmp_path / "corpus").exists()


def default_params(folder):
    path = folder / "params.yaml"
    path.write_text((ROOT / "presets/default.yaml").read_text())
    return path


@pytest.mark.parametrize(
    ("gone", "taken", "shown"),
    [
        (["10"], "windows.10; 10 of ensembles.windows", "2"),
        (["2"], "windows.2; sizes.S1; sizes.S2; sizes.S3; transfers.fsd50k_2; transfers.fsdkaggle2018_2; "
            "transfers.fsdkaggle2019-curated_2; transfers.fsdkaggle2019-noisy_2; 2 of ensembles.windows; 2 of detect.shown (now 10)", "10"),
    ],
)  # fmt: skip
def test_a_window_is_taken_out_with_all_that_names_it(tmp_path, gone, taken, shown):
    path = default_params(tmp_path)
    text, told_of = changed_params(path, tmp_path / "corpus", 1, gone)
    write_params(path, text)
    after = read_params(path)
    assert "; ".join(told_of) == taken and after.detect.shown == shown
    assert not {*gone} & {*after.windows, *after.students, *after.models, *after.detectors, *after.ensembles["windows"].models}
    assert not {*gone} & {*(size.labels for size in after.sizes.values()), *(one.model for one in after.transfers.values())}
    assert {line for line in comments(ROOT / "presets/default.yaml") if "of 16" not in line} >= comments(path)
    assert [line for line in text.splitlines() if line[:1].isalpha()] == top_level(ROOT / "presets/default.yaml", text)


def comments(path):
    """The comments that stand in lines of their own."""
    return {line.strip() for line in path.read_text().splitlines() if line.strip().startswith("#")}


def top_level(path, text):
    """The sections' first lines, in the file's order; empty sections as ruamel writes them."""
    lines = [line for line in path.read_text().splitlines() if line[:1].isalpha()]
    return [f"{line} {{}}" if f"{line} {{}}" in text.splitlines() else line for line in lines]


def test_comments_around_a_window_that_goes_are_kept(tmp_path):
    path = default_params(tmp_path)
    lines = ['  "5": {seconds: 5.0, hop: 5.0}  # its own', "  # of two", '  "2": {seconds: 2.0, hop: 2.0}  # its own', "# of students"]
    text = path.read_text()
    begin, end = text.index('  "5": {seconds'), text.index("students: &students")
    path.write_text(text[:begin] + "\n".join(lines) + "\n" + text[end:])
    text, _ = changed_params(path, tmp_path / "corpus", 1, ["5"])
    assert 'windows: &windows\n  "10": {seconds: 10.0, hop: 10.0}\n  # of two\n' in text
    text, _ = changed_params(path, tmp_path / "corpus", 1, ["2"])
    assert "# its own\n# of students\nstudents: &students\n" in text.replace("  # of two\n", "")


def test_comments_below_the_last_section_and_below_a_block_are_kept(tmp_path):
    path = default_params(tmp_path)
    text = path.read_text()
    begin, end = text.index("ensembles:"), text.index("detect:")
    block = 'ensembles:\n  windows:\n    models:\n    - "5"\n    - "2"\n# the end\n'
    path.write_text(text[:begin] + text[end:].rstrip() + "\n" + block)
    text, taken = changed_params(path, tmp_path / "corpus", 1, ["5"])
    assert "ensembles.windows" in taken and "# the end\n" in text
    write_params(path, text)
    assert read_params(path).ensembles == {}


def test_a_corpus_whose_params_contradict_themselves_is_not_written(folder, tmp_path, monkeypatch):
    params = default_params(tmp_path)
    monkeypatch.setattr(write, "changed_params", lambda *_: ("corpora: {}\n", []))
    before = params.read_text()
    with pytest.raises(PslError, match="is missing"):
        init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1, params)
    assert not (tmp_path / "corpus").exists() and params.read_text() == before


def test_an_anchor_of_what_goes_moves_to_what_merges_it(tmp_path):
    path = default_params(tmp_path)
    text = path.read_text()
    first = 'fsd50k_2: &fsd50k {corpus: fsd50k, train: train, validation: val, test: eval, metric: mAP, model: "2"}'
    path.write_text(text.replace(next(line for line in text.splitlines() if "&fsd50k {" in line).strip(), first).replace(
        'fsd50k_2: {<<: *fsd50k, model: "2"}', "fsd50k_annotator: {<<: *fsd50k, model: annotator}"))  # fmt: skip
    before = read_params(path).transfers["fsd50k_annotator"]
    write_params(path, changed_params(path, tmp_path / "corpus", 1, ["2"])[0])
    assert read_params(path).transfers["fsd50k_annotator"] == before and "fsd50k_2" not in read_params(path).transfers


def test_a_window_counts_as_filled_as_annotation_counts():
    windows = {key: Window(seconds=seconds, hop=seconds) for key, seconds in (("2", 2.0), ("1", 1.0))}
    assert unfilled([OwnClip("a", ("a",), "a", 31_999 / 16_000)], windows) == ["2"]
    assert unfilled([OwnClip("a", ("a",), "a", 2.0), OwnClip("b", ("a",), "b", 0.5)], windows) == []


def test_a_corpus_that_params_read_already_is_known(tmp_path):
    path = default_params(tmp_path)
    assert not reads_already(path, tmp_path / "corpus", 1)
    write_params(path, changed_params(path, tmp_path / "corpus", 1, [])[0])
    assert reads_already(path, tmp_path / "corpus", 1) and not reads_already(path, tmp_path / "corpus", 2)


def test_ids_stay_apart_and_lead_back_to_the_files(folder, tmp_path):
    for name in ("Dog/ä b.wav", "Dog/ö b.wav", f"Dog/{'long' * 40}.wav"):
        tone(folder / name, len(name.encode()) + ord(name[4]))
    init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1)
    with (tmp_path / "corpus/lists/files.csv").open() as handle:
        file_of = {row["ytid"]: row["file"] for row in csv.DictReader(handle)}
    assert len(file_of) == 15 and all(ytid.isascii() and len(ytid) < 120 for ytid in file_of)
    links = list((tmp_path / "corpus/audio").iterdir())
    assert {link.resolve() for link in links} == {(folder / file).resolve() for file in file_of.values()}


def test_params_read_the_corpus_and_keep_their_comments(tmp_path):
    params = default_params(tmp_path)
    write_params(params, changed_params(params, tmp_path / "my corpus", 3, [])[0])
    asked = {"kind": "audioset", "lists": "my corpus/lists", "audio": "my corpus/audio", "aud300h_hours": 300.0, "seed": 3}
    assert read_params(params).corpora["audioset"] == AudioSet(**asked)
    assert corpus_params(Path("/elsewhere"), 3, tmp_path)["lists"] == "/elsewhere/lists"
    assert read_params(params).annotate.subset == "full"
    before = (ROOT / "presets/default.yaml").read_text().split("front_end:")[1].splitlines()
    lost = set(before) - set(params.read_text().splitlines())
    assert lost == {"  subset: balanced"}


def test_params_that_are_broken_are_left_alone(tmp_path):
    params = tmp_path / "params.yaml"
    params.write_text("corpora: {}\n")
    with pytest.raises(PslError, match="is missing"):
        changed_params(params, Path("x"), 1, [])
    assert params.read_text() == "corpora: {}\n"


@pytest.mark.skipif(not ESC.exists(), reason="ESC-10 is not here")
def test_real_recordings_become_a_corpus(tmp_path):
    text = init_corpus(told(ESC), tmp_path / "corpus", 0.2, 0.5, 1)
    assert "eval_segments.csv" in text and "no clip to evaluate" not in text
