"""Classes that were looked for: people state them, the manifest keeps them, targets and scores leave out the rest."""

import csv
import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from own_recordings import read_rows, request, table, tone
from test_evaluate_stage import IDS, PARAMS, read_evaluation, workspace  # noqa: F401 (a fixture)
from test_manifest import ABC, rows
from test_targets import SOFT_WC, WEAK_NC, labels  # noqa: F401 (a fixture)
from toy import VOCABULARY

from psl.config import Published
from psl.corpora.custom.check import check
from psl.corpora.custom.clip_times import CustomClip
from psl.corpora.custom.split import evaluation_sources
from psl.corpora.custom.write import init_corpus
from psl.corpora.readers import write_metadata
from psl.evaluation.scores.bootstrap import sampled_clips
from psl.evaluation.scores.ranking.auc import auc
from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.evaluation.tagging.metrics import reference
from psl.evaluation.tagging.metrics.lwlrap import METRIC as LWLRAP
from psl.evaluation.tagging.metrics.mean_average_precision import bootstrap_map
from psl.evaluation.tagging.summary import class_columns, evaluate
from psl.io.labels.targets import Targets, weak_soft_labels
from psl.io.metadata.manifest import known_targets, read_manifest, require_all_looked_for, write_manifest
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError
from tasks import evaluate as stage

KNOWN_NC = np.array([[True, False, True], [True, False, False]])
NAN = np.nan


def looked_for(lists, classes):
    """A manifest of these labels, whose clips were searched for these classes."""
    column = MANIFEST.get_field_index("looked_for")
    return rows(lists).set_column(column, MANIFEST.field(column), pa.array(classes, MANIFEST.field(column).type))


def test_the_manifest_says_which_labels_are_known(tmp_path):
    write_manifest(tmp_path, looked_for([["/a"], ["/b"], []], [["/a", "/c"], None, []]))
    known_NC = known_targets(read_manifest(tmp_path), ABC)
    assert known_NC.tolist() == [[True, False, True], [True, True, True], [False, False, False]]
    assert known_targets(rows([["/a"], []]), ABC) is None


def test_a_label_that_was_not_looked_for_names_clip_and_class(tmp_path):
    with pytest.raises(PslError, match="clip clip001_0 has the label /b, which is none of the 1 classes that were"):
        write_manifest(tmp_path, looked_for([["/a"], ["/a", "/b"]], [None, ["/a"]]))
    assert not (tmp_path / "manifest.parquet").exists()


def test_a_class_outside_the_vocabulary_is_refused():
    with pytest.raises(PslError, match="clip000_0 has the looked-for class /z, which is none of the vocabulary's 3"):
        known_targets(looked_for([["/a"]], [["/a", "/z"]]), ABC)


def test_a_stage_that_needs_all_labels_refuses():
    require_all_looked_for(rows([["/a"]]), "transfers.x")
    with pytest.raises(PslError, match=r"transfers\.x takes a missing label for a negative, and in 1 of 2 clips, such"):
        require_all_looked_for(looked_for([["/a"], []], [None, ["/a"]]), "transfers.x")


def test_unknown_weak_labels_are_no_targets():
    weak = weak_soft_labels(VOCABULARY, ("a", "b"), np.array([900, 1000]), WEAK_NC)
    expected = [[1, NAN, 0], [0, NAN, NAN]]
    np.testing.assert_array_equal(Targets(weak, known_NC=KNOWN_NC).of(np.arange(2)), expected)


def test_in_a_mix_the_annotator_counts_alone_where_the_weak_label_is_unknown(labels):  # noqa: F811
    target_BC = Targets(labels, WEAK_NC, 0.25, KNOWN_NC).of(np.arange(3))
    mix_BC = 0.25 * SOFT_WC + 0.75 * WEAK_NC[[0, 0, 1]]
    np.testing.assert_allclose(target_BC, np.where(KNOWN_NC[[0, 0, 1]], mix_BC, SOFT_WC), atol=1e-5)


@pytest.mark.parametrize("rule", ["ignore", "weak"])
@pytest.mark.parametrize("known_NC", [None, KNOWN_NC])
def test_classes_that_the_annotator_lacks_are_unknown_or_weak(labels, rule, known_NC):  # noqa: F811
    unmatched = {"rule": rule, "mids": ["/m/c"]}
    lacking = replace(labels, provenance=labels.provenance | {"unmatched": unmatched})
    targets = Targets(lacking, WEAK_NC, 1.0, known_NC)
    last_B = {"ignore": [NAN, NAN, NAN], "weak": [0, 0, 1 if known_NC is None else NAN]}[rule]
    np.testing.assert_array_equal(targets.of(np.arange(3))[:, 2], last_B)
    np.testing.assert_allclose(targets.of(np.arange(3))[:, :2], SOFT_WC[:, :2], atol=1e-5)
    assert targets.partial == (rule == "ignore" or known_NC is not None)


def random_case(seed):
    """Truth, scores with ties, and what is known: a class only where present, one nowhere, one everywhere."""
    rng = np.random.default_rng(seed)
    y_NC, known_NC = rng.random((30, 6)) < 0.3, rng.random((30, 6)) < 0.6
    known_NC[:, 0], known_NC[:, 1], known_NC[:, 2] = y_NC[:, 0], False, True
    return y_NC & known_NC, rng.integers(9, size=(30, 6)) / 9, known_NC


@pytest.mark.parametrize(("fast", "slow"), [(average_precision, reference.average_precision), (auc, reference.auc)])
def test_a_class_is_scored_on_the_clips_in_which_it_was_looked_for(fast, slow):
    for seed in range(100):
        y_NC, score_NC, known_NC = random_case(seed)
        alone = [slow(y_NC[k, c : c + 1], score_NC[k, c : c + 1])[0] for c, k in enumerate(known_NC.T)]
        expected = np.where((known_NC & ~y_NC).any(axis=0), alone, NAN)
        np.testing.assert_allclose(fast(y_NC, score_NC, known_NC), expected, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(fast(y_NC, score_NC, np.ones_like(y_NC)), fast(y_NC, score_NC))


def test_bootstrap_vs_rows_written_out():
    y_NC, score_NC, known_NC = random_case(5)
    got_D = bootstrap_map(y_NC, [score_NC], 20, 3, known_NC=known_NC)[0]
    scored = [c for c in range(6) if y_NC[:, c].any() and (known_NC & ~y_NC)[:, c].any()]
    expected = []
    for sample in range(20):
        drawn_N = sampled_clips(30, sample, 3)
        ap_C = []
        for c in scored:
            kept_N = drawn_N[known_NC[drawn_N, c]]
            ap_C.append(reference.average_precision(y_NC[kept_N, c : c + 1], score_NC[kept_N, c : c + 1])[0])
        expected.append(np.nanmean(ap_C))
    np.testing.assert_allclose(got_D, expected, atol=1e-6)


def summary(y_NC, score_NC, known_NC, unmatched=None):
    quick = {"bootstrap_samples": 20, "confidence": 0.9, "seed": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = {1: score_NC}
        return evaluate(y_NC, scores, VOCABULARY, highest_SNC=scores, known_NC=known_NC, unmatched=unmatched, **quick)


def test_the_summary_counts_clips_per_class_and_names_those_without_a_negative():
    y_NC = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0]], bool)
    known_NC = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 1]], bool)
    found = summary(y_NC, y_NC * 0.5, known_NC)
    assert [row["clips"] for row in found.classes] == [2, 1, 3] and "clips" in class_columns(known_NC)
    assert [row["ap"] for row in found.classes] == [1, None, 1] and "clips" not in class_columns()
    assert (found.summary["n_classes"], found.summary["classes_left_out"]) == (2, ["Bell"])
    with pytest.raises(PslError, match="no class can be scored on the 3 clips"):
        summary(y_NC, y_NC * 0.5, y_NC)


def test_classes_that_a_model_does_not_have_are_named_and_not_scored():
    y_NC = np.array([[1, 1, 0], [0, 0, 0], [1, 0, 0]], bool)
    score_NC = np.array([[0.9, 0.0, 0.5], [0.1, 0.0, 0.5], [0.8, 0.0, 0.5]])
    found = summary(y_NC, score_NC, None, unmatched=(1,))
    assert found.summary["mAP"] == 1 and [row["ap"] for row in found.classes] == [1, None, None]
    names = {key: found.summary[key] for key in ("n_classes", "classes_left_out", "classes_unmatched")}
    assert names == {"n_classes": 1, "classes_left_out": [VOCABULARY.names[2]], "classes_unmatched": ["Bell"]}
    assert "clips" not in found.classes[0] and [row["positives"] for row in found.classes] == [2, 1, 0]
    assert "classes_unmatched" not in summary(y_NC, score_NC, None).summary
    assert summary(y_NC, score_NC, None, unmatched=()).summary["classes_unmatched"] == []
    with pytest.raises(PslError, match="none of the 1 of 3 classes that the model has can be scored on the 3 clips"):
        summary(y_NC, score_NC, None, unmatched=(0, 1))


def test_a_metric_of_whole_clips_refuses():
    with pytest.raises(PslError, match="lwlrap needs all labels"):
        LWLRAP.score(WEAK_NC, [SOFT_WC[:2]], known_NC=KNOWN_NC)


def test_the_stage_scores_what_was_looked_for(workspace):  # noqa: F811
    stage.work(PARAMS, "weak")
    whole = read_evaluation()
    folder = stage.METADATA / "scenes"
    clips = read_manifest(folder).to_pylist()
    for clip in clips:
        clip["looked_for"] = ["/m/a"] if clip["clip_id"] in IDS[:12] and "/m/b" not in clip["labels"] else None
    write_manifest(folder, pa.Table.from_pylist(clips, MANIFEST))
    stage.work(PARAMS, "weak")
    with Path("reports/evaluate/weak_classes.csv").open() as handle:
        dog, cat = csv.DictReader(handle)
    searched = [clip for clip in clips if clip["clip_id"] in IDS[2:] and clip["looked_for"] is None]
    assert (int(dog["clips"]), int(cat["clips"])) == (28, len(searched)) and len(searched) < 28
    assert read_evaluation()["mAP"] != whole["mAP"] and json.dumps(read_evaluation())


# a person's own recordings


@pytest.fixture
def folder(tmp_path):
    for number in range(12):
        tone(tmp_path / f"own/{number:02}.wav", number)
    return tmp_path / "own"


def stated(folder, header="file,labels,looked_for", rest="Dog,"):
    """Six recordings of dogs or cats searched for all, six of which only dogs were looked for: one has none."""
    lines = [f"{number:02}.wav,{('Dog', 'Cat')[number % 2]},{('', '*')[number % 3 == 0]}" for number in range(6)]
    return table(folder, [*lines, *(f"{number:02}.wav,Dog,dog" for number in range(6, 11)), "11.wav,,Dog"], header)


def metadata_of(folder, target, tmp_path):
    (tmp_path / "metadata").mkdir()
    corpus = Published(kind="custom", source=str(target / "lists"), audio=str(target / "audio"))
    write_metadata(tmp_path / "metadata", corpus)
    return {clip["clip_id"]: clip for clip in read_manifest(tmp_path / "metadata").to_pylist()}


def test_a_column_says_what_was_looked_for(folder, tmp_path):
    init_corpus(request(folder, stated(folder)), tmp_path / "corpus", 0.3, 1)
    clips = metadata_of(folder, tmp_path / "corpus", tmp_path)
    dog, cat = "/m/0bt9lr", "/m/01yrx"
    assert clips["01"]["looked_for"] is None and set(clips["00"]["looked_for"]) == {dog, cat}
    assert [clips[name]["looked_for"] for name in ("07", "11")] == [[dog], [dog]] and clips["11"]["labels"] == []


def test_a_file_says_it_for_the_other_rows_and_a_subsets_file_for_the_lists(folder, tmp_path):
    (tmp_path / "sought.txt").write_text("cat\nDog\n")
    asked = replace(request(folder, stated(folder)), looked_for=tmp_path / "sought.txt")
    clips, vocabulary = check(asked)
    assert {set(clip.looked_for) == set(vocabulary.mids) for clip in clips if clip.file < "06"} == {True}
    init_corpus(request(folder, stated(folder)), tmp_path / "corpus", 0.3, 1)
    subset_of = {row["clip_id"]: row["subset"] for row in read_rows(tmp_path / "corpus/lists/clips.csv")}
    (tmp_path / "corpus/lists/looked_for_train.txt").write_text("/m/01yrx\n/m/0bt9lr\n")
    found = metadata_of(folder, tmp_path / "corpus", tmp_path)
    expected = {name: ["/m/01yrx", "/m/0bt9lr"] if subset == "train" else None for name, subset in subset_of.items()}
    assert {name: found[name]["looked_for"] for name in ("01", "02", "04", "05")} == {
        name: expected[name] for name in ("01", "02", "04", "05")
    }
    assert found["07"]["looked_for"] == ["/m/0bt9lr"]
    assert (tmp_path / "metadata/lists/looked_for_train.txt").exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("11.wav,Cat,Dog", r"11.wav has the label 'Cat', which was not looked for \(line 13 of .*labels.csv\)"),
        ("11.wav,Dog,Dog;Dgo", r"line 13 of .*labels.csv says that 'Dgo' was looked for, which is no class"),
        ("11.wav,,", "11.wav has no label"),
    ],
)
def test_each_fault_is_a_line(folder, tmp_path, row, reason):
    path = stated(folder)
    path.write_text(path.read_text().replace("11.wav,,Dog", row))
    with pytest.raises(PslError, match=rf"(?s)has 1 fault:.*{reason}"):
        init_corpus(request(folder, path), tmp_path / "corpus", 0.3, 1)
    assert not (tmp_path / "corpus").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "looked_for_eval.txt names no class"), ("Dog\n", "line 1 of .*looked_for_eval.txt is broken: .*not Dog")],
)
def test_a_broken_file_of_a_subset_is_a_sentence(folder, tmp_path, text, reason):
    init_corpus(request(folder, stated(folder)), tmp_path / "corpus", 0.3, 1)
    (tmp_path / "corpus/lists/looked_for_eval.txt").write_text(text)
    with pytest.raises(PslError, match=reason):
        metadata_of(folder, tmp_path / "corpus", tmp_path)


def test_without_a_statement_the_lists_have_no_such_column(folder, tmp_path):
    path = table(folder, [f"{number:02}.wav,{('Dog', 'Cat')[number % 2]}" for number in range(12)])
    init_corpus(request(folder, path), tmp_path / "corpus", 0.3, 1)
    assert "looked_for" not in read_rows(tmp_path / "corpus/lists/clips.csv")[0]
    with pytest.raises(PslError, match=r"gone\.txt of --looked-for does not exist"):
        check(replace(request(folder, path), looked_for=tmp_path / "gone.txt"))


def test_clips_without_a_label_are_divided_too():
    clips = [CustomClip(f"{n}.wav", ("a",) if n % 2 else (), str(n), 1.0, ("a",)) for n in range(20)]
    chosen = evaluation_sources(clips, 0.3, 1)
    assert sum(clip.source in chosen and not clip.mids for clip in clips) == 3
