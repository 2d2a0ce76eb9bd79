"""The stage evaluate, from features, lists and saved models to the numbers that `dvc metrics` reads."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from small_corpora import AUDIOSET_LAYOUT
from test_clip_scores import FRONT_END

from psl.annotators.inference.network.saved_model import save
from psl.config import Plugin
from psl.config.file import read_params
from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.io.clip_scores import read_clip_scores
from psl.io.features.excluded import write_excluded
from psl.io.features.front_end import front_end_hash
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.io.metadata.manifest import write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError
from tasks import evaluate

PARAMS = read_params(Path(__file__).parents[1] / "presets/default.yaml")
VOCABULARY = Vocabulary(("/m/a", "/m/b"), ("Dog", "Cat"))
RNG = np.random.default_rng(2)
IDS = [f"clip{number:02}" for number in range(30)]
MELS = {clip_id: RNG.normal(size=(4 + number % 2, 3)).astype(np.float16) for number, clip_id in enumerate(IDS)}
TRUTH = RNG.random((30, 2)) < 0.4
ARCHITECTURE = Plugin(name="tiny")


class Tiny(torch.nn.Module):
    """A linear network that sees the mean over time."""

    def __init__(self, classes: int, architecture: Plugin) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(3, classes)

    def forward(self, mel_BTF: torch.Tensor) -> tuple[torch.Tensor, None]:
        return self.linear(mel_BTF.mean(1)).sigmoid(), None


def save_model(
    folder: Path, seed: int, front_end_hash: str = front_end_hash(FRONT_END), vocabulary: Vocabulary = VOCABULARY
) -> Tiny:
    torch.manual_seed(seed)
    model = Tiny(len(vocabulary), ARCHITECTURE)
    save(
        folder / f"seed{seed}",
        model,
        ARCHITECTURE,
        FRONT_END,
        front_end_hash=front_end_hash,
        vocabulary=vocabulary,
        trained_on={"n_training_clips": 300},
        history_csv="step\n",
    )
    return model


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Lists of 30 clips of which 2 could not be read, and one model with the seeds 10 and 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluate, "build_network", Tiny)
    labels = [[mid for mid, given in zip(VOCABULARY.mids, row, strict=True) if given] for row in TRUTH]
    rows = [
        (clip_id, None, 0.0, 1.0, "eval", mids, clip_id, None, None) for clip_id, mids in zip(IDS, labels, strict=True)
    ]
    rows.append(("other", None, 0.0, 1.0, "full", ["/m/a"], "other", None, None))
    write_manifest(
        evaluate.METADATA / "scenes",
        pa.Table.from_pylist([dict(zip(MANIFEST.names, row, strict=True)) for row in rows], MANIFEST),
    )
    AUDIOSET_LAYOUT.write(evaluate.METADATA / "scenes")
    VOCABULARY.write(evaluate.METADATA / "scenes/classes.csv")
    write_excluded(evaluate.EXCLUDED, [])
    write_features(
        evaluate.FEATURES / "scenes/eval-00000.parquet",
        FRONT_END,
        [(clip_id, 160 * len(MELS[clip_id]), MELS[clip_id]) for clip_id in IDS[2:]],
    )
    return [save_model(evaluate.TRAINED / "weak", seed) for seed in (10, 2)]


def read_evaluation() -> dict:
    return json.loads(Path("reports/evaluate/weak.json").read_text())


def test_numbers_are_those_of_the_models_on_the_clips_that_were_read(workspace):
    evaluate.work(PARAMS, "weak")
    evaluation = read_evaluation()
    means = torch.tensor(np.stack([MELS[clip_id].astype(np.float32).mean(0) for clip_id in IDS[2:]]))
    maps = [
        np.mean(average_precision(TRUTH[2:], model(means[:, None])[0].detach().numpy())) for model in workspace[::-1]
    ]
    assert evaluation["mAP_seeds"] == pytest.approx(maps, abs=1e-6)
    assert [evaluation[key] for key in ("seeds", "n_clips", "n_clips_unread", "n_train_clips")] == [[2, 10], 28, 2, 300]
    assert evaluation["mAP_low"] < evaluation["mAP"] < evaluation["mAP_high"]
    weights = evaluate.TRAINED / "weak/seed2/model.safetensors"
    assert (evaluation["n_parameters"], evaluation["n_bytes"]) == (3 * 2 + 2, weights.stat().st_size)
    assert evaluation["multiply_adds_per_second"] == round(3 * 2 / 10)  # it hears the mean of 10 s


def test_the_score_by_windows_is_the_highest_of_them(workspace):
    """Windows of two frames, one frame apart, 10 ms; clips have 4 or 5."""
    settings = PARAMS.evaluate.model_copy(update={"window_seconds": 0.02, "hop_seconds": 0.01})
    evaluate.work(PARAMS.model_copy(update={"evaluate": settings}), "weak")

    def highest(model, mel_TF):
        windows = [mel_TF[t : t + 2].astype(np.float32) for t in range(len(mel_TF) - 1)]
        return model(torch.tensor(np.stack(windows)))[0].detach().numpy().max(axis=0)

    scores = [np.stack([highest(model, MELS[clip_id]) for clip_id in IDS[2:]]) for model in workspace[::-1]]
    maps = [np.mean(average_precision(TRUTH[2:], score_NC)) for score_NC in scores]
    evaluation = read_evaluation()
    assert evaluation["mAP_windows_seeds"] == pytest.approx(maps, abs=1e-6)
    assert (evaluation["window_seconds"], evaluation["hop_seconds"]) == (0.02, 0.01)
    kept = read_clip_scores(evaluate.SCORES / "weak.parquet", "weak")
    assert (kept.clip_ids, kept.vocabulary, [*kept.seeds]) == (IDS[2:], VOCABULARY, [2, 10])
    for seed, score_NC in zip(kept.seeds.values(), scores, strict=True):
        np.testing.assert_allclose(seed.highest_p_NC, score_NC, atol=1e-6)
    mels = [MELS[clip_id].astype(np.float32) for clip_id in IDS[2:]]
    for start_ms_C, p_C, mel_TF in zip(kept.seeds[2].start_ms_NC, kept.seeds[2].highest_p_NC, mels, strict=True):
        windows = torch.tensor(np.stack([mel_TF[ms // 10 : ms // 10 + 2] for ms in start_ms_C]))
        np.testing.assert_allclose(np.diag(workspace[1](windows)[0].detach().numpy()), p_C, atol=1e-6)


def test_the_terminal_says_when_a_student_is_no_better_than_chance(workspace, capsys):
    evaluate.work(PARAMS, "weak")  # untrained
    assert "Student weak is no better than chance, as far as 28 clips can tell" in capsys.readouterr().err


def test_clips_that_leak_are_left_out_of_the_scores_and_counted(workspace):
    write_excluded(evaluate.EXCLUDED, [("scenes", IDS[5]), ("scenes", IDS[20]), ("other", IDS[6])])
    evaluate.work(PARAMS, "weak")
    evaluation = read_evaluation()
    assert [evaluation[key] for key in ("n_clips", "n_clips_unread", "n_clips_excluded")] == [26, 2, 2]


def test_classes_are_a_table_and_a_second_run_gives_the_same_bytes(workspace):
    evaluate.work(PARAMS, "weak")
    first = [path.read_bytes() for path in sorted(Path("reports/evaluate").iterdir())]
    with Path("reports/evaluate/weak_classes.csv").open() as handle:
        assert [(row["name"], int(row["positives"])) for row in csv.DictReader(handle)] == [
            ("Dog", TRUTH[2:, 0].sum()),
            ("Cat", TRUTH[2:, 1].sum()),
        ]
    evaluate.work(PARAMS, "weak")
    assert [path.read_bytes() for path in sorted(Path("reports/evaluate").iterdir())] == first


def test_a_model_of_another_vocabulary_or_front_end_is_refused(workspace):
    save_model(evaluate.TRAINED / "10", 1, vocabulary=Vocabulary(("/m/b", "/m/a"), ("Cat", "Dog")))
    save_model(evaluate.TRAINED / "5", 1, front_end_hash="0123456789")
    for key, reason in {"10": "same classes in another order", "5": "front end 01234567"}.items():
        with pytest.raises(PslError, match=f"data/models/{key}/seed1.*{reason}"):
            evaluate.work(PARAMS, key)
    assert not Path("reports").exists()


@pytest.mark.parametrize("key", ["10", "7"])
def test_a_model_that_was_not_trained_is_a_sentence(workspace, key):
    with pytest.raises(PslError, match=f"no trained model in data/models/{key}"):
        evaluate.work(PARAMS, key)


def test_a_clip_outside_the_lists_is_refused(workspace):
    write_features(evaluate.FEATURES / "scenes/eval-00001.parquet", FRONT_END, [("stray", 1000, MELS["clip03"])])
    assert len(FeatureStore(evaluate.FEATURES / "scenes", ["eval"])) == 29
    with pytest.raises(PslError, match="first stray"):
        evaluate.work(PARAMS, "weak")
