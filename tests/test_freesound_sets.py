"""FSD50K, FSDKaggle2018 and 2019 built from a bank, and read back by the code that reads the real ones."""

import csv
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from pydantic import TypeAdapter

from psl.audio.write import write_clip
from psl.config import PROCEDURAL, Corpus
from psl.corpora.readers import write_metadata
from psl.corpora.synthetic import published_layout
from psl.corpora.synthetic.freesound_sets import build_set
from psl.corpora.synthetic.parent_classes import with_ancestors
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

RATE = 8_000
SHORT = (0.2, 0.4)
KINDS = {
    "synthetic_fsd50k": {"clips": {"train": 40, "val": 12, "eval": 15}, "further_sound_share": 0.3},
    "synthetic_fsdkaggle2018": {"clips": {"train": 300, "test": 20}, "unverified_share": 0.6, "wrong_share": 0.3},
    "synthetic_fsdkaggle2019": {
        "clips": {"curated": 30, "noisy": 200, "test": 20},
        "further_sound_share": 0.2,
        "wrong_share": 0.5,
    },
}
SUBSETS = {
    "synthetic_fsd50k": ("train", "val", "eval"),
    "synthetic_fsdkaggle2018": ("train", "test"),
    "synthetic_fsdkaggle2019": ("curated", "noisy", "test"),
}


def parameters(kind, bank=PROCEDURAL, seconds=SHORT, **changes):
    folds = ((), ()) if bank == PROCEDURAL else (("1",), ("2",))
    sounds = {
        "source": str(bank),
        "train_folds": folds[0],
        "eval_folds": folds[1],
        "sample_rate_hz": RATE,
        "clip_seconds": seconds,
        "event_share": (0.5, 1.0),
        "snr_db": (0.0, 20.0),
        "source_groups": 3,
    }
    return TypeAdapter(Corpus).validate_python({"kind": kind, "seed": 1} | sounds | KINDS[kind] | changes)


def recordings(folder, *names):
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_clip(folder / name, 0.5 * np.sin(2 * np.pi * (400 + 50 * i) * np.arange(RATE // 4) / RATE), RATE)
    return folder


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    """Three classes, of which one has no place in AudioSet; five sources of each train and two evaluate."""
    takes = [f"1-{n}-{take}" for n in range(5) for take in "AB"] + ["2-8-A", "2-9-A"]
    names = [
        f"{name}/{take.replace('-', f'-{name}', 1)}.wav" for name in ("rain", "my own", "dog_bark") for take in takes
    ]
    return recordings(tmp_path_factory.mktemp("bank"), *names)


def write(out, params):
    """What the metadata stage writes, and what is in the clips."""
    out.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published_layout, "cores", lambda: 1)
        write_metadata(out, params)
    rows = {row["clip_id"]: row for row in read_manifest(out).to_pylist()}
    with (out / "made/truth.csv").open(newline="") as file:
        events = list(csv.DictReader(file))
    for row in rows.values():
        here = [event for event in events if event["fname"] == row["clip_id"]]
        row |= {"truth": {event["mid"] for event in here}, "recordings": {event["recording"] for event in here}}
    return SimpleNamespace(out=out, params=params, rows=rows, classes=Vocabulary.read(out / "classes.csv"))


@pytest.fixture(scope="session", params=["procedural", "folder"])
def made(request, tmp_path_factory, bank):
    """Each set from one of the banks, small from the procedural one, whose sounds take a while."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "folder":
        return {kind: write(folder / kind, parameters(kind, bank)) for kind in KINDS}
    return {
        kind: write(folder / kind, parameters(kind, clips=dict.fromkeys(values["clips"], 15)))
        for kind, values in KINDS.items()
    }


def of(built, subset):
    return [row for row in built.rows.values() if row["subset"] == subset]


def near(share, expected, n):
    """Within what n draws make likely."""
    return abs(share - expected) < 1.6 / n**0.5


def details(built):
    return {row["clip_id"]: row for row in pq.read_table(built.out / "details.parquet").to_pylist()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_clip_is_found_and_is_a_file_as_published(made, kind):
    built = made[kind]
    assert {subset: len(of(built, subset)) for subset in SUBSETS[kind]} == built.params.clips.model_dump()
    durations = []
    for row in built.rows.values():
        about = soundfile.info(built.out / row["path"])
        assert (about.format, about.subtype, about.channels, about.samplerate) == ("WAV", "PCM_16", 1, RATE)
        durations.append(about.duration)
    assert SHORT[0] - 1e-3 < min(durations) < 0.25 and 0.34 < max(durations) < SHORT[1] + 1e-3


def test_folders_and_lists_are_named_as_published(made):
    here = {kind: {path.name for path in (made[kind].out / "made").iterdir()} - {"truth.csv"} for kind in KINDS}
    lists = {kind: {path.name for path in (made[kind].out / "lists").iterdir()} for kind in KINDS}
    assert here["synthetic_fsd50k"] == {"FSD50K.dev_audio", "FSD50K.eval_audio", "FSD50K.ground_truth"}
    assert here["synthetic_fsdkaggle2018"] == {
        "FSDKaggle2018.audio_train",
        "FSDKaggle2018.audio_test",
        "FSDKaggle2018.meta",
    }
    parts = ("audio_train_curated", "audio_train_noisy", "audio_test", "meta")
    assert here["synthetic_fsdkaggle2019"] == {f"FSDKaggle2019.{part}" for part in parts}
    assert lists["synthetic_fsd50k"] == {"dev.csv", "eval.csv", "vocabulary.csv"}
    assert "class_table.csv" in lists["synthetic_fsdkaggle2018"] & lists["synthetic_fsdkaggle2019"]
    assert (made["synthetic_fsdkaggle2019"].out / "made/FSDKaggle2019.meta/vocabulary.csv").is_file()


@pytest.mark.parametrize("kind", KINDS)
def test_no_recording_is_heard_in_two_parts_and_tests_hear_only_what_evaluates(made, kind):
    recordings_of = {
        subset: set().union(*(row["recordings"] for row in of(made[kind], subset))) for subset in SUBSETS[kind]
    }
    sources = {subset: {_source(name) for name in names} for subset, names in recordings_of.items()}
    assert sum(map(len, sources.values())) == len(set().union(*sources.values()))
    *training, test = SUBSETS[kind]
    folds = {
        subset: {name.split("/")[-2] if name[0] == "/" else name.split("/")[1][0] for name in recordings_of[subset]}
        for subset in recordings_of
    }
    assert all(folds[subset] < {"train", "1"} for subset in training) and folds[test] < {"eval", "2"}


def _source(recording):
    return recording if recording[0] == "/" else recording.rsplit("-", 1)[0]


@pytest.mark.parametrize("kind", ["synthetic_fsdkaggle2018", "synthetic_fsdkaggle2019"])
def test_a_source_is_the_group_of_recordings_that_a_clip_was_mixed_from(made, kind):
    recordings_of = {}
    for row in made[kind].rows.values():
        recordings_of.setdefault(row["source"], set()).update(map(_source, row["recordings"]))
    assert len(SUBSETS[kind]) < len(recordings_of) <= 3 * len(SUBSETS[kind])
    assert sum(map(len, recordings_of.values())) == len(set().union(*recordings_of.values()))


def test_fsd50k_is_smeared_upward_and_says_nothing_false(made):
    built = made["synthetic_fsd50k"]
    for row in built.rows.values():
        assert set(row["labels"]) == set(with_ancestors(row["truth"])) == set(with_ancestors(row["labels"]))
    assert set(built.classes.mids) == set(with_ancestors(built.classes.mids)) and len(built.classes) > 3
    assert list(built.classes.names) == sorted(built.classes.names)
    assert max(len(row["truth"]) for row in built.rows.values()) > 1


def test_fsdkaggle2018_has_one_label_which_is_wrong_only_where_nobody_listened(made):
    built = made["synthetic_fsdkaggle2018"]
    verified = {key: row["manually_verified"] for key, row in details(built).items()}
    train, test = of(built, "train"), of(built, "test")
    unverified = [row for row in train if not verified[row["clip_id"]]]
    wrong = [row for row in train if set(row["labels"]) != row["truth"]]
    assert all(len(row["labels"]) == 1 for row in built.rows.values())
    assert near(len(unverified) / len(train), 0.6, len(train)) and near(
        len(wrong) / len(unverified), 0.3, len(unverified)
    )
    assert not any(verified[row["clip_id"]] for row in wrong)
    assert all(set(row["labels"]) == row["truth"] for row in test)
    assert {details(built)[row["clip_id"]]["usage"] for row in test} == {"Public", "Private"}


def test_fsdkaggle2019_is_wrong_only_in_its_noisy_part(made):
    built = made["synthetic_fsdkaggle2019"]
    assert all(set(row["labels"]) == row["truth"] for subset in ("curated", "test") for row in of(built, subset))
    noisy = of(built, "noisy")
    right = sum(len(set(row["labels"]) & row["truth"]) for row in noisy)
    labels = sum(len(row["labels"]) for row in noisy)
    assert sum(len(row["truth"]) for row in noisy) == labels and near(labels / len(noisy), 1.25, len(noisy))
    expected = (
        0.5 if len(built.classes) > 3 else 0.55
    )  # of three classes, two of which are in the clip, one is left to be wrong with
    assert near(right / labels, expected, labels)
    assert {details(built)[row["clip_id"]]["usage"] for row in of(built, "test")} == {"Public", "Private"}


def test_classes_of_a_bank_are_spelled_as_each_set_spells_them(tmp_path, made, capsys):
    names = {kind: set(made[kind].classes.names) for kind in KINDS}
    if "Bark" in names["synthetic_fsd50k"]:
        assert (
            names["synthetic_fsdkaggle2018"] == {"Bark", "Rain", "my_own"}
            and {"Dog", "Animal", "Water"} < names["synthetic_fsd50k"]
        )
        write(tmp_path / "again", made["synthetic_fsdkaggle2018"].params)
        assert "2 of 3 classes are among AudioSet's 527, not my_own" in capsys.readouterr().err
    else:
        assert {"Beep_and_bleep", "Alarm", "Telephone"} < names["synthetic_fsd50k"] and "Beep_or_bleep" in names[
            "synthetic_fsdkaggle2018"
        ]
        assert "Alarm" not in names["synthetic_fsdkaggle2019"]


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_bytes_whatever_the_workers(tmp_path, bank, kind):
    few = dict.fromkeys(KINDS[kind]["clips"], 5)
    params = parameters(kind, bank, clips=few)
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, workers, seed in zip(folders, (1, 2, 1), (1, 1, 2), strict=True):
        folder.mkdir()
        build_set(params.model_copy(update={"seed": seed}), folder, workers)
    files = sorted(path.relative_to(folders[0]) for path in folders[0].rglob("*") if path.is_file())
    one, two, other = ([(folder / name).read_bytes() for name in files] for folder in folders)
    assert one == two and one != other and len(files) > 5 * len(few)


def test_more_clips_leave_those_there_were(tmp_path, bank):
    for name, train in (("few", 4), ("more", 9)):
        (tmp_path / name).mkdir()
        build_set(parameters("synthetic_fsd50k", bank, clips={"train": train, "val": 3, "eval": 3}), tmp_path / name, 1)
    few = {path.relative_to(tmp_path / "few"): path.read_bytes() for path in (tmp_path / "few").rglob("*.wav")}
    assert len(few) == 10 and all((tmp_path / "more" / name).read_bytes() == sound for name, sound in few.items())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["rain/1-1-A.wav", "rain/1-2-A.wav", "rain/2-3-A.wav"],
            "no recording of Rain in a part of the training sources: each class needs at",
        ),
        (["rain/1-1-A.wav"], "train_folds and eval_folds name the fold 2, but the bank has the folds 1"),
        (["rain/1-1-A.wav", "rain/1-2-A.wav", "wind/1-1-A.wav", "wind/2-1-A.wav"], "no recording of Rain in folds 2"),
        (
            [f"{name}/{i}-{i}{j}-A.wav" for name in ("a b", "a_b") for i in (1, 2) for j in range(4)],
            "classes a b and a_b are both spelled a_b",
        ),
    ],
)
def test_a_bank_that_cannot_serve_is_reported(tmp_path, names, message):
    bank = recordings(tmp_path / "bank", *names)
    with pytest.raises(PslError, match=message):
        write(tmp_path / "out", parameters("synthetic_fsd50k", bank))
