"""The stage transfer on a toy set: it learns, keeps its promises about body, test clips and bytes, and its table compares."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file
from toy import ARCHITECTURE, FRONT_END, VOCABULARY, toy_store, truth

from models import MODELS
from psl.errors import PslError
from psl.features.store import FeatureStore, front_end_hash
from psl.leaks.excluded import write_excluded
from psl.manifest import read_manifest, write_manifest
from psl.params import Params
from psl.params_file import read_params
from psl.saved_models import save
from psl.schemas import DETAILS, MANIFEST
from psl.training import loop
from psl.transfer.scores import read_scores
from psl.vocabulary import Vocabulary
from tasks import stage, transfer, transfer_table

DEFAULT = read_params(Path(__file__).parents[1] / "presets/default.yaml")
KEY = "fsdkaggle2018_2"
SUBSETS = {"train": 40, "test": 24}
FRAMES = (9, 25, 70, 40)  # .36 to 2.8 s


def params(key: str = KEY, **changes) -> Params:
    """The default with one transfer and a budget of seconds."""
    quick = {
        "crop_seconds": 1.0, "hop_seconds": 1.0, "max_epochs": 2, "patience_epochs": 30, "batch_windows": 8, "device": "cpu",
        "learning_rate": 0.01, "body_learning_rate": 0.01,
    } | changes  # fmt: skip
    how = type(DEFAULT.transfer).model_validate(DEFAULT.transfer.model_dump() | quick)
    return DEFAULT.model_copy(update={"transfer": how, "transfers": {key: DEFAULT.transfers[key]}})


def manifest_rows(subset: str, store: FeatureStore) -> list[dict]:
    """One label a clip, four clips a source."""
    labels = [VOCABULARY.mids[number % 3] for number in range(len(store))]
    return [
        dict(
            clip_id=clip_id, path=None, start_s=0.0, end_s=None, subset=subset, labels=[label], source=f"{subset}{n // 4}", audio_hash=None
        )
        for n, (clip_id, label) in enumerate(zip(store.clip_ids, labels, strict=True))
    ]


def save_model(folder: Path, seed: int = 1, hash_of_features: str = front_end_hash(FRONT_END)) -> None:
    torch.manual_seed(seed)
    model = MODELS["mobilenetv2"](5, ARCHITECTURE)
    classes = Vocabulary(tuple("vwxyz"), tuple("VWXYZ"))
    save(folder / f"seed{seed}", model, ARCHITECTURE, FRONT_END, hash_of_features, classes, {}, "epoch\n")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A set of 40 and 24 clips and a model to start from."""
    monkeypatch.chdir(tmp_path)
    metadata, features, rows = Path("data/metadata/fsdkaggle2018"), Path("data/features/fsdkaggle2018"), []
    for seed, (subset, clips) in enumerate(SUBSETS.items()):
        store = toy_store(features, clips, FRAMES, subset, prefix=subset, seed=seed)
        rows += manifest_rows(subset, store)
    write_manifest(metadata, pa.Table.from_pylist(rows, MANIFEST))
    VOCABULARY.write(metadata / "classes.csv")
    write_excluded(stage.EXCLUDED, [])
    usage = [{"clip_id": f"test{n:02}", "usage": "Public" if n % 3 else "Private"} for n in range(SUBSETS["test"])]
    pq.write_table(pa.Table.from_pylist(usage, DETAILS), metadata / "details.parquet")
    for model in ("2", "annotator"):
        save_model(Path("data/models") / model)
    return tmp_path


def run(key: str = KEY, **changes) -> dict:
    transfer.work(params(key, **changes), key)
    return json.loads(Path(f"reports/transfer/{key}.json").read_text())


def test_clips_that_leak_are_neither_trained_on_nor_scored(workspace):
    write_excluded(stage.EXCLUDED, [(name, clip) for name in ("fsdkaggle2018", "fsd50k") for clip in ("test03", "train00", "train01")])
    found = run()
    assert [found[name] for name in ("n_clips", "n_clips_excluded", "n_clips_unread")] == [23, 1, 0]
    assert found["n_training_clips"] + found["n_validation_clips"] == 38


def body(folder: str) -> dict[str, torch.Tensor]:
    return {name: value for name, value in load_file(Path(folder) / "seed1/model.safetensors").items() if name.startswith("features.")}


def test_fine_tuning_beats_chance_and_says_what_it_did(workspace):
    found = run(max_epochs=30)
    assert found["mAP@3"] > 0.8 > 0.61  # chance among three classes: (1 + 1/2 + 1/3) / 3
    assert 0 < found["mAP@3_public"] <= 1 and 0 < found["mAP@3_private"] <= 1
    assert (found["n_clips"], found["n_training_clips"] + found["n_validation_clips"], found["model"]) == (24, 40, "PSL-2s")
    about = json.loads(Path(f"data/transfer/{KEY}/seed1/model.json").read_text())
    assert about["trained_on"]["started_from"]["model"] == "data/models/2/seed1"
    scored = read_scores(Path(f"data/transfer/{KEY}/scores.parquet"))
    assert scored.score_SNC[1].shape == (24, 3) and np.array_equal(scored.y_NC, truth(24) & np.eye(3, dtype=bool)[np.arange(24) % 3])


def test_the_same_inputs_give_the_same_bytes(workspace):
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for root in ("data/transfer", "reports") for path in Path(root).rglob("*") if path.is_file()}

    run()
    first = files()
    run()
    assert files() == first and len(first) == 6


def test_the_head_alone_leaves_the_body_as_it_was_and_all_does_not(workspace):
    before = body("data/models/2")
    run(tune="head", body_learning_rate=None)
    frozen = body(f"data/transfer/{KEY}")
    assert all(torch.equal(frozen[name], value) for name, value in before.items())
    run()
    tuned = body(f"data/transfer/{KEY}")
    assert not torch.equal(tuned["features.0.0.weight"], before["features.0.0.weight"])
    assert not torch.equal(tuned["features.0.1.running_mean"], before["features.0.1.running_mean"])


def test_test_clips_choose_nothing(workspace):
    run(max_epochs=3)
    model, history = (Path(f"data/transfer/{KEY}/seed1/{name}") for name in ("model.safetensors", "history.csv"))
    before = model.read_bytes(), history.read_bytes()
    toy_store(Path("data/features/fsdkaggle2018"), SUBSETS["test"], (50,), "test", prefix="test", seed=99)
    run(max_epochs=3)
    assert (model.read_bytes(), history.read_bytes()) == before


class Killed(Exception):
    pass


@pytest.mark.parametrize("changes", [{}, {"tune": "head", "body_learning_rate": None}])
def test_a_killed_fine_tuning_goes_on_and_gives_the_same_bytes(workspace, monkeypatch, capsys, changes):
    run(**changes)
    model = Path(f"data/transfer/{KEY}/seed1/model.safetensors")
    whole, step, steps = model.read_bytes(), loop.train_step, []

    def dying(*arguments):
        steps.append(1)
        if len(steps) == 6:  # in the second epoch
            raise Killed
        return step(*arguments)

    model.unlink()
    monkeypatch.setattr(loop, "train_step", dying)
    with pytest.raises(Killed):
        run(**changes)
    run(**changes)
    assert model.read_bytes() == whole and "goes on after epoch 1" in capsys.readouterr().err


def test_seeds_of_the_model_are_started_from_in_turn(workspace):
    save_model(Path("data/models/2"), seed=7)
    found = run(max_epochs=1, seeds=(3, 4, 5))
    starts = [
        json.loads(Path(f"data/transfer/{KEY}/seed{seed}/model.json").read_text())["trained_on"]["started_from"]["model"]
        for seed in (3, 4, 5)
    ]
    assert starts == ["data/models/2/seed1", "data/models/2/seed7", "data/models/2/seed1"]
    assert found["mAP@3"] == pytest.approx(np.mean(found["mAP@3_seeds"]), abs=1e-6) and found["seeds"] == [3, 4, 5]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"crop_seconds": 9.0}, r"transfer.crop_seconds 9 is longer than every clip \(the longest has 2.8 s\)"),
        ({"validation_share": 0.2, "seeds": (1,), "key": "nothing"}, "transfers.nothing is not in params.yaml"),
    ],
)
def test_what_cannot_be_is_a_sentence(workspace, changes, told):
    key = changes.pop("key", KEY)
    with pytest.raises(PslError, match=told):
        transfer.work(params(**changes), key)


def relabel(subset: str, labels: list[str]) -> None:
    metadata = Path("data/metadata/fsdkaggle2018")
    rows = [row | ({"labels": labels} if row["subset"] == subset else {}) for row in read_manifest(metadata).to_pylist()]
    write_manifest(metadata, pa.Table.from_pylist(rows, MANIFEST))


@pytest.mark.parametrize(
    ("labels", "excluded", "told"),
    [
        (list(VOCABULARY.mids[:2]), 0, "mAP@3 is for clips of one label: 24 of 24 clips have more"),
        ([], 0, "none of the 24 test clips carries a label of the vocabulary"),
        (["/m/z"], 0, "has the label /m/z, which is none of the vocabulary's 3 classes"),
        (["/m/a"], 24, "24 of 24 clips in test of fsdkaggle2018 are left out for leaks, and none is left"),
    ],
)
def test_faults_of_the_test_list_are_told_before_anything_is_trained(workspace, monkeypatch, labels, excluded, told):
    def never(*_):
        raise AssertionError("trained")

    monkeypatch.setattr(transfer, "fine_tune", never)
    relabel("test", labels)
    write_excluded(stage.EXCLUDED, [("fsdkaggle2018", f"test{number:02}") for number in range(excluded)])
    with pytest.raises(PslError, match=told):
        run()


def test_a_model_of_another_front_end_or_without_a_head_is_a_sentence(workspace, monkeypatch):
    save_model(Path("data/models/2"), hash_of_features="0123456789")
    with pytest.raises(PslError, match="data/models/2/seed1 was trained on features of the front end 01234567"):
        run()
    save_model(Path("data/models/2"))
    headless = type("Headless", (torch.nn.Linear,), {"__init__": lambda self, classes, _: torch.nn.Linear.__init__(self, 32, classes)})
    monkeypatch.setattr(transfer, "MODELS", {"mobilenetv2": headless})
    torch.manual_seed(1)
    save(Path("data/models/2/seed1"), headless(5, None), ARCHITECTURE, FRONT_END, front_end_hash(FRONT_END), VOCABULARY_5, {}, "")
    with pytest.raises(PslError, match="has the parts features and classifier, and mobilenetv2 has none"):
        run()


VOCABULARY_5 = Vocabulary(tuple("vwxyz"), tuple("VWXYZ"))


def test_a_label_outside_the_vocabulary_and_a_foreign_test_clip_are_sentences(workspace):
    Vocabulary(VOCABULARY.mids[:2], VOCABULARY.names[:2]).write(Path("data/metadata/fsdkaggle2018/classes.csv"))
    with pytest.raises(PslError, match="has the label /m/c, which is none of the vocabulary's 2 classes"):
        run()
    VOCABULARY.write(Path("data/metadata/fsdkaggle2018/classes.csv"))
    toy_store(Path("data/features/fsdkaggle2018"), 3, (50,), "test", prefix="stray")
    with pytest.raises(PslError, match="3 clips with features are not in the manifest, such as stray00"):
        run(max_epochs=1)


def test_the_table_compares_student_and_annotator(workspace):
    keys = ("fsdkaggle2018_annotator", KEY)
    for key in keys:
        run(key, max_epochs=4)
    both = params().model_copy(update={"transfers": {key: DEFAULT.transfers[key] for key in keys}})
    transfer_table.work(both)
    report = json.loads(Path("reports/transfer.json").read_text())["sets"]["fsdkaggle2018"]
    difference = report["2"]["value"] - report["annotator"]["value"]
    assert report["2"]["difference"] == pytest.approx(difference, abs=2e-6) and report["annotator"]["difference"] is None
    assert report["2"]["difference_low"] <= difference <= report["2"]["difference_high"] and 0 < report["2"]["p"] <= 1
    lines = Path("reports/transfer.md").read_text().splitlines()
    assert lines[2].startswith("| FSDKaggle2018 | mAP@3 |") and "PSL-2s" in lines[2]
    assert all(Path(f"reports/transfer{name}").stat().st_size > 0 for name in (".csv", ".png", "_classes.csv", "_classes.png"))
