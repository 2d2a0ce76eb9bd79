"""The stage metadata: the artefacts of any corpus, and its counts on the terminal and as a table."""

import shutil

import pytest
from small_corpora import lay_out

from psl.config import AudioSet, Params, Published, ShardsParams, TrainAnnotator
from psl.runtime.errors import PslError
from tasks import metadata, train_annotator


def run(root, monkeypatch, key="mine"):
    monkeypatch.setattr(metadata, "METADATA", root / "data")
    monkeypatch.setattr(metadata, "SHARDS", root / ".shards")
    corpus = Published(kind="fsd50k", source=str(root / "lists"), audio=str(root / "audio"))
    metadata.metadata(Params.model_construct(corpora={"mine": corpus}), key)


def test_counts_are_logged_and_written(tmp_path, monkeypatch, capsys):
    (lay_out(tmp_path, "fsd50k") / "audio/64760.wav").write_bytes(b"sound")
    run(tmp_path, monkeypatch)
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "mine, eval: 0 of 1 clips found (0.0%); none of 1 classes: Chirp_and_tweet",
        "mine, train: 1 of 1 clips found (100.0%)",
        "mine, val: 0 of 1 clips found (0.0%); none of 1 classes: Bark",
    ]
    rows = (tmp_path / "data/mine/summary.csv").read_text().splitlines()
    assert rows[0] == "subset,mid,name,asked,found" and rows[5:7] == ["train,,,1,1", "train,/m/05tny_,Bark,1,1"]


def test_a_broken_corpus_leaves_what_was_there(tmp_path, monkeypatch):
    lay_out(tmp_path, "fsd50k")
    run(tmp_path, monkeypatch)
    (tmp_path / "lists/eval.csv").unlink()
    message = r"eval\.csv does not exist: give the folder of FSD50K.ground_truth, Zenodo record 4060432"
    with pytest.raises(PslError, match=message):
        run(tmp_path, monkeypatch)
    assert (tmp_path / "data/mine/manifest.parquet").exists()


def test_an_unknown_corpus_is_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(PslError, match=r"corpora\.other is not in params.yaml: there are mine"):
        run(tmp_path, monkeypatch, "other")


def test_training_on_a_subset_that_needs_the_unbalanced_list_stops_without_it(tmp_path, monkeypatch):
    lay_out(tmp_path, "audioset")
    (tmp_path / "lists/unbalanced_train_segments.csv").unlink()
    for module in (metadata, train_annotator.stage):
        monkeypatch.setattr(module, "METADATA", tmp_path / "data")
    monkeypatch.setattr(metadata, "SHARDS", tmp_path / ".shards")
    places = {"source": str(tmp_path / "lists"), "audio": str(tmp_path / "audio")}
    corpora = {"audioset": AudioSet(kind="audioset", **places, aud300h_hours=1.0, seed=1)}
    trained = TrainAnnotator.model_construct(
        enabled=True,
        subset="aud300h",
        processes=1,
        checkpoint=None,
        cross_fit_parts=None,
        seeds=(1,),
        device="cpu",
    )
    shards = ShardsParams(runner="auto", workers=0, address=None)
    params = Params.model_construct(corpus="audioset", corpora=corpora, train_annotator=trained, shards=shards)
    metadata.metadata(params, "audioset")
    message = r"train_annotator\.subset is aud300h, and the corpus has no training clip beyond balanced"
    with pytest.raises(PslError, match=message):
        train_annotator.work(params)


def test_what_is_remembered_of_the_audio_changes_no_byte(tmp_path, monkeypatch):
    (lay_out(tmp_path, "fsd50k") / "audio/64760.wav").write_bytes(b"sound")
    written, manifest = [], tmp_path / "data/mine/manifest.parquet"
    for step in ("first", "again", "removed"):
        if step == "removed":
            shutil.rmtree(tmp_path / ".shards")
        run(tmp_path, monkeypatch)
        written.append(manifest.read_bytes())
        assert list(tmp_path.glob(".shards/file_info/mine/*/all.parquet"))
    assert len(set(written)) == 1
