"""The stage leaks from manifests and features to reports, and what it leaves out; and the official lists."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from overlap_corpora import FRONT_END, clip, degraded, lay_out, sound, write_outcomes, write_sounds

import psl.io.features.store as feature_store
from psl.config import AudioSet, Published
from psl.config.file import read_params
from psl.corpora.readers import write_metadata
from psl.io.features.excluded import kept_store, read_excluded, write_excluded
from psl.io.metadata.manifest import read_manifest
from psl.report.overlap import NOTHING, leaks_section
from psl.runtime.errors import PslError
from tasks import leaks

ROOT = Path(__file__).parents[1]
DEFAULT = read_params(ROOT / "presets/default.yaml")
OFFICIAL = ROOT.parent / "shared/metadata"
VIDEO = "abcdefghijk"
CLIPS = ("balanced", "full", "eval")
RECORDINGS = {"audioset": None, "desed": "youtube"}


def parameters(**changes):
    corpora = {"audioset": DEFAULT.corpora["scenes"], "desed": Published(kind="desed", source="", audio="")}
    how = DEFAULT.leaks.model_copy(update=changes)
    return DEFAULT.model_copy(update={"corpus": "audioset", "corpora": corpora, "leaks": how})


def built_clips() -> list[dict]:
    """Clips of a built corpus: a training and an evaluation clip of one source, and two with the same audio."""
    clips = [clip(f"{subset}{n}_0", subset, f"{subset}{n}") for subset in CLIPS for n in range(6)]
    for number, leak in ((1, {"source": "tape"}), (2, {"audio_hash": "same"})):
        clips[number] |= leak
        clips[number + 13] |= leak
    return clips


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A built corpus and DESED: one leak of each kind, DESED's being near, and an evaluation clip in both."""
    monkeypatch.chdir(tmp_path)
    data, built = tmp_path / "data", built_clips()
    desed = [clip(f"Y{VIDEO}_10.000_20.000", "validation", VIDEO), clip("other", "validation")]
    lay_out(data, {"audioset": built, "desed": desed}, RECORDINGS)
    sounds = {row["clip_id"]: sound(number) for number, row in enumerate(built)}
    for subset in CLIPS:
        features = {name: mel_TF for name, mel_TF in sounds.items() if name.startswith(subset) and name != "full5_0"}
        write_sounds(data, "audioset", subset, features)
    again = {"other": degraded(sounds["full4_0"], 1), desed[0]["clip_id"]: degraded(sounds["eval0_0"], 2)}
    write_sounds(data, "desed", "validation", again)
    return tmp_path


def test_each_planted_leak_is_a_pair(workspace):
    leaks.work(parameters())
    rows = pq.read_table("data/leaks/pairs.parquet").to_pylist()
    assert {(row["clip_id"], row["evaluation_clip_id"], row["kind"], row["relation"]) for row in rows} == {
        ("balanced1_0", "eval2_0", "source", "leak"),
        ("balanced2_0", "eval3_0", "audio", "leak"),
        ("full4_0", "other", "near", "leak"),
        ("eval0_0", f"Y{VIDEO}_10.000_20.000", "near", "shared evaluation"),
    }
    assert read_excluded(leaks.EXCLUDED, "audioset") == {"balanced1_0", "balanced2_0", "full4_0"}


def test_each_planted_leak_is_counted_and_reported(workspace):
    leaks.work(parameters())
    report = json.loads(Path("reports/leaks.json").read_text())
    assert report["n_clips_excluded"] == {"all": 3, "audioset/balanced": 2, "audioset/full": 1}
    assert report["n_clips_not_compared"]["audioset/full"] == 1
    assert report["n_pairs"]["leak"] == {"id": 0, "audio": 1, "source": 1, "near": 1}
    pair = "- `full4_0` (audioset/full) and `other` (desed/validation), distance 0."
    assert pair in Path("reports/leaks.md").read_text()
    with Path("reports/leaks.csv").open() as handle:
        assert [row["evaluation_clips"] for row in csv.DictReader(handle)] == ["1"] * 4
    assert [row["near"] for row in leaks_section(report).table] == ["0", "1", "1"]


def test_a_second_run_gives_the_same_bytes_whatever_the_order_of_the_corpora(workspace):
    params = parameters()
    leaks.work(params)
    files = [*(Path("data/leaks").iterdir()), *(Path("reports").iterdir())]
    first = [path.read_bytes() for path in files]
    leaks.work(params.model_copy(update={"corpora": dict(reversed(params.corpora.items()))}))
    assert [path.read_bytes() for path in files] == first and len(files) == 5


@pytest.mark.parametrize(
    ("side", "out"),
    [
        ("none", set()),
        ("training", {"balanced1_0", "balanced2_0", "full4_0"}),
        ("evaluation", {"eval2_0", "eval3_0", "other"}),
    ],
)
def test_the_store_for_training_or_for_scores_lacks_exactly_the_excluded_clips(workspace, capsys, side, out):
    whole = {
        ("audioset", CLIPS): {f"{subset}{n}_0" for subset in CLIPS for n in range(6)} - {"full5_0"},
        ("desed", ("validation",)): {"other", f"Y{VIDEO}_10.000_20.000"},
    }
    leaks.work(parameters(exclude=side))
    for (corpus, subsets), ids in whole.items():
        store = kept_store(Path("data/features") / corpus, subsets, leaks.EXCLUDED)
        assert set(store.clip_ids) == ids - out and store.n_excluded == len(ids & out)
    message = "2 of 17 clips in balanced, full, eval of audioset are excluded because of leaks"
    assert (message in capsys.readouterr().err) == (side == "evaluation")


def test_a_corpus_without_features_is_passed_over_and_logged(workspace, capsys):
    for path in Path("data/features/desed").glob("validation-*"):
        path.unlink()
    leaks.work(parameters())
    assert "the subset validation of desed has no features" in capsys.readouterr().err
    assert json.loads(Path("reports/leaks.json").read_text())["n_clips_not_compared"]["desed/validation"] == 2


def test_corpora_without_evaluation_clips_have_no_leaks(workspace):
    lay_out(workspace / "data", {"audioset": [clip("a_0", "full")], "desed": [clip("train", "full")]}, RECORDINGS)
    Path("data/features/audioset/full-00000.parquet").unlink()
    leaks.work(parameters())
    report = json.loads(Path("reports/leaks.json").read_text())
    assert report["n_evaluation_clips"] == {} and NOTHING in leaks_section(report).text


def test_features_that_do_not_belong_together_are_a_sentence(workspace):
    front_end = FRONT_END.model_copy(update={"dynamic_range_db": 90.0})
    write_sounds(workspace / "data", "desed", "validation", {"other": sound(1)}, front_end)
    with pytest.raises(PslError, match="audioset and desed come from different front ends"):
        leaks.work(parameters())
    write_sounds(workspace / "data", "desed", "validation", {"stray": sound(1)})
    with pytest.raises(PslError, match="1 clips of desed have features and are not in validation of its manifest"):
        leaks.work(parameters())


def test_a_list_of_excluded_clips_that_is_missing_broken_or_leaves_none_is_a_sentence(workspace):
    features, path = Path("data/features/audioset"), Path("list.parquet")
    with pytest.raises(PslError, match=r"no list of excluded clips at list.parquet: run the stage leaks"):
        kept_store(features, ["eval"], path)
    path.write_bytes(b"broken")
    with pytest.raises(PslError, match=r"list.parquet cannot be read"):
        kept_store(features, ["eval"], path)
    with pytest.raises(PslError, match="has other columns"):
        kept_store(features, ["eval"], Path("data/metadata/audioset/manifest.parquet"))
    write_excluded(path, [("audioset", f"eval{n}_0") for n in range(6)])
    message = r"6 of 6 clips in eval of audioset are excluded because of leaks, and none is left"
    with pytest.raises(PslError, match=message):
        kept_store(features, ["eval"], path)


def test_clips_that_leak_are_counted_apart_from_those_left_out_and_the_index_is_read_once(
    workspace, capsys, monkeypatch
):
    reads, read = [], feature_store.read_index
    monkeypatch.setattr(feature_store, "read_index", lambda *args: reads.append(args) or read(*args))
    write_excluded(Path("list.parquet"), [("audioset", f"eval{n}_0") for n in range(2)])
    without = {"eval1_0", "eval2_0", "eval3_0"}
    store = kept_store(Path("data/features/audioset"), ["eval"], Path("list.parquet"), without=without)
    assert store.clip_ids == ["eval4_0", "eval5_0"] and len(reads) == 1
    assert "2 of 6 clips in eval of audioset are excluded" in capsys.readouterr().err


def test_every_stage_opens_features_without_the_clips_that_leak():
    sources = {path.stem: path.read_text() for path in (ROOT / "tasks").glob("*.py")}
    assert [name for name, text in sources.items() if "FeatureStore(" in text] == []
    users = {name for name, text in sources.items() if "kept_store(" in text}
    training = {"train_annotator", "annotator", "annotate", "calibrate", "train_student"}
    assert users == {*training, "evaluate", "detect", "transfer", "export", "validation_clips", "cross_fitting"}


@pytest.fixture
def official_lists(tmp_path, monkeypatch):
    """The stage has run over AudioSet's and DESED's official lists without audio."""
    monkeypatch.chdir(tmp_path)
    Path("audio").mkdir()
    corpora = {
        "audioset": AudioSet(
            kind="audioset", source=str(OFFICIAL / "audioset"), audio="audio", aud300h_hours=300.0, seed=1
        ),
        "desed": Published(kind="desed", source=str(OFFICIAL / "desed"), audio="audio"),
    }
    for key, corpus in corpora.items():
        folder = leaks.METADATA / key
        folder.mkdir(parents=True)
        write_metadata(folder, corpus)
        clip_ids = read_manifest(folder)["clip_id"].to_pylist()
        write_outcomes(Path("data"), key, [{"clip_id": clip_id, "status": "missing"} for clip_id in clip_ids])
    leaks.work(DEFAULT.model_copy(update={"corpus": "audioset", "corpora": corpora}))


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official lists are not beside this repository")
def test_the_official_lists_of_audioset_and_desed_share_845_evaluation_videos_and_leak_none(official_lists):
    rows = pq.read_table("data/leaks/pairs.parquet")
    assert set(rows["relation"].to_pylist()) == {"shared evaluation"} and set(rows["subset"].to_pylist()) == {"eval"}
    assert len(np.unique(rows["evaluation_clip_id"])) == 845
    report = json.loads(Path("reports/leaks.json").read_text())
    assert sum(report["n_evaluation_clips"]["shared evaluation"]["audioset/eval > desed/validation"].values()) == 845
