"""`psl compare`: two commits' models on the same clips, in a repository of two commits with DVC's lock and cache."""

import csv
import hashlib
import io
import json
import subprocess

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from label_fakes import VOCABULARY, write_corpus

from psl.evaluation.tagging.summary import evaluate
from psl.io.csv_tables import write_dicts
from psl.io.features.excluded import write_excluded
from psl.io.files import write_json
from psl.io.metadata.subsets import Subset, Subsets

N, SAMPLES = 60, 200
Y_NC = np.random.default_rng(0).random((N, 3)) < 0.4
NOISE_NC = np.random.default_rng(1).normal(size=(N, 3))


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

    def commit(self, models, clips=tuple(f"c{n:02d}" for n in range(N)), front_end="a", seed=1, unmatched=None):
        """Commit the evaluation of `models`, the skill of each by its key; tag the commit v1, v2, ..."""
        deps = self.data(clips, front_end)
        stages = {}
        for key, skill in models.items():
            score_SNC = {s: Y_NC * skill + NOISE_NC + 0.01 * s * NOISE_NC[::-1] for s in (1, 2)}
            found = evaluate(
                Y_NC,
                score_SNC,
                VOCABULARY,
                highest_SNC=score_SNC,
                unmatched=unmatched,
                bootstrap_samples=SAMPLES,
                confidence=0.95,
                seed=seed,
            )
            write_json(self.folder / f"reports/evaluate/{key}.json", found.summary)
            write_dicts(self.folder / f"reports/evaluate/{key}_classes.csv", list(found.classes[0]), found.classes)
            write_json(samples := self.folder / f"data/bootstrap/evaluate/{key}.json", found.samples)
            name = "evaluate_annotator" if key == "annotator" else f"evaluate@{key}"
            params = {"params.yaml": {"evaluate": {"seed": seed}}}
            stages[name] = {"deps": deps, "params": params, "outs": [self.keep(samples)]}
        (self.folder / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
        (self.folder / ".gitignore").write_text("data/\n.dvc/cache\n")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "run")
        self.count = getattr(self, "count", 0) + 1
        self.git("tag", f"v{self.count}")

    def data(self, clips, front_end):
        """What decides which clips are scored."""
        data = self.folder / "data"
        write_corpus(data / "metadata/scenes", {clip: [] for clip in clips})
        Subsets((Subset("balanced", False),)).write(data / "metadata/scenes")
        features = data / "features/scenes"
        features.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"subset": ["balanced"] * len(clips), "clip_id": clips}), features / "index.parquet")
        (features / "front_end.json").write_text(front_end)
        write_excluded(data / "leaks/excluded.parquet", [])
        return [self.keep(data / path) for path in ("metadata/scenes", "features/scenes", "leaks/excluded.parquet")]


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
    first, second = err.splitlines()
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


def test_other_features_of_the_same_clips_are_compared(history, psl):
    history.commit({"2": 1.0})
    history.commit({"2": 4.0}, front_end="b")
    assert "better" in psl("compare", "v1", "v2")[1]


def test_what_cannot_be_compared_is_said_in_a_sentence(history, psl):
    history.commit({"2": 1.0})
    history.commit({"5": 1.0})
    history.commit({"2": 1.0}, clips=("c00", *(f"d{n:02d}" for n in range(1, N))))
    history.commit({"2": 1.0}, seed=2)
    history.commit({"2": 1.0}, unmatched=[1])
    said = {words: psl("compare", *words.split())[0] for words in (
        "v1 v2", "v1 v3", "v1 v4", "v1 v5", "v1 nothing", "-v1 v2", "v1 v2 --model 2",
    )}  # fmt: skip
    assert "no model was evaluated at both v1" in said["v1 v2"]
    assert "was scored on 60 clips at v1" in said["v1 v3"] and ", 1 of them the same" in said["v1 v3"]
    assert "drew other bootstrap samples (200 with seed 1 and 200 with seed 2)" in said["v1 v4"]
    assert "was scored on 3 classes at v1" in said["v1 v5"] and "such as /m/b at one alone" in said["v1 v5"]
    assert "nothing is no commit" in said["v1 nothing"] and "-v1 is no commit" in said["-v1 v2"]
    assert "has no evaluated model 2: it has 5" in said["v1 v2 --model 2"]
    assert all("\n" not in sentence for sentence in said.values())


def test_what_the_cache_lacks_is_said_and_where_it_is_kept_counts(history, psl):
    history.commit({"2": 1.0})
    (history.folder / ".dvc/config").write_text("[cache]\n    dir = ../elsewhere\n")
    assert "cache does not have data/bootstrap/evaluate/2.json of v1" in psl("compare", "v1", "v1")[0]
    (history.folder / ".dvc/cache").rename(history.folder / "elsewhere")
    assert "no more than noise" in psl("compare", "v1", "v1")[1]
    history.git("rm", "-q", "dvc.lock")
    history.git("commit", "-q", "-m", "none")
    assert "has no dvc.lock" in psl("compare", "v1", "HEAD")[0]
