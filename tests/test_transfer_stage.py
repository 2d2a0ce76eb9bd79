"""The stage transfer on a toy set: it learns, leaves body and test clips as it should, and its table compares."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file
from toy import ARCHITECTURE, FRONT_END, VOCABULARY, toy_store, truth

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.saved_model import save
from psl.config import Params
from psl.config.file import read_params
from psl.corpora.lists.fsdkaggle2018 import SUBSETS
from psl.evaluation.transfer.score_table import read_score_table
from psl.io.features.excluded import write_excluded
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.metadata.manifest import read_manifest, write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import DETAILS, MANIFEST
from psl.runtime.errors import PslError
from psl.training.engine import loop
from tasks import stage, transfer, transfer_table

DEFAULT = read_params(Path(__file__).parents[1] / "presets/default.yaml")
KEY = "fsdkaggle2018_2"
CLIPS = {"train": 40, "test": 24}
FRAMES = (9, 25, 70, 40)  # .36 to 2.8 s


def params(key: str = KEY, **changes) -> Params:
    """The default with one transfer and a budget of seconds."""
    quick = dict(crop_seconds=1.0, hop_seconds=1.0, batch_windows=8, device="cpu", seeds=(1,))
    quick |= dict(max_steps=8, min_steps=0, patience_steps=120, validation_steps=4)
    quick |= {"learning_rate": 0.01, "backbone_learning_rate": 0.01} | changes
    how = type(DEFAULT.transfer).model_validate(DEFAULT.transfer.model_dump() | quick)
    return DEFAULT.model_copy(update={"transfer": how, "transfers": {key: DEFAULT.transfers[key]}})


def manifest_rows(subset: str, store: FeatureStore) -> list[dict]:
    """One label a clip, four clips a source."""
    always = dict(path=None, start_s=0.0, end_s=None, subset=subset, audio_hash=None)
    return [
        {"clip_id": clip_id, "labels": [VOCABULARY.mids[n % 3]], "source": f"{subset}{n // 4}", **always}
        for n, clip_id in enumerate(store.clip_ids)
    ]


def save_model(
    folder: Path, seed: int = 1, hash_of_features: str = front_end_hash(FRONT_END), make=build_network
) -> None:
    torch.manual_seed(seed)
    model = make(5, ARCHITECTURE)
    classes = Vocabulary(tuple("vwxyz"), tuple("VWXYZ"))
    save(
        folder / f"seed{seed}",
        model,
        ARCHITECTURE,
        FRONT_END,
        front_end_hash=hash_of_features,
        vocabulary=classes,
        trained_on={},
        history_csv="step\n",
    )


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A set of 40 and 24 clips and a model to start from."""
    monkeypatch.chdir(tmp_path)
    metadata, features, rows = Path("data/metadata/fsdkaggle2018"), Path("data/features/fsdkaggle2018"), []
    for seed, (subset, clips) in enumerate(CLIPS.items()):
        store = toy_store(features, clips, FRAMES, subset, prefix=subset, seed=seed)
        rows += manifest_rows(subset, store)
    write_manifest(metadata, pa.Table.from_pylist(rows, MANIFEST))
    SUBSETS.write(metadata)
    VOCABULARY.write(metadata / "classes.csv")
    write_excluded(stage.EXCLUDED, [])
    usage = [{"clip_id": f"test{n:02}", "usage": "Public" if n % 3 else "Private"} for n in range(CLIPS["test"])]
    pq.write_table(pa.Table.from_pylist(usage, DETAILS), metadata / "details.parquet")
    for model in ("2", "annotator"):
        save_model(Path("data/models") / model)
    return tmp_path


def run(key: str = KEY, **changes) -> dict:
    transfer.work(params(key, **changes), key)
    return json.loads(Path(f"reports/transfer/{key}.json").read_text())


def body(folder: str) -> dict[str, torch.Tensor]:
    weights = load_file(Path(folder) / "seed1/model.safetensors")
    return {name: value for name, value in weights.items() if name.startswith("features.")}


def started_from(seed: int) -> str:
    about = json.loads(Path(f"data/transfer/{KEY}/seed{seed}/model.json").read_text())
    return about["trained_on"]["started_from"]["model"]


def test_clips_that_leak_are_neither_trained_on_nor_scored(workspace):
    clips = [(corpus, clip) for corpus in ("fsdkaggle2018", "fsd50k") for clip in ("test03", "train00", "train01")]
    write_excluded(stage.EXCLUDED, clips)
    report = run()
    assert [report[name] for name in ("n_clips", "n_clips_excluded", "n_clips_unread")] == [23, 1, 0]
    assert report["n_training_clips"] + report["n_validation_clips"] == 38


def test_fine_tuning_beats_chance(workspace):
    report = run(max_steps=120)
    assert report["mAP@3"] > 0.8 > 0.61  # chance among three classes: (1 + 1/2 + 1/3) / 3
    assert 0 < report["mAP@3_public"] <= 1 and 0 < report["mAP@3_private"] <= 1


def test_the_report_the_model_and_the_scores_are_of_the_sets_clips(workspace):
    report = run()
    assert (report["n_clips"], report["n_training_clips"] + report["n_validation_clips"]) == (24, 40)
    assert started_from(1) == "data/models/2/seed1"
    scored = read_score_table(Path(f"data/transfer/{KEY}/scores.parquet"))
    assert scored.score_SNC[1].shape == (24, 3)
    assert np.array_equal(scored.y_NC, truth(24) & np.eye(3, dtype=bool)[np.arange(24) % 3])


def written_files() -> dict[Path, bytes]:
    paths = [path for root in ("data/transfer", "reports") for path in Path(root).rglob("*")]
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_the_same_inputs_give_the_same_bytes(workspace):
    run()
    first = written_files()
    run()
    assert written_files() == first and len(first) == 6


def test_the_head_alone_leaves_the_body_as_it_was_and_all_does_not(workspace):
    before = body("data/models/2")
    run(tune="head", backbone_learning_rate=None)
    frozen = body(f"data/transfer/{KEY}")
    assert all(torch.equal(frozen[name], value) for name, value in before.items())
    run()
    tuned = body(f"data/transfer/{KEY}")
    assert not torch.equal(tuned["features.0.0.weight"], before["features.0.0.weight"])
    assert not torch.equal(tuned["features.0.1.running_mean"], before["features.0.1.running_mean"])


def test_test_clips_choose_nothing(workspace):
    run(max_steps=12)
    model, history = (Path(f"data/transfer/{KEY}/seed1/{name}") for name in ("model.safetensors", "history.csv"))
    before = model.read_bytes(), history.read_bytes()
    toy_store(Path("data/features/fsdkaggle2018"), CLIPS["test"], (50,), "test", prefix="test", seed=99)
    run(max_steps=12)
    assert (model.read_bytes(), history.read_bytes()) == before


class Killed(Exception):
    pass


@pytest.fixture
def dies_in_step_6(monkeypatch):
    """A training that is killed, the first time it takes its sixth step."""
    step, steps = loop.train_step, []

    def dying(*arguments, **keywords):
        steps.append(1)
        if len(steps) == 6:
            raise Killed
        return step(*arguments, **keywords)

    return lambda: monkeypatch.setattr(loop, "train_step", dying)


@pytest.mark.parametrize("changes", [{}, {"tune": "head", "backbone_learning_rate": None}])
def test_a_killed_fine_tuning_goes_on_and_gives_the_same_bytes(workspace, dies_in_step_6, capsys, changes):
    run(**changes)
    model = Path(f"data/transfer/{KEY}/seed1/model.safetensors")
    whole = model.read_bytes()
    model.unlink()
    dies_in_step_6()
    with pytest.raises(Killed):
        run(**changes)
    run(**changes)
    assert model.read_bytes() == whole and "goes on after step 4" in capsys.readouterr().err


def test_seeds_of_the_model_are_started_from_in_turn(workspace):
    save_model(Path("data/models/2"), seed=7)
    report = run(max_steps=4, seeds=(3, 4, 5))
    starts = [started_from(seed) for seed in (3, 4, 5)]
    assert starts == ["data/models/2/seed1", "data/models/2/seed7", "data/models/2/seed1"]
    assert report["mAP@3"] == pytest.approx(np.mean(report["mAP@3_seeds"]), abs=1e-6)
    assert report["seeds"] == [3, 4, 5]


def test_crops_longer_than_every_clip_are_a_sentence(workspace):
    message = r"transfer.crop_seconds 9 is longer than every clip \(the longest has 2.8 s\)"
    with pytest.raises(PslError, match=message):
        run(crop_seconds=9.0)


def test_an_unknown_transfer_is_a_sentence(workspace):
    with pytest.raises(PslError, match=r"transfers.nothing is not in params.yaml"):
        transfer.work(params(), "nothing")


def relabel(subset: str, labels: list[str]) -> None:
    metadata = Path("data/metadata/fsdkaggle2018")
    rows = read_manifest(metadata).to_pylist()
    changed = [row | ({"labels": labels} if row["subset"] == subset else {}) for row in rows]
    write_manifest(metadata, pa.Table.from_pylist(changed, MANIFEST))


@pytest.mark.parametrize(
    ("labels", "excluded", "message"),
    [
        (list(VOCABULARY.mids[:2]), 0, "mAP@3 is for clips of one label: 24 of 24 clips have more"),
        ([], 0, "none of the 24 test clips has a label of the vocabulary"),
        (["/m/z"], 0, "has the label /m/z, which is none of the vocabulary's 3 classes"),
        (["/m/a"], 24, "24 of 24 clips in test of fsdkaggle2018 are excluded because of leaks, and none is left"),
    ],
)
def test_faults_of_the_test_list_are_reported_before_anything_is_trained(
    workspace, monkeypatch, labels, excluded, message
):
    def never(*_):
        raise AssertionError("trained")

    monkeypatch.setattr(transfer, "fine_tune", never)
    relabel("test", labels)
    write_excluded(stage.EXCLUDED, [("fsdkaggle2018", f"test{number:02}") for number in range(excluded)])
    with pytest.raises(PslError, match=message):
        run()


def test_a_model_of_another_front_end_is_a_sentence(workspace):
    save_model(Path("data/models/2"), hash_of_features="0123456789")
    with pytest.raises(PslError, match="data/models/2/seed1 was trained on features of the front end 01234567"):
        run()


class Headless(torch.nn.Linear):
    """A network of one part."""

    def __init__(self, classes, architecture):
        super().__init__(32, classes)


def test_a_model_without_a_head_is_a_sentence(workspace, monkeypatch):
    monkeypatch.setattr(transfer, "build_network", Headless)
    save_model(Path("data/models/2"), make=Headless)
    with pytest.raises(PslError, match="has the parts features and classifier, and mobilenetv2 has none"):
        run()


def test_a_label_outside_the_vocabulary_and_a_foreign_test_clip_are_sentences(workspace):
    Vocabulary(VOCABULARY.mids[:2], VOCABULARY.names[:2]).write(Path("data/metadata/fsdkaggle2018/classes.csv"))
    with pytest.raises(PslError, match="has the label /m/c, which is none of the vocabulary's 2 classes"):
        run()
    VOCABULARY.write(Path("data/metadata/fsdkaggle2018/classes.csv"))
    toy_store(Path("data/features/fsdkaggle2018"), 3, (50,), "test", prefix="stray")
    with pytest.raises(PslError, match="3 clips with features are not in the manifest, such as stray00"):
        run(max_steps=4)


@pytest.fixture
def table(workspace):
    """The table of two models on one set: the row of each in reports/transfer.json."""
    keys = ("fsdkaggle2018_annotator", KEY)
    for key in keys:
        run(key, max_steps=16)
    transfer_table.work(params().model_copy(update={"transfers": {key: DEFAULT.transfers[key] for key in keys}}))
    return json.loads(Path("reports/transfer.json").read_text())["sets"]["fsdkaggle2018"]


def test_the_table_compares_student_and_annotator(table):
    student, annotator = table["2"], table["annotator"]
    difference = student["value"] - annotator["value"]
    assert student["difference"] == pytest.approx(difference, abs=2e-6) and annotator["difference"] is None
    assert student["difference_low"] <= difference <= student["difference_high"] and 0 < student["p"] <= 1


def test_the_table_is_text_numbers_and_pictures(table):
    row = Path("reports/transfer.md").read_text().splitlines()[2]
    assert row.startswith("| FSDKaggle2018 | mAP@3 |") and "PSL-2s" in row
    names = (".csv", ".png", "_classes.csv", "_classes.png")
    assert all(Path(f"reports/transfer{name}").stat().st_size > 0 for name in names)
