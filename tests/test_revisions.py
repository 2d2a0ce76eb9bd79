"""`psl compare`: two commits' models on the same clips, in a repository of two commits with DVC's lock and cache."""

import csv
import hashlib
import io
import json
import subprocess

import numpy as np
import pytest
import yaml
from label_fakes import VOCABULARY, write_corpus

from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.io.clip_scores import ModelScores, SeedScores, write_clip_scores
from psl.io.metadata.manifest import read_manifest, write_manifest

N, SAMPLES = 60, 200
Y_NC = np.random.default_rng(0).random((N, 3)) < 0.4
NOISE_NC = np.random.default_rng(1).normal(size=(N, 3))
IDS = [f"c{n:02d}" for n in range(N)]


class History:
    """A repository of psl's, whose commits hold the evaluation of models."""

    def __init__(self, folder):
        self.folder, self.cache = folder, folder / ".dvc/cache/files/md5"
        self.git("init", "-q")

    def git(self, *arguments):
        who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)

    def keep(self, path):
        """Put a file, or the files of a folder, into DVC's cache; the entry of dvc.lock."""
        if path.is_file():
            content, suffix = path.read_bytes(), ""
        else:
            files = [file for file in sorted(path.rglob("*")) if file.is_file()]
            inside = [{"relpath": str(file.relative_to(path)), "md5": self.keep(file)["md5"]} for file in files]
            content, suffix = json.dumps(inside).encode(), ".dir"
        md5 = hashlib.md5(content).hexdigest() + suffix
        target = self.cache / md5[:2] / md5[2:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return {"path": str(path.relative_to(self.folder)), "md5": md5}

    def commit(self, models, clips=IDS, *, numbers=(0, 1, 2), keeps_scores=True, **changes):
        """Commit the evaluation of `models`, the skill of each by its key; tag the commit v1, v2, ...

        `numbers` are the classes that the models have, and `changes` are of `data`.
        """
        deps, stages = self.data(clips, **changes), {}
        for key, skill in models.items():
            p_SNC = [Y_NC * skill + NOISE_NC + 0.01 * seed * NOISE_NC[::-1] for seed in (1, 2)]
            vocabulary = VOCABULARY.only(numbers)
            seeds = {
                seed: SeedScores(*2 * [p_NC[:, numbers].astype(np.float32)], np.zeros((N, len(numbers)), np.int32))
                for seed, p_NC in enumerate(p_SNC, 1)
            }
            path = self.folder / f"data/scores/{key}.parquet"
            write_clip_scores(path, ModelScores(clips, vocabulary, seeds))
            name = "evaluate_annotator" if key == "annotator" else f"evaluate@{key}"
            params = {"params.yaml": {"evaluate": {"seed": 1, "bootstrap_samples": SAMPLES, "confidence": 0.95}}}
            stages[name] = {"deps": deps, "params": params, "outs": [self.keep(path)] if keeps_scores else []}
        (self.folder / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
        (self.folder / ".gitignore").write_text("data/\n.dvc/cache\n")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "run")
        self.count = getattr(self, "count", 0) + 1
        self.git("tag", f"v{self.count}")

    def data(self, clips, relabelled=0, relabelled_classes=(0, 1, 2), moved=0):
        """What the labels of the clips are; of the first, those of these classes are others, or they lie elsewhere."""
        folder, given_NC = self.folder / "data/metadata/scenes", Y_NC.copy()
        given_NC[:relabelled, list(relabelled_classes)] ^= True
        mids = [[mid for mid, given in zip(VOCABULARY.mids, row, strict=True) if given] for row in given_NC]
        write_corpus(folder, dict(zip(clips, mids, strict=True)))
        table = read_manifest(folder)
        starts = [30.0 + (number < moved) for number in range(len(table))]
        write_manifest(folder, table.set_column(table.schema.get_field_index("start_s"), "start_s", [starts]))
        VOCABULARY.write(folder / "classes.csv")
        return [self.keep(folder)]


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return History(tmp_path)


def test_a_better_model_is_better_and_an_equal_one_is_noise(history, psl):
    history.commit({"annotator": 1.0, "2": 1.0, "gone": 1.0})
    history.commit({"annotator": 1.0, "2": 4.0, "new": 1.0})
    code, out, err = psl("compare", "v1", "v2", "--format", "csv")
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == 0 and list(rows) == ["annotator", "2"]
    assert float(rows["annotator"]["difference"]) == 0 and float(rows["annotator"]["p"]) == 1
    assert float(rows["2"]["low"]) > 0 and float(rows["2"]["p"]) < 0.05
    first, second = err.splitlines()[-2:]
    assert "annotator: mAP +0.0 points from v1 (" in first and first.endswith(
        "no more than noise, as clips and seeds vary"
    )
    assert second.endswith("better, and not by noise alone")
    assert psl("compare", "v2", "v1")[1].splitlines()[-1].endswith("worse, and not by noise alone")


def test_classes_are_compared_the_largest_difference_first(history, psl):
    history.commit({"2": 1.0})
    history.commit({"2": 2.0})
    out = psl("compare", "HEAD~1", "HEAD", "--model", "2", "--format", "csv")[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    differences = [float(row["difference"]) for row in rows]
    assert {row["class"] for row in rows} == {*VOCABULARY.names} and differences == sorted(differences, reverse=True)
    table = psl("compare", "HEAD~1", "HEAD", "--model", "2")[1].splitlines()
    assert table[0].split() == ["class", "clips", "first", "second", "difference"] and "mAP +" in table[-1]


def test_the_clips_count_that_both_scored_with_the_same_labels(history, psl):
    history.commit({"2": 1.0})
    history.commit({"2": 4.0}, clips=[*IDS[:50], *(f"d{n:02d}" for n in range(50, N))], relabelled=4)
    rows = [*csv.DictReader(io.StringIO(psl("compare", "v1", "v2", "--format", "csv")[1]))]
    scores = [average_precision(Y_NC[4:50], skill * Y_NC[4:50] + NOISE_NC[4:50] + 0.01 * s * NOISE_NC[::-1][4:50])
              for skill in (1, 4) for s in (1, 2)]  # fmt: skip
    assert [float(rows[0][name]) for name in ("first", "second")] == pytest.approx(
        [np.mean(scores[:2]), np.mean(scores[2:])], abs=1e-6
    )
    assert rows[0]["clips"] == "46" and "46 of 60 clips" in psl("compare", "v1", "v2")[1]


def test_another_recording_of_the_same_name_is_another_clip(history, psl):
    history.commit({"2": 1.0})
    history.commit({"2": 4.0}, moved=10)
    assert "50 of 60 clips" in psl("compare", "v1", "v2")[1]


def test_a_class_that_is_new_takes_no_clip_away(history, psl):
    history.commit({"2": 1.0}, numbers=(0, 1))
    history.commit({"2": 4.0}, numbers=(0, 1), relabelled=60, relabelled_classes=[2])
    assert ", 60 clips)" in psl("compare", "v1", "v2")[1]


def test_what_another_version_wrote_is_said(history, psl):
    history.commit({"2": 1.0})
    scores = history.folder / "data/scores/2.parquet"
    scores.write_bytes(b"PAR1")
    lock = yaml.safe_load((history.folder / "dvc.lock").read_text())
    lock["stages"]["evaluate@2"]["outs"] = [history.keep(scores)]
    (history.folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    history.git("commit", "-qam", "another")
    said = psl("compare", "HEAD~1", "HEAD")[0]
    assert "2 of HEAD" in said and said.endswith("compare commits that this version of psl wrote") and "\n" not in said


def test_the_classes_count_that_both_models_have(history, psl):
    history.commit({"2": 1.0})
    history.commit({"2": 1.0}, numbers=(2, 0))
    rows = [*csv.DictReader(io.StringIO(psl("compare", "v1", "v2", "--model", "2", "--format", "csv")[1]))]
    assert {row["class"] for row in rows} == {"Speech", "Music"}
    assert all(float(row["difference"]) == 0 for row in rows)


def test_few_clips_settle_nothing(history, psl):
    history.commit({"2": 1.0})
    history.commit({"2": 9.0}, clips=[*IDS[:20], *(f"d{n:02d}" for n in range(20, N))])
    assert psl("compare", "v1", "v2")[1].splitlines()[-1].endswith("which are too few to say")


def test_what_cannot_be_compared_is_said_in_a_sentence(history, psl):
    history.commit({"2": 1.0})
    history.commit({"5": 1.0})
    history.commit({"2": 1.0}, clips=[f"d{n:02d}" for n in range(N)])
    history.commit({"2": 1.0}, keeps_scores=False)
    said = {words: psl("compare", *words.split())[0] for words in (
        "v1 v2", "v1 v3", "v1 v4", "v1 nothing", "-v1 v2", "v1 v2 --model 2",
    )}  # fmt: skip
    assert "no model was evaluated at both v1" in said["v1 v2"]
    assert "share 3 classes and no clip of the same sound with the same labels" in said["v1 v3"]
    assert "did not keep data/scores/2.parquet yet at v4" in said["v1 v4"]
    assert "nothing is no commit" in said["v1 nothing"] and "-v1 is no commit" in said["-v1 v2"]
    assert "has no evaluated model 2: it has 5" in said["v1 v2 --model 2"]
    assert all("\n" not in sentence for sentence in said.values())


def test_what_the_cache_lacks_is_said_and_where_it_is_kept_counts(history, psl):
    history.commit({"2": 1.0})
    (history.folder / ".dvc/config").write_text("[cache]\n    dir = ../elsewhere\n")
    assert "cache does not have data/scores/2.parquet of v1" in psl("compare", "v1", "v1")[0]
    (history.folder / ".dvc/cache").rename(history.folder / "elsewhere")
    assert "no more than noise" in psl("compare", "v1", "v1")[1]
    history.git("rm", "-q", "dvc.lock")
    history.git("commit", "-q", "-m", "none")
    assert "has no dvc.lock" in psl("compare", "v1", "HEAD")[0]
