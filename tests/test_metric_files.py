"""A metric is a file: it is found by its name, and shown where one list names it."""

import sys
from importlib import import_module, invalidate_caches
from pathlib import Path

import numpy as np
import pytest
from test_tagging_metrics import SCORES, TRUTH

from psl.evaluation.scores.metric_files import load_metric, metric_names
from psl.evaluation.tagging import metrics, summary
from psl.evaluation.transfer.metric import clip_metric
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

NEW = """
from psl.evaluation.scores.clip_metric import ClipMetric
METRIC = ClipMetric(name="always 1", value=lambda y_NC, score_NC: 1.0, counts_unlabelled=True)
"""


@pytest.mark.parametrize("package", ["tagging.metrics", "detection.metrics"])
def test_every_metric_of_a_folder_has_another_name(package):
    names = metric_names(f"psl.evaluation.{package}")
    loaded = [import_module(f"psl.evaluation.{package}.{name}").METRIC.name for name in names]
    assert len(names) >= 4 and len(set(loaded)) == len(names)


@pytest.mark.parametrize("package", ["tagging.metrics", "detection.metrics"])
@pytest.mark.parametrize("name", ["mAP@3", "nothing", "__init__", ""])
def test_another_name_is_a_sentence_that_lists_the_files(package, name):
    with pytest.raises(PslError, match=r"has no metric .*: choose one of (collar_f, psds1|d_prime, lwlrap, map_at_3)"):
        load_metric(f"psl.evaluation.{package}.{name}")


def test_a_new_file_is_shown_when_one_line_names_it(tmp_path, monkeypatch):
    (tmp_path / "always_one.py").write_text(NEW)
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(tmp_path)])
    monkeypatch.setattr(summary, "SHOWN", (*summary.SHOWN, "psl.evaluation.tagging.metrics.always_one"))
    invalidate_caches()
    vocabulary = Vocabulary(tuple("abcd"), tuple("ABCD"))
    how = {"bootstrap_samples": 5, "confidence": 0.9, "seed": 1}
    scores = summary.evaluate(TRUTH, {1: SCORES}, vocabulary, highest_SNC={1: SCORES}, **how).summary
    assert scores["always 1"] == 1 and scores["mAP"] == 0.729167
    del sys.modules["psl.evaluation.tagging.metrics.always_one"]


@pytest.mark.parametrize("name", metric_names("psl.evaluation.tagging.metrics"))
def test_a_score_is_the_mean_over_seeds_of_the_clips_that_count(name):
    metric, y_NC = clip_metric(name), TRUTH & (np.cumsum(TRUTH, axis=1) == 1)  # one label a clip, for mAP@3
    both = metric.score(y_NC, [SCORES, SCORES], samples=4, seed=1)
    assert both.value_S.tolist() == [both.value] * 2 and both.name == metric.name
    assert metric.counted(y_NC).sum() == (5 if metric.counts_unlabelled else 4)
    assert (both.sample_D is None) == (metric.bootstrap is None)
    assert both.sample_D is None or len(both.sample_D) == 4


def test_training_needs_no_metric_file():
    source = Path(import_module("psl.evaluation.scores.ranking.average_precision").__file__).read_text()
    assert "tagging.metrics" not in source
