"""The stage leaks from manifests and features to reports, and what it leaves out; and the official lists."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from leak_corpora import FRONT_END, clip, degraded, lay_out, sound, write_outcomes, write_sounds

from psl.corpora.audioset import write_corpus
from psl.corpora.desed import write_desed
from psl.errors import PslError
from psl.leaks.excluded import kept_store, read_excluded, write_excluded
from psl.manifest import read_manifest
from psl.params import AudioSet, Published
from psl.params_file import read_params
from psl.report.leaks import NOTHING, leaks_section
from tasks import leaks

ROOT = Path(__file__).parents[1]
DEFAULT = read_params(ROOT / "presets/default.yaml")
OFFICIAL = ROOT.parent / "shared/metadata"
VIDEO = "abcdefghijk"
CLIPS = ("balanced", "full", "eval")


def parameters(**changes):
    desed = Published(kind="desed", lists="", audio="")
    return DEFAULT.model_copy(
        update={"corpora": {"audioset": DEFAULT.corpora["audioset"], "desed": desed}, "leaks": DEFAULT.leaks.model_copy(update=changes)}
    )


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A built corpus and DESED: one leak of each kind, DESED's being near, and an evaluation clip in both."""
    monkeypatch.chdir(tmp_path)
    built = [clip(f"{subset}{n}_0", subset, f"{subset}{n}") for subset in CLIPS for n in range(6)]
    built[1] |= {"source": "tape"}
    built[2] |= {"audio_hash": "same"}
    built[14] |= {"source": "tape"}
    built[15] |= {"audio_hash": "same"}
    desed = [clip(f"Y{VIDEO}_10.000_20.000", "validation", VIDEO), clip("other", "validation")]
    lay_out(tmp_path / "data", {"audioset": built, "desed": desed})
    sounds = {row["clip_id"]: sound(number) for number, row in enumerate(built)}
    for subset in CLIPS:
        some = {name: mel_TF for name, mel_TF in sounds.items() if name.startswith(subset) and name != "full5_0"}
        write_sounds(tmp_path / "data", "audioset", subset, some)
    again = {"other": degraded(sounds["full4_0"], 1), desed[0]["clip_id"]: degraded(sounds["eval0_0"], 2)}
    write_sounds(tmp_path / "data", "desed", "validation", again)
    return tmp_path


def test_each_planted_leak_is_found_told_and_left_out(workspace):
    leaks.work(parameters())
    rows = pq.read_table("data/leaks/pairs.parquet").to_pylist()
    assert {(row["clip_id"], row["evaluation_clip_id"], row["kind"], row["relation"]) for row in rows} == {
        ("balanced1_0", "eval2_0", "source", "leak"),
        ("balanced2_0", "eval3_0", "audio", "leak"),
        ("full4_0", "other", "near", "leak"),
        ("eval0_0", f"Y{VIDEO}_10.000_20.000", "near", "shared evaluation"),
    }
    assert read_excluded(leaks.EXCLUDED, "audioset") == {"balanced1_0", "balanced2_0", "full4_0"}
    told = json.loads(Path("reports/leaks.json").read_text())
    assert told["n_clips_excluded"] == {"all": 3, "audioset/balanced": 2, "audioset/full": 1}
    assert told["n_clips_not_compared"]["audioset/full"] == 1 and told["n_pairs"]["leak"] == {"id": 0, "audio": 1, "source": 1, "near": 1}
    assert "- `full4_0` (audioset/full) and `other` (desed/validation), distance 0." in Path("reports/leaks.md").read_text()
    with Path("reports/leaks.csv").open() as handle:
        assert [row["evaluation_clips"] for row in csv.DictReader(handle)] == ["1"] * 4
    assert [row["near"] for row in leaks_section(told).table] == ["0", "1", "1"]


def test_a_second_run_gives_the_same_bytes_whatever_the_order_of_the_corpora(workspace):
    files = ("data/leaks/pairs.parquet", "data/leaks/excluded.parquet", "reports/leaks.csv", "reports/leaks.json", "reports/leaks.md")
    params = parameters()
    leaks.work(params)
    first = [Path(file).read_bytes() for file in files]
    leaks.work(params.model_copy(update={"corpora": dict(reversed(params.corpora.items()))}))
    assert [Path(file).read_bytes() for file in files] == first


def test_the_store_for_training_or_for_scores_lacks_exactly_the_excluded_clips(workspace, capsys):
    whole = {
        "audioset": {f"{subset}{n}_0" for subset in CLIPS for n in range(6)} - {"full5_0"},
        "desed": {"other", f"Y{VIDEO}_10.000_20.000"},
    }
    subsets = {"audioset": CLIPS, "desed": ["validation"]}
    expected = {
        "none": set(),
        "training": {"balanced1_0", "balanced2_0", "full4_0"},
        "evaluation": {"eval2_0", "eval3_0", "other"},
    }
    for side, out in expected.items():
        leaks.work(parameters(exclude=side))
        for corpus, ids in whole.items():
            store = kept_store(Path("data/features") / corpus, subsets[corpus], leaks.EXCLUDED)
            assert set(store.clip_ids) == ids - out and store.n_left_out == len(ids & out)
    assert "2 of 17 clips in balanced, full, eval of audioset are left out for leaks" in capsys.readouterr().err


def test_a_corpus_without_features_is_passed_over_aloud_and_one_without_evaluation_too(workspace, capsys):
    for path in Path("data/features/desed").glob("validation-*"):
        path.unlink()
    leaks.work(parameters())
    assert "the subset validation of desed has no features" in capsys.readouterr().err
    assert json.loads(Path("reports/leaks.json").read_text())["n_clips_not_compared"]["desed/validation"] == 2
    lay_out(workspace / "data", {"audioset": [clip("a_0", "full")], "desed": [clip("train", "full")]})
    Path("data/features/audioset/full-00000.parquet").unlink()
    leaks.work(parameters())
    told = json.loads(Path("reports/leaks.json").read_text())
    assert told["n_evaluation_clips"] == {} and NOTHING in leaks_section(told).text


def test_features_that_do_not_belong_together_are_a_sentence(workspace):
    front_end = FRONT_END.model_copy(update={"floor_db": 90.0})
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
    with pytest.raises(PslError, match=r"6 of 6 clips in eval of audioset are left out for leaks, and none is left"):
        kept_store(features, ["eval"], path)


def test_every_stage_opens_features_without_the_clips_that_leak():
    opened = {path.stem: path.read_text() for path in (ROOT / "tasks").glob("*.py")}
    assert [name for name, text in opened.items() if "FeatureStore(" in text] == []
    assert {"train_annotator", "annotate", "weak_labels", "train_student", "evaluate"} <= {
        n for n, text in opened.items() if "kept_store(" in text
    }


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official lists are not beside this repository")
def test_the_official_lists_of_audioset_and_desed_share_845_evaluation_videos_and_leak_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lists, audio = tmp_path / "lists", tmp_path / "audio"
    lists.mkdir()
    audio.mkdir()
    for path in (OFFICIAL / "audioset").iterdir():
        (lists / path.name).symlink_to(path)
    (leaks.METADATA / "audioset").mkdir(parents=True)
    (leaks.METADATA / "desed").mkdir()
    write_corpus(leaks.METADATA / "audioset", lists, audio, 300.0, 1)
    desed = Published(kind="desed", lists=str(OFFICIAL / "desed"), audio=str(audio))
    write_desed(leaks.METADATA / "desed", desed)
    for corpus in ("audioset", "desed"):
        clip_ids = read_manifest(leaks.METADATA / corpus)["clip_id"].to_pylist()
        write_outcomes(Path("data"), corpus, [{"clip_id": clip_id, "status": "missing"} for clip_id in clip_ids])
    audioset = AudioSet(kind="audioset", lists=str(lists), audio=str(audio), aud300h_hours=300.0, seed=1)
    leaks.work(DEFAULT.model_copy(update={"corpora": {"audioset": audioset, "desed": desed}}))
    rows = pq.read_table("data/leaks/pairs.parquet")
    assert set(rows["relation"].to_pylist()) == {"shared evaluation"} and set(rows["subset"].to_pylist()) == {"eval"}
    assert len(np.unique(rows["evaluation_clip_id"])) == 845
    told = json.loads(Path("reports/leaks.json").read_text())
    assert sum(told["n_evaluation_clips"]["shared evaluation"]["audioset/eval > desed/validation"].values()) == 845
