"""The whole corpus: official layout, disjoint sources, dropped labels, and the same bytes every time."""

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from psl.audio.decode import read_clip
from psl.audio.write import write_clip
from psl.config import PROCEDURAL, Soundscapes
from psl.corpora.lists.audioset import write_corpus
from psl.corpora.lists.audioset_lists import BALANCED, CLASS_LIST, EVAL, UNBALANCED, read_segments, read_sources
from psl.corpora.synthetic.soundscapes import build_soundscapes
from psl.io.metadata.manifest import read_manifest
from psl.runtime.errors import PslError

RATE = 8_000


def parameters(bank, **changes):
    values = {
        "kind": "soundscapes",
        "source": str(bank),
        "train_folds": (),
        "eval_folds": (),
        "clips": {"balanced": 3, "aud300h": 6, "full": 9, "eval": 4},
        "clip_seconds": 2.0,
        "sample_rate_hz": RATE,
        "events": (1, 3),
        "event_seconds": (0.2, 0.5),
        "snr_db": (0.0, 20.0),
        "source_groups": 2,
        "missing_label_rate": 0.5,
        "seed": 1,
    }
    return Soundscapes.model_validate(values | changes)


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    """Three classes, each four sources over two folds; each recording hums at a frequency of its fold."""
    folder = tmp_path_factory.mktemp("bank")
    for i, name in enumerate(("rain", "mine", "dog_bark")):
        (folder / name).mkdir()
        for take in ("1-10-A", "1-10-B", "1-11-A", "2-20-A", "2-21-A"):
            hz = (500 if take[0] == "1" else 2_000) + 100 * i
            write_clip(
                folder / name / f"{take.replace('-', f'-{i}', 1)}.wav",
                0.5 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE),
                RATE,
            )
    (folder / "ATTRIBUTION.tsv").write_text("not a class")
    return folder


def build(folder, params, workers=1):
    folder.mkdir()
    build_soundscapes(params, folder, workers)
    hours = params.clips.aud300h * params.clip_seconds / 3600
    write_corpus(folder, folder / "lists", folder / "audio", hours, seed=params.seed)
    return folder


def test_same_seed_same_bytes_whatever_the_workers(tmp_path, bank):
    params = parameters(bank, train_folds=("1",), eval_folds=("2",))
    first, second = build(tmp_path / "first", params), build(tmp_path / "second", params, workers=2)
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 13 + 7 + 3
    assert [(second / name).read_bytes() == (first / name).read_bytes() for name in files] == [True] * len(files)
    other = build(tmp_path / "other", parameters(bank, train_folds=("1",), eval_folds=("2",), seed=2))
    assert not {path.name for path in (other / "audio").iterdir()} & {path.name for path in (first / "audio").iterdir()}


def test_layout_is_the_official_one(tmp_path, bank):
    folder = build(tmp_path / "corpus", parameters(bank, train_folds=("1",), eval_folds=("2",)))
    lines = (folder / "lists" / EVAL).read_text().splitlines()
    segments = read_segments(folder / "lists" / EVAL).to_pylist()
    labels = sum(len(segment["labels"]) for segment in segments)
    assert lines[1].startswith("# num_ytids=4, num_segs=4, num_unique_labels=") and lines[1].endswith(
        f", num_positive_labels={labels}"
    )
    assert (
        lines[3] == f'{segments[0]["ytid"]}, 0.000, 2.000, "{",".join(segments[0]["labels"])}"'
        and len(segments[0]["ytid"]) == 11
    )
    assert (folder / "lists" / CLASS_LIST).read_text().splitlines()[1] == '0,/m/05tny_,"Bark"'
    for name, count in ((BALANCED, 3), (UNBALANCED, 6), (EVAL, 4)):
        for ytid in read_segments(folder / "lists" / name)["ytid"].to_pylist():
            assert len(read_clip(folder / "audio" / f"{ytid}_0.000_2.000.flac", 0.0, None, RATE)) == 2 * RATE
        assert len(read_segments(folder / "lists" / name)) == count


def test_manifest_holds_subsets_groups_and_relative_paths(tmp_path, bank):
    folder = build(tmp_path / "corpus", parameters(bank, train_folds=("1",), eval_folds=("2",)))
    rows = read_manifest(folder).to_pylist()
    assert sorted(row["subset"] for row in rows) == ["aud300h"] * 3 + ["balanced"] * 3 + ["eval"] * 4 + ["full"] * 3
    assert {row["source"] for row in rows if row["subset"] != "eval"} == {"group0", "group1"}
    assert {row["source"] for row in rows if row["subset"] == "eval"} == {"evaluation"}
    assert all((folder / row["path"]).is_file() for row in rows)
    assert len({row["audio_hash"] for row in rows}) == len(rows)  # clip 0 of one list is not clip 0 of another


def test_more_clips_leave_those_there_were(tmp_path):
    few = build(tmp_path / "few", parameters(PROCEDURAL))
    more = build(tmp_path / "more", parameters(PROCEDURAL, clips={"balanced": 4, "aud300h": 8, "full": 16, "eval": 5}))
    for path in (few / "audio").iterdir():
        assert (more / "audio" / path.name).read_bytes() == path.read_bytes()
    few_sources, more_sources = read_sources(few / "lists"), read_sources(more / "lists")
    assert len(more_sources) == 21 and few_sources.items() <= more_sources.items()


def test_training_labels_are_dropped_and_evaluation_labels_complete(tmp_path, bank):
    clips = {"balanced": 20, "aud300h": 60, "full": 100, "eval": 30}
    params = parameters(
        bank, train_folds=("1",), eval_folds=("2",), clips=clips, clip_seconds=0.6, missing_label_rate=0.4
    )
    folder = build(tmp_path / "corpus", params)
    truth: dict[str, set[str]] = {}
    for row in pq.read_table(folder / "strong.parquet").to_pylist():
        assert 0 <= row["onset_s"] < row["offset_s"] <= 0.6
        truth.setdefault(row["clip_id"], set()).add(row["mid"])
    rows = read_manifest(folder).to_pylist()
    assert all(row["labels"] and set(row["labels"]) <= truth[row["clip_id"]] for row in rows)
    assert all(set(row["labels"]) == truth[row["clip_id"]] for row in rows if row["subset"] == "eval")
    several = [row for row in rows if row["subset"] != "eval" and len(truth[row["clip_id"]]) == 3]
    kept = sum(len(row["labels"]) for row in several) / (3 * len(several))
    assert abs(kept - (0.6 + 0.4**3 / 3)) < 0.1  # a clip that would lose all keeps one


def test_evaluation_hears_only_evaluation_sources(tmp_path, bank):
    params = parameters(bank, train_folds=("1",), eval_folds=("2",), snr_db=(30.0, 30.0), events=(1, 1))
    for row in read_manifest(folder := build(tmp_path / "corpus", params)).to_pylist():
        power = np.abs(np.fft.rfft(read_clip(folder / row["path"], 0.0, None, RATE))) ** 2
        hz = power[600:].argmax() / 2 + 300
        assert (hz > 1_500) == (row["subset"] == "eval")


def test_bank_without_folds_is_dealt(tmp_path, bank):
    folder = build(tmp_path / "corpus", parameters(bank))
    assert len(read_manifest(folder)) == 13


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"train_folds": ("1",), "eval_folds": ("7",)},
            "train_folds and eval_folds name the fold 7, but the bank has the folds 1, 2",
        ),
        ({"source": "/nowhere"}, "the bank /nowhere is not a folder"),
        ({"source": PROCEDURAL, "sample_rate_hz": 4_000}, "sample_rate_hz 4000 is too low"),
    ],
)
def test_a_bank_that_cannot_serve_is_reported(tmp_path, bank, changes, fault):
    with pytest.raises(PslError, match=fault):
        build(tmp_path / "corpus", parameters(bank).model_copy(update=changes))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("damage", "fault"), [("silence", r"rain/1-1-A\.wav of the bank is silent"), ("cut", r"rain/1-1-A\.wav")]
)
def test_a_bad_recording_is_named(tmp_path, workers, damage, fault):
    folder = tmp_path / "bank/rain"
    folder.mkdir(parents=True)
    write_clip(folder / "1-1-A.wav", np.zeros(800), RATE)
    write_clip(folder / "2-2-A.wav", np.ones(800) / 2, RATE)
    if damage == "cut":
        (folder / "1-1-A.wav").write_bytes(b"RIFF")
    params = parameters(tmp_path / "bank", train_folds=("1",), eval_folds=("2",))
    with pytest.raises(PslError, match=fault):
        build(tmp_path / "corpus", params, workers)


def test_sources_file_has_a_row_for_each_clip(tmp_path, bank):
    folder = build(tmp_path / "corpus", parameters(bank))
    with (folder / "lists/sources.csv").open(newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["ytid", "source"] and len(rows) == 14 and rows[1:] == sorted(rows[1:])
