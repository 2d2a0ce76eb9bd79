"""A person's own data: every fault at once and nothing written, or a corpus that the stage metadata reads."""

import csv
from pathlib import Path

import numpy as np
import pytest

from psl.audio import write_clip
from psl.corpora.audioset import write_corpus
from psl.errors import PslError
from psl.manifest import read_manifest, weak_targets
from psl.own_data.asked import read_table
from psl.own_data.check import OwnClip, Told, check
from psl.own_data.labels import audioset_names, parse_labels, read_vocabulary
from psl.own_data.split import taken_sources
from psl.own_data.write import corpus_params, init_corpus, set_params, split_clips
from psl.params import AudioSet, Window
from psl.params_file import read_params
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
        tone(tmp_path / "in" / ("Dog" if number % 2 else "rain drops") / f"1-{number // 4}-{number}.wav", number)
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
        (["Dog/1-0-1.wav,Cat"], "line 14 of .* names Dog/1-0-1.wav again, after line 2"),
        (["new.wav,"], "new.wav has no label (line 14"),
        (["wide.wav, ; ,"], "line 14 of .* has not 2 fields"),
        (['new.wav," ; ,"'], "new.wav has no label"),
        (["new.wav,Cat"], "new.wav has the label 'Cat', which is not in "),
        (["../x.wav,Dog"], "../x.wav lies outside"),
        (["/etc/x.wav,Dog"], "/etc/x.wav lies outside"),
        (["note.txt,Dog"], "note.txt is none of .flac, .mp3, .ogg, .wav"),
        (["broken.wav,Dog"], "broken.wav cannot be read"),
        (["empty.wav,Dog"], "empty.wav is empty"),
        (["nan.wav,Dog"], "nan.wav holds samples that are NaN"),
        (["short.wav,Dog"], "short.wav lasts 0.050 s, less than 0.1 s"),
        (["copy.wav,Dog"], "copy.wav holds the same bytes as Dog/1-0-1.wav"),
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
    assert [fault.split(" of ")[0] for fault in faults] == ["line 2", "line 6", "line 4"]
    assert ["has a quote that is not closed" in fault for fault in faults] == [True, True, False]


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
        (folder / "copy.wav").write_bytes((folder / "Dog/1-0-1.wav").read_bytes())
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
        ("file,labels", [], "(?s)nothing was written, .* has 12 faults:.*Dog/1-0-1.wav is not in"),
        ("file,labels", ["Dog/1-0-1.wav,"], "(?s)nothing was written, .* has 12 faults:.*Dog/1-0-1.wav has no label"),
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
        "the label 'a \"b\"' holds a quote or a control character: rename it",
        "the labels 'Rain_drops' and 'rain drops' differ in spelling only: write one of them everywhere",
    ]


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
    with pytest.raises(PslError, match="some class needs three, and there are 2 of all 4 clips"):
        split_clips(clips_of({("a", "s1"): 2, ("a", "s2"): 2}), 0.2, 0.5, 1)


def test_a_class_of_two_large_sources_is_divided_all_the_same():
    assert len(taken_sources(clips_of({("a", "s1"): 5, ("a", "s2"): 5}), 0.2, 1)) == 1


def test_classes_without_evaluation_are_told(folder, tmp_path):
    tone(folder / "Bell/x.wav", 70)
    assert "1 of 3 classes have no clip to evaluate with: Bell" in init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1)


def test_windows_that_clips_do_not_fill_are_told(folder, tmp_path):
    tone(folder / "Dog/long.wav", 71, 2.0)
    windows = {key: Window(seconds=seconds, hop=seconds) for key, seconds in (("2", 2.0), ("0p5", 0.5), ("10", 10.0))}
    *_, two, ten = init_corpus(told(folder), tmp_path / "corpus", 0.3, 0.5, 1, windows).splitlines()
    assert two.startswith("12 of 13 clips are shorter than windows.2 (2 s): they are repeated")
    assert ten.startswith("13 of 13 clips are shorter than windows.10 (10 s): annotate@10 will stop")


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
    params = tmp_path / "params.yaml"
    params.write_text((ROOT / "presets/default.yaml").read_text())
    set_params(params, tmp_path / "my corpus", 3)
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
        set_params(params, Path("x"), 1)
    assert params.read_text() == "corpora: {}\n"


@pytest.mark.skipif(not ESC.exists(), reason="ESC-10 is not here")
def test_real_recordings_become_a_corpus(tmp_path):
    text = init_corpus(told(ESC), tmp_path / "corpus", 0.2, 0.5, 1)
    assert "eval_segments.csv" in text and "no clip to evaluate" not in text
