"""The stage export: a folder that is an annotator, with the variants that are good enough, and the same each time."""

import json
import subprocess
import sys

import numpy as np
import onnxruntime
import pyarrow as pa
import pytest
import soundfile
from exported_models import CLASSES_CSV, EVALUATION, save_random, sounds
from feature_corpora import PARAMS as FEATURES_PARAMS
from params_files import DEFAULT
from small_corpora import AUDIOSET_LAYOUT
from toy import FRONT_END, VOCABULARY

import psl
from psl.annotators.inspection import inspect, probe_foreign
from psl.audio.hashes import hash_audio
from psl.audio.write import write_clip
from psl.config import AnnotatorParams, Export, FeaturesParams
from psl.config.file import read_params
from psl.export import parity, write
from psl.features.extraction.extract import extract
from psl.io.features.excluded import write_excluded
from psl.io.metadata.manifest import write_manifest
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError
from psl.runtime.runners.in_process import Serial
from tasks import export, stage

SCENES, FOLDER = stage.METADATA / "scenes", export.EXPORTS / "mine"
EXPORT = Export(model="2", seed=1, licence="MIT", data_licence="CC0")
PARAMS = read_params(DEFAULT).model_copy(update={"exports": {"mine": EXPORT}})


def recording(number, x_T):
    """Its row of the manifest; the last three of nine evaluate."""
    path = SCENES / f"{number}.wav"
    write_clip(path, x_T, FRONT_END.sample_rate_hz)
    values = {"clip_id": path.name, "path": path.name, "source": path.name, "audio_hash": hash_audio(path)}
    return values | {
        "start_s": 0.0,
        "subset": "eval" if number > 5 else "balanced",
        "labels": [VOCABULARY.mids[number % 3]],
    }


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """What the stages before leave: recordings, features, a trained network and its evaluation."""
    monkeypatch.chdir(tmp_path)
    SCENES.mkdir(parents=True)
    rows = [recording(*numbered) for numbered in enumerate(sounds() + sounds((12_000, 8_000, 9_000, 16_000), seed=1))]
    write_manifest(SCENES, pa.Table.from_pylist(rows, MANIFEST))
    AUDIOSET_LAYOUT.write(SCENES)
    VOCABULARY.write(SCENES / "classes.csv")
    params = FeaturesParams(**FEATURES_PARAMS)
    extract(SCENES, stage.FEATURES / "scenes", tmp_path / "cache", FRONT_END, params=params, runner=Serial())
    write_excluded(stage.EXCLUDED, [])
    save_random(stage.TRAINED / "2/seed1")
    (stage.REPORTS / "evaluate").mkdir(parents=True)
    (stage.REPORTS / "evaluate/2.json").write_text(json.dumps(EVALUATION))
    (stage.REPORTS / "evaluate/2_classes.csv").write_text(CLASSES_CSV)
    return tmp_path


def files():
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}


def test_the_folder_is_an_annotator_and_so_is_each_one_in_it(workspace):
    export.work(PARAMS, "mine")
    x_BT = np.stack([x_T[:8000] for x_T in sounds()])
    for place, name in ((FOLDER, "psl mine"), (FOLDER / "int8", "psl mine (int8)")):
        params = AnnotatorParams(kind="onnx", source=str(place))
        annotator, contract = inspect("mine", params, FRONT_END, "cpu")
        probe_foreign(annotator, x_BT)
        assert (contract.name, contract.licence, contract.window_samples) == (name, "MIT", None)
        assert annotator.vocabulary == VOCABULARY and np.ptp(annotator(x_BT), axis=0).min() > 0.01


def test_it_is_tagged_in_the_windows_that_it_was_trained_on(workspace):
    export.work(PARAMS, "mine")
    tags = psl.load(FOLDER / "float16").tag(SCENES / "8.wav")
    (x_T, _), trained = soundfile.read(SCENES / "8.wav", dtype="float32"), psl.load(stage.TRAINED / "2/seed1")
    assert tags.start_s_W.tolist() == [0.0, 0.3, 0.5] and trained.windowing.length_ms == 500
    session = onnxruntime.InferenceSession(FOLDER / "float16/model.onnx")
    np.testing.assert_allclose(tags.p_WC[0], session.run(["p_BC"], {"x_BT": x_T[None, :8000]})[0][0], atol=1e-6)


def test_onnxruntime_opens_each_file_without_a_warning(workspace, capfd):
    export.work(PARAMS, "mine")
    capfd.readouterr()
    for path in FOLDER.rglob("*.onnx"):
        onnxruntime.InferenceSession(path)
    assert capfd.readouterr() == ("", "")


def test_what_was_measured_is_a_metric_and_the_same_inputs_give_the_same_bytes(workspace):
    export.work(PARAMS, "mine")
    first, summary = files(), json.loads((stage.REPORTS / "export/mine.json").read_text())
    assert 0 < summary["difference_from_torch"] < 1e-4 < summary["difference_from_stored_features"] < 1e-2
    assert set(summary["variants"]) == {"float32", "float16", "int8"}
    assert summary["variants"]["float32"]["bytes"] == len(first["model.onnx"])
    export.work(PARAMS, "mine")
    assert files() == first and "of no commit" in first["README.md"].decode()


def test_a_variant_that_loses_too_much_is_not_written(workspace, monkeypatch):
    monkeypatch.setattr(write, "open_folder", lambda place: one_class_off if place.name == "int8" else right)
    export.work(PARAMS, "mine")
    kept = {
        name: each["kept"]
        for name, each in json.loads((stage.REPORTS / "export/mine.json").read_text())["variants"].items()
    }
    assert kept == {"float32": True, "float16": True, "int8": False} and not (FOLDER / "int8").exists()
    assert "| int8 | not written |" in (FOLDER / "README.md").read_text()


def right(x_BT):
    """The true class of each evaluation clip, known by its number of samples."""
    return np.eye(3, dtype=np.float32)[[(8_000, 9_000, 16_000).index(len(x_T)) for x_T in x_BT]]


def one_class_off(x_BT):
    return np.roll(right(x_BT), 1, axis=1)


def test_a_model_that_is_off_is_not_written(workspace, monkeypatch):
    monkeypatch.setattr(parity, "MOST_STORED", -1.0)
    with pytest.raises(
        PslError, match=r"the exported model of data/models/2/seed1 gives probabilities that differ from those"
    ):
        export.work(PARAMS, "mine")
    assert not FOLDER.exists() and not (stage.REPORTS / "export").exists()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psl.export.write", None)
    with pytest.raises(PslError, match=r"exports need psl\.export\.write, which is not installed: `pip install -e"):
        export.work(PARAMS, "mine")


def test_the_commit_is_the_last_one_of_code_or_parameters(workspace):
    assert export.commit() == "of no commit"
    git = ("git", "-c", "user.name=t", "-c", "user.email=t@t")
    (workspace / "params.yaml").write_text("a: 1\n")
    for command in (("init", "--quiet"), ("add", "params.yaml"), ("commit", "--quiet", "-m", "one")):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    assert export.commit() == f"of the commit {head}"
    (workspace / "params.yaml").write_text("a: 2\n")
    assert export.commit() == f"of the commit {head} and later changes"


def test_thresholds_are_those_of_the_highest_f1_on_validation_clips_and_tagging_takes_them(workspace, capsys):
    export.work(PARAMS, "mine")
    assert "the validation clips of this network are not known, so no thresholds are chosen" in capsys.readouterr().err
    assert "thresholds.csv" not in files() and "thresholds.csv" not in files()["README.md"].decode()
    trained_on = {"parameters": {"validation_share": 0.5}, "n_validation_clips": 3}
    save_random(stage.TRAINED / "2/seed1", trained_on=trained_on)
    export.work(PARAMS, "mine")
    table = files()["thresholds.csv"].decode().splitlines()
    assert table[0] == "class,threshold,name,validation_clips,f1"
    assert [line.split(",")[0] for line in table[1:]] == [*VOCABULARY.mids]
    assert "highest F1 for each class on 3 validation clips" in files()["README.md"].decode()
    tagger = psl.load(FOLDER)
    tags = tagger.tag(SCENES / "0.wav")
    below = [float(line.split(",")[1]) for line in table[1:]]
    assert {each.class_id for each in tags.labels()} == {
        mid for mid, p, threshold in zip(VOCABULARY.mids, tags.p_WC.max(axis=0), below, strict=True) if p > threshold
    }
    for variant in ("float16", "int8"):
        if f"{variant}/model.onnx" in files():
            assert files()[f"{variant}/thresholds.csv"] == files()["thresholds.csv"]
            assert f"# psl mine ({variant})" in files()[f"{variant}/README.md"].decode()


def test_other_clips_than_those_it_was_trained_on_choose_nothing(workspace, capsys):
    trained_on = {"parameters": {"validation_share": 0.5}, "n_validation_clips": 2}
    save_random(stage.TRAINED / "2/seed1", trained_on=trained_on)
    export.work(PARAMS, "mine")
    assert "no thresholds are chosen" in capsys.readouterr().err and "thresholds.csv" not in files()
