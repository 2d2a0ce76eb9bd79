"""`psl labels` asks the store what docs/label_store.md shows, and says in one sentence what cannot be asked."""

import csv
import json
import re
import shlex
import subprocess
import sys

import duckdb
import pyarrow.parquet as pq
import pytest
from imports import ROOT
from label_fakes import VOCABULARY, model_scores, score_files, write, write_corpus

from psl.io.schemas import Q_ONE
from psl.labels.queries import recipes
from psl.labels.score_store import build_score_store
from psl.labels.store import build_store

TEXT = (ROOT / "docs/label_store.md").read_text()
RECIPE = re.compile(r"```sh\n(psl labels .*?)\n```\n(?:\n[^`].*?)?\n```sql\n(.*?);\n```", re.DOTALL)
RECIPES = [(" ".join(command.split()), query) for command, query in RECIPE.findall(TEXT)]
NAMES = [shlex.split(command)[2] for command, _ in RECIPES]
FIRST, SECOND = "-9Ox2Wjwh2E_0", "--PJHxphWEs_30000"
CLIPS = {
    SECOND: [[0.9, 0.04, 0.51], [0.2, 0.6, 0.0]],
    FIRST: [[0.3, 0.0, 0.35], [0.0, 0.01, 0.41]],
    "y": [[0.0, 0.8, 0.7]],
}


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A store with two window sizes of three clips, at the place where the stage writes it."""
    monkeypatch.chdir(tmp_path)
    clips = {clip: CLIPS[clip] for clip in sorted(CLIPS)}
    write(tmp_path / "10.parquet", {clip: p[:1] for clip, p in clips.items()}, seconds=10)
    write(tmp_path / "2.parquet", clips, min_probability=0.02)
    write(tmp_path / "weak.parquet", {clip: [[0, 0, 0]] for clip in clips}, min_probability=1 / Q_ONE)
    weak = {SECOND: ["/m/a"], FIRST: ["/m/b", "/m/c"], "y": ["/m/b"]}
    corpus = write_corpus(tmp_path / "corpus", weak, [(SECOND, 2.0, 3.0, "/m/b"), (FIRST, 0.5, 1.0, "/m/c")])
    files = {key: tmp_path / f"{key}.parquet" for key in ("10", "2")}
    build_store(tmp_path / "data/labels.duckdb", files, tmp_path / "weak.parquet", corpus)
    corpus = write_corpus(tmp_path / "corpus", weak | {"-e": ["/m/c"]})
    scores = score_files(tmp_path, {"2": model_scores({SECOND: [0.9, 0.02, 0.5], "-e": [0.5, 0.0, 0.2]})})
    build_score_store(tmp_path / "data/scores.duckdb", scores, corpus, VOCABULARY)
    return tmp_path


@pytest.fixture
def rows(psl):
    """Runs a command of `psl labels`; its rows as text."""

    def run(*arguments):
        code, out, err = psl("labels", *arguments, "--format", "csv")
        assert code == 0, (code, err)
        return [tuple(row.values()) for row in csv.DictReader(out.splitlines())]

    return run


def of_query(query):
    """The rows of a query in a plain client, as DuckDB writes CSV."""
    with duckdb.connect("data/labels.duckdb", read_only=True) as client:
        client.execute(
            "ATTACH 'data/scores.duckdb' AS s (READ_ONLY); CREATE TEMP VIEW model_scores AS FROM s.model_scores"
        )
        client.sql(query).write_csv("expected.csv")
    with open("expected.csv") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def test_the_docs_have_a_recipe_for_each_command():
    asked = {"missing", "contradictions", "counts", "cooccurrence", "compare", "clip", "export", "sql"}
    assert set(NAMES) == asked and len(RECIPES) == len(asked)


@pytest.mark.parametrize(("command", "query"), RECIPES, ids=NAMES)
def test_a_command_gives_the_rows_of_its_query(stored, rows, command, query):
    words = shlex.split(command)[2:]
    at = words.index("--out") if "--out" in words else len(words)
    found = rows(*words[:at], *words[at + 2 :])
    assert found == of_query(query) and found


def test_the_recipes_find_what_there_is(stored, rows):
    assert rows("missing") == [
        ("y", "Music", "0.7", ""),
        (SECOND, "Dog, bark", "0.6", "true"),
        (SECOND, "Music", "0.51", "false"),
    ]
    assert rows("contradictions", "--window", "2") == [(FIRST, "Dog, bark", "", "false")]
    assert rows("contradictions", "--window", "10") == [(FIRST, "Dog, bark", "0.0", "false")]
    assert rows("counts")[0] == ("2", "2.0", "1", "3", "0.6")
    assert rows("cooccurrence") == [("Dog, bark", "Music", "1"), ("Music", "Speech", "1")]
    assert rows("compare", "2", "10") == [
        ("Dog, bark", "2", "1", "1", "1", "0"),
        ("Music", "3", "3", "3", "0", "0"),
        ("Speech", "1", "1", "1", "0", "0"),
    ]
    assert rows("missing", "--class", "/m/a") == rows("missing", "--class", "Speech") == []


def test_an_evaluation_clip_has_its_labels_and_scores(stored, rows, psl):
    assert rows("clip", "-e") == [("weak", "", "", "Music", ""), ("model 2", "", "", "Speech", "0.5")]
    assert "-e: " in (err := psl("labels", "clip", "-e")[2]) and "audio/-e.wav, 30 to 40 s" in err


@pytest.mark.parametrize("clip", [FIRST, SECOND])
def test_an_id_that_begins_with_a_hyphen_is_an_id(stored, rows, psl, clip):
    found = rows("clip", clip, "--above", ".4")
    assert [row[3] for row in found if row[0] == "event"] == [{FIRST: "Music", SECOND: "Dog, bark"}[clip]]
    scored = [row[3:] for row in found if row[0] == "model 2"]
    assert scored == {FIRST: [], SECOND: [("Speech", "0.9"), ("Music", "0.5")]}[clip]
    code, out, err = psl("labels", "clip", clip)
    assert code == 0 and f"{clip}: corpus/audio/{clip}.wav, 30 to 40 s; subset balanced" in err.replace(
        f"{stored}/", ""
    )
    assert out.splitlines()[0].split() == ["label", "start_s", "end_s", "name", "p"]


def test_rows_are_a_table_csv_or_parquet(stored, psl):
    code, out, _ = psl("labels", "missing", "--window", "2", "--limit", "2")
    assert code == 0 and [line.split() for line in out.splitlines()[1:]] == [
        ["y", "Music", "0.7"],
        [SECOND, "Dog,", "bark", "0.6", "yes"],
    ]
    assert psl("labels", "export", "--above", "0", "--out", "new/all.parquet")[0] == 0
    assert pq.read_table("new/all.parquet").num_rows == 10
    assert psl("labels", "export", "--format", "csv", "--out", "all.txt")[0] == 0
    with open("all.txt") as file:
        assert file.readline() == "clip_id,window_key,window_s,start_s,end_s,mid,name,p\n"
    assert "all.txt exists" in psl("labels", "counts", "--out", "all.txt")[0]
    assert "say which --format" in psl("labels", "counts", "--out", "rows.xls")[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing", "--class", "Speach"], r"has no class Speach: it has 3, such as Speech"),
        (["missing", "--window", "3"], r"has no window key 3: .* 2, 10$"),
        (["compare", "2", "-5"], r"has no window key -5"),
        (["missing", "--above", ".05"], r"--above 0.05 is too low"),
        (["clip", "-9Ox2Wjwh2E_1"], r"has no clip -9Ox2Wjwh2E_1: it has 4, such as -9Ox2Wjwh2E_0"),
        (["sql", "COPY clips TO 'x.csv'"], r"takes one query that reads, and this is COPY"),
        (["sql", "DELETE FROM clips"], r"this is DELETE"),
        (["sql", "SELECT 1; ATTACH 'x'"], r"this is SELECT and ATTACH"),
        (["sql", "-- nothing"], r"this is none"),
        (["sql", "SELEC 1"], r"the query cannot be run \(Parser Error: syntax error at or near"),
        (["sql", "SELECT clip FROM named_clips"], r"cannot be run \(Binder Error: Referenced column"),
        (["counts", "--store", "none.duckdb"], r"the label store none.duckdb does not exist: run `dvc repro"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(stored, psl, arguments, sentence):
    before = (stored / "data/labels.duckdb").read_bytes()
    said = psl("labels", *arguments)[0]
    assert re.search(sentence, said) and "\n" not in said
    assert (stored / "data/labels.duckdb").read_bytes() == before and not (stored / "x.csv").exists()


def test_a_table_without_rows_says_so(stored, psl):
    assert psl("labels", "missing", "--above", "1") == (
        0,
        "clip_id  name  p  truth\n",
        "there is nothing of that kind in the store\n",
    )


def test_a_store_of_an_older_psl_is_to_be_written_again(stored, psl):
    with duckdb.connect("old.duckdb") as old:
        old.execute("CREATE TABLE provenance (record VARCHAR)")
    assert "old.duckdb is not a label store" in psl("labels", "counts", "--store", "old.duckdb")[0]


def test_sql_that_begins_with_a_comment_reads(stored, rows):
    assert rows("sql", "-- how many\nSELECT count(*) FROM clips") == [("3",)]


def test_no_question_waits_for_imports(stored):
    ask = f"app(['labels', 'counts', '--store', '{stored}/data/labels.duckdb'], standalone_mode=False)"
    code = f"import sys, json; from psl.cli import app; {ask}; print(json.dumps([*sys.modules]))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    modules = {name.partition(".")[0] for name in json.loads(shown.splitlines()[-1])}
    assert not modules & {"torch", "prefect", "dvc", "pyarrow"} and recipes.Q_ONE == Q_ONE
