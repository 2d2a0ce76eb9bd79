"""ESC-50 as it is published is a bank like any other, its fifty classes are known, and its faults are named."""

import csv
import os
from itertools import product

import numpy as np
import pytest
import soundfile
from imports import ROOT
from test_soundscapes import build, parameters

from psl.corpora.synthetic.bank import FolderBank
from psl.corpora.synthetic.esc50_bank import Esc50Bank
from psl.corpora.synthetic.esc_classes import ESC_ALONE, ESC_TO_AUDIOSET, class_of
from psl.corpora.synthetic.recordings import open_bank
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SHARED = ROOT.parent / "shared"
HEADER = "filename,fold,target,category,esc10,src_file,take"
CATEGORIES = {"dog": 0, "can_opening": 34, "washing_machine": 35}
NAMES = [f"{fold}-{fold}0{source}-{take}" for fold, source, take in product("12", "12", "AB")]
ESC_50 = """
    airplane breathing brushing_teeth can_opening car_horn cat chainsaw chirping_birds church_bells clapping
    clock_alarm clock_tick coughing cow crackling_fire crickets crow crying_baby dog door_wood_creaks
    door_wood_knock drinking_sipping engine fireworks footsteps frog glass_breaking hand_saw helicopter hen
    insects keyboard_typing laughing mouse_click pig pouring_water rain rooster sea_waves sheep siren sneezing
    snoring thunderstorm toilet_flush train vacuum_cleaner washing_machine water_drops wind
"""


def published(folder):
    """Eight recordings of each class, laid out as ESC-50 is published; the list is in no order."""
    (folder / "meta").mkdir(parents=True)
    (folder / "meta/esc50-human.xlsx").touch()
    (folder / "audio").mkdir()
    rows = []
    for (category, target), name in product(CATEGORIES.items(), NAMES):
        file = f"{name}-{target}.wav"
        rng = np.random.default_rng([target, NAMES.index(name)])
        soundfile.write(folder / "audio" / file, 0.3 * rng.standard_normal(4000), 8000)
        fold, source, take = name.split("-")
        rows.append(f"{file},{fold},{target},{category},False,{source},{take}")
    (folder / "meta/esc50.csv").write_text("\n".join([HEADER, *reversed(rows)]) + "\n")
    return folder


def by_class(folder, bank):
    """The same files, in a folder per class under the names without the target."""
    with (bank / "meta/esc50.csv").open() as file:
        for row in csv.DictReader(file):
            (folder / row["category"]).mkdir(parents=True, exist_ok=True)
            name = row["filename"].removesuffix(f"-{row['target']}.wav")
            os.link(bank / "audio" / row["filename"], folder / row["category"] / f"{name}.wav")
    return folder


def rewritten(folder, change):
    """The published folder with a changed list."""
    path = published(folder) / "meta/esc50.csv"
    path.write_text(change(path.read_text()))
    return folder


def test_both_layouts_give_the_same_scenes(tmp_path):
    bank = published(tmp_path / "ESC-50-master")
    corpora = [
        build(tmp_path / name, parameters(source, train_folds=("1",), eval_folds=("2",)))
        for name, source in (("published", bank), ("folders", by_class(tmp_path / "by_class", bank)))
    ]
    first, second = ({path.name: path.read_bytes() for path in c.rglob("*") if path.is_file()} for c in corpora)
    assert first == second and len(first) == 13 + 7 + 3


def test_the_list_says_class_fold_and_source(tmp_path):
    bank = open_bank(parameters(published(tmp_path)), 1)
    assert isinstance(bank, Esc50Bank)
    expected = Vocabulary(("can_opening", "/m/0bt9lr", "washing_machine"), ("Can opening", "Dog", "Washing machine"))
    assert bank.vocabulary == expected
    dogs = [recording for recording in bank.recordings if recording.mid == "/m/0bt9lr"]
    assert [(r.name, r.fold, r.source) for r in dogs[::4]] == [
        ("audio/1-101-A-0.wav", "1", "1-101"),
        ("audio/2-201-A-0.wav", "2", "2-201"),
    ]
    assert bank.read(dogs[0], 8000).shape == (4000,)


def test_a_byte_order_mark_other_columns_and_another_order_change_nothing(tmp_path):
    bank = Esc50Bank(published(tmp_path / "a"))
    with (tmp_path / "a/meta/esc50.csv").open() as file:
        rows = [(r["category"], "x", r["src_file"], r["fold"], r["filename"]) for r in csv.DictReader(file)]
    lines = [",".join(row) for row in (("category", "mine", "src_file", "fold", "filename"), *sorted(rows))]
    other = Esc50Bank(rewritten(tmp_path / "b", lambda _: "\ufeff" + "\n".join(lines)))
    assert other.recordings == bank.recordings and other.vocabulary == bank.vocabulary


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda text: text.replace("src_file", "source"), r"line 1 of .*esc50\.csv .* filename, fold, category, src_f"),
        (lambda _: "", r"esc50\.csv names nothing"),
        (lambda text: text.replace("-B-35.wav,2,", "-B-35.wav,two,"), "line 2 of .* the number of a fold, not 'two'"),
        (lambda text: text.replace("washing_machine", ""), "line 2 of .* a category without .* not ''"),
        (lambda text: text + text.splitlines()[1], "line 26 of .* every file once, not 2-202-B-35.wav again"),
        (lambda text: text.replace("A-35.wav", "A-35.flac"), r"lists 1-101-A-35\.flac and 3 more of 24 files, which "),
        (lambda text: text.replace(",False,", ",", 1), "line 2 of .* expected 7 fields .* not 6"),
    ],
)
def test_a_fault_of_the_list_is_a_sentence(tmp_path, change, fault):
    with pytest.raises(PslError, match=fault) as error:
        Esc50Bank(rewritten(tmp_path, change))
    assert "\n" not in str(error.value) and str(tmp_path) in str(error.value)


def test_a_fold_that_the_bank_lacks_is_named_with_those_it_has(tmp_path):
    published(tmp_path / "bank")
    with pytest.raises(PslError, match="name the fold 7, but the bank has the folds 1, 2"):
        build(tmp_path / "corpus", parameters(tmp_path / "bank", train_folds=("1", "7"), eval_folds=("2",)))


def test_folders_without_the_list_say_which_list(tmp_path):
    (published(tmp_path) / "meta/esc50.csv").unlink()
    with pytest.raises(PslError, match=r"meta/esc50\.csv does not exist: give the folder of ESC-50 as it unpacks"):
        open_bank(parameters(tmp_path), 1)


def test_classes_that_are_called_meta_and_audio_are_classes(tmp_path):
    for name in ("meta", "audio"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "1-1-A.wav", np.ones(160) / 2, 8000)
    assert open_bank(parameters(tmp_path), 1).vocabulary.mids == ("audio", "meta")


def test_each_of_the_fifty_is_audiosets_class_or_known_to_be_none():
    assert len(ESC_50.split()) == 50 and set(ESC_50.split()) <= ESC_TO_AUDIOSET.keys() | ESC_ALONE.keys()
    assert not ESC_TO_AUDIOSET.keys() & ESC_ALONE.keys() and len({class_of(name)[0] for name in ESC_50.split()}) == 50
    own = {class_of(name)[0] for name in ESC_50.split() if name not in ESC_TO_AUDIOSET}
    assert own == {"can_opening", "drinking_sipping", "washing_machine"}
    assert all(mid.startswith(("/m/", "/t/")) for mid, _ in ESC_TO_AUDIOSET.values())


@pytest.mark.skipif(not (SHARED / "metadata/audioset").is_dir(), reason="needs ../shared")
def test_each_id_and_name_is_in_audiosets_class_list():
    listed = Vocabulary.read(SHARED / "metadata/audioset/class_labels_indices.csv")
    assert set(ESC_TO_AUDIOSET.values()) <= set(zip(listed.mids, listed.names, strict=True))
    assert not {name.lower() for name in ESC_ALONE.values()} & {name.lower() for name in listed.names}


@pytest.mark.skipif(not (SHARED / "audio/esc50").is_dir(), reason="needs ../shared")
def test_the_shared_folders_are_the_fifty():
    bank = FolderBank(SHARED / "audio/esc50")
    assert set(bank.vocabulary.mids) == {class_of(name)[0] for name in ESC_50.split()}
    assert {recording.fold for recording in bank.recordings} == {"1", "2", "3", "4"}
