"""Each corpus as it is published becomes the same artefacts: manifest, classes, strong labels, details."""

import csv
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest
from small_corpora import LISTS, lay_out, write

from psl.config import Corpus
from psl.corpora import readers
from psl.corpora.lists.classes import TABLES
from psl.corpora.lists.ontology import read_ontology
from psl.corpora.lists.writer import FileClip, write_file_clips
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.vocabulary import Vocabulary

SHARED = Path(__file__).parents[2] / "shared/metadata"
real = pytest.mark.skipif(not SHARED.exists(), reason="the official lists are not here")


def manifest(out):
    return {row["clip_id"]: row for row in read_manifest(out).to_pylist()}


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def details(out):
    return {row.pop("clip_id"): row for row in pq.read_table(out / "details.parquet").to_pylist()}


def test_every_kind_of_the_parameters_has_a_writer_and_small_lists():
    kinds = {kind for corpus in get_args(Corpus) for kind in get_args(corpus.model_fields["kind"].annotation)}
    assert kinds == {path.stem for path in Path(readers.__file__).parent.glob("[!_]*.py")}


@pytest.mark.parametrize("kind", LISTS)
def test_the_same_lists_give_the_same_bytes_and_are_kept(tmp_path, kind):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    first, second = (write(lay_out(tmp_path / name, kind), kind) for name in ("first", "second"))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert {path.name for path in files} >= {"manifest.parquet", "classes.csv", *LISTS[kind]}
    assert [(second / name).read_bytes() for name in files] == [(first / name).read_bytes() for name in files]


@pytest.mark.parametrize(
    ("kind", "name", "clip"),
    [
        ("audioset", "bal00000001_30.000_40.000.wav", "bal00000001_30000"),
        ("fsd50k", "FSD50K.dev_audio/64760.wav", "64760"),
        ("fsdkaggle2018", "FSDKaggle2018.audio_test/00326aa9.wav", "00326aa9"),
        ("fsdkaggle2019", "FSDKaggle2019.audio_train_noisy/00097e21.wav", "00097e21"),
        ("desed", "validation/Y00pbt6aJV8Y_350.000_360.000.wav", "Y00pbt6aJV8Y_350.000_360.000"),
        ("desed", "00pbt6aJV8Y_350.000_360.000.FLAC", "Y00pbt6aJV8Y_350.000_360.000"),
    ],
)
def test_a_clip_that_is_there_is_found_and_the_others_stay_without(tmp_path, kind, name, clip):
    path = lay_out(tmp_path, kind) / "audio" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"sound")
    rows = manifest(write(tmp_path, kind))
    assert {key: row["path"] for key, row in rows.items() if row["path"]} == {clip: str(path)}
    assert len(rows) > 1 and [key for key, row in rows.items() if row["audio_hash"]] == [clip]


def test_fsd50k_goes_by_mids_and_names_what_audioset_lacks(tmp_path, capsys):
    out = write(lay_out(tmp_path, "fsd50k"), "fsd50k")
    rows = manifest(out)
    assert {key: row["subset"] for key, row in rows.items()} == {"64760": "train", "16399": "val", "37199": "eval"}
    assert (rows["64760"]["labels"], rows["64760"]["source"], rows["64760"]["end_s"]) == (
        ["/m/05tny_", "/m/0bm0k"],
        "64760",
        None,
    )
    assert Vocabulary.read(out / "classes.csv").names == ("Bark", "Chirp_and_tweet", "Crash_cymbal")
    assert [row["audioset_mid"] for row in table(out / "audioset_classes.csv")] == ["/m/05tny_", "/m/07pggtn", ""]
    assert "2 of 3 classes are among AudioSet's 527, not Crash_cymbal" in capsys.readouterr().err
    assert not (out / "details.parquet").exists()


@pytest.mark.parametrize(
    "vocabulary",
    [
        "idx,label,mid\n" + LISTS["fsd50k"]["vocabulary.csv"],
        LISTS["fsd50k"]["vocabulary.csv"].replace("\n", "\r\n").replace(",", ", "),
    ],
)
def test_fsd50k_vocabulary_with_a_header_or_spaces_is_the_same(tmp_path, vocabulary):
    out = write(lay_out(tmp_path, "fsd50k", {"vocabulary.csv": "\ufeff" + vocabulary}), "fsd50k")
    assert Vocabulary.read(out / "classes.csv").mids == ("/m/05tny_", "/m/07pggtn", "/m/0bm0k")


def test_fsdkaggle2018_keeps_what_was_verified_and_the_usage(tmp_path, capsys):
    out = write(lay_out(tmp_path, "fsdkaggle2018"), "fsdkaggle2018")
    rows, kept = manifest(out), details(out)
    subsets = {"00044347": "train", "001ca53d": "train", "00326aa9": "test", "0038a046": "test"}
    assert {key: row["subset"] for key, row in rows.items()} == subsets
    assert (rows["00326aa9"]["labels"], rows["00326aa9"]["source"]) == (["/m/07y_7"], "355125")
    assert [kept[key]["manually_verified"] for key in rows] == [False, True, None, None]
    assert [kept[key]["usage"] for key in rows] == [None, None, "Private", "Public"]
    assert "40 of 41 classes are among AudioSet's 527, not Oboe" in capsys.readouterr().err


def test_fsdkaggle2019_leaves_the_bad_files_out_and_names_them(tmp_path, capsys):
    out = write(lay_out(tmp_path, "fsdkaggle2019"), "fsdkaggle2019")
    rows, log = manifest(out), capsys.readouterr().err
    subsets = {"0006ae4e": "curated", "0019ef41": "curated", "00097e21": "noisy", "4260ebea": "test"}
    assert {key: row["subset"] for key, row in rows.items()} == subsets
    assert (
        rows["0019ef41"]["labels"] == ["/m/07p7b8y", "/m/01s0vc"]
        and rows["00097e21"]["source"] == "https://video.example/1"
    )
    assert "2 curated files are known to be bad and are left out: 1d44b0bd (silent), 77b925c2 (wrong label)" in log
    assert "80 of 80 classes are among AudioSet's 527\n" in log
    assert {key: row["usage"] for key, row in details(out).items() if row["usage"]} == {"4260ebea": "Private"}


def test_desed_has_events_and_clips_without(tmp_path):
    out = write(lay_out(tmp_path, "desed"), "desed")
    rows, strong = manifest(out), pq.read_table(out / "strong.parquet").to_pylist()
    labels = {"Y00pbt6aJV8Y_350.000_360.000": ["Dog", "Vacuum_cleaner"], "Y-jLujkP1aaw_30.000_40.000": [], "none": []}
    assert {key: row["labels"] for key, row in rows.items()} == labels
    assert {row["source"] for row in rows.values()} == {"00pbt6aJV8Y", "-jLujkP1aaw", "none"}
    assert [(row["onset_s"], row["offset_s"], row["mid"]) for row in strong] == [
        (0.0, 9.971, "Vacuum_cleaner"),
        (9.9, 10.15, "Dog"),
    ]
    assert {key: row["duration_s"] for key, row in details(out).items()} == dict(
        zip(labels, (10.0, 10.0, 9.5), strict=True)
    )
    assert len([row for row in table(out / "audioset_classes.csv") if row["name"] == "Cat"]) == 4


@pytest.mark.parametrize("times", ["1.2.3_4", "._.", "30_" + "9" * 30])
def test_a_file_of_desed_whose_times_are_none_is_a_recording_of_its_own(tmp_path, times):
    name = f"Y00pbt6aJV8Y_{times}"
    durations = LISTS["desed"]["validation_durations.tsv"] + f"{name}.wav\t1\n"
    out = write(lay_out(tmp_path, "desed", {"validation_durations.tsv": durations}), "desed")
    assert manifest(out)[name]["source"] == name


def test_desed_events_that_overlap_in_their_class_are_reported(tmp_path, capsys):
    row = "Y00pbt6aJV8Y_350.000_360.000.wav\t{}\t{}\tDog\n"
    added = row.format(1, 3) + row.format(2, 4) + row.format(4, 5) + row.format(2, 3).replace("Dog", "Cat")
    write(lay_out(tmp_path, "desed", {"validation.tsv": LISTS["desed"]["validation.tsv"] + added}), "desed")
    assert (
        "DESED: 1 events overlap one before them of their own class, in Y00pbt6aJV8Y_350.000_360.000\n"
        in capsys.readouterr().err
    )


def test_a_folder_without_audio_finds_nothing(tmp_path):
    write_file_clips(tmp_path, [FileClip("x", "s", [], "x")], tmp_path)
    assert manifest(tmp_path)["x"]["path"] is None


@real
def test_the_official_desed_lists_parse_to_their_counts(tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "lists").symlink_to(SHARED / "desed")
    out = write(tmp_path, "desed")
    rows, strong = manifest(out), pq.read_table(out / "strong.parquet")["mid"].to_pylist()
    assert (len(rows), len(strong), sum(not row["labels"] for row in rows.values())) == (1168, 4224, 15)
    assert [strong.count(name) for name in ("Alarm_bell_ringing", "Speech", "Frying")] == [420, 1752, 94]
    assert sum(row["duration_s"] for row in details(out).values()) / 3600 == pytest.approx(3.215, abs=5e-4)


@real
@pytest.mark.parametrize(("corpus", "labels"), [("fsdkaggle2018", 41), ("fsdkaggle2019", 80), ("desed", 10)])
def test_the_tables_name_classes_of_audioset_as_audioset_does(corpus, labels):
    name_of = {mid: kind.name for mid, kind in read_ontology(SHARED / "audioset/ontology.json").items()}
    outside = {row["mid"] for row in table(TABLES / "outside_audioset.csv")}
    rows = table(TABLES / f"{corpus}.csv")
    assert len({row["label"] for row in rows}) == labels and [row["label"] for row in rows] == sorted(
        row["label"] for row in rows
    )
    assert [name_of[row["mid"]] for row in rows] == [row["audioset_name"] for row in rows]
    mids = set(Vocabulary.read(SHARED / "audioset/class_labels_indices.csv").mids)
    assert {row["mid"] for row in rows} - mids == outside & {row["mid"] for row in rows}
    assert outside <= set(name_of) and not outside & mids
