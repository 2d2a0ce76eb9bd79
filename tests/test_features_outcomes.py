"""The counts of each status by subset and class, and the stage that writes them to reports/."""

from dataclasses import astuple

import pyarrow as pa
import pytest
from feature_corpora import FRONT_END, PARAMS, corpus, row, write_manifest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import AUDIOSET_LAYOUT

from psl.config import FeaturesParams, Params
from psl.config.shards import ShardsParams
from psl.features.extraction.outcomes import STATUSES, lines, outcomes, require_present
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError
from tasks import features

AB = Vocabulary(("/a", "/b"), ("A", "B"))


def counted(*clips, classes=AB):
    """Of (subset, labels, status)."""
    rest = dict(start_s=0.0, end_s=1.0, source="s", audio_hash=None, path=None)
    rows = [dict(rest, clip_id=str(i), subset=subset, labels=labels) for i, (subset, labels, _) in enumerate(clips)]
    status = pa.chunked_array([pa.array([status for *_, status in clips], pa.string())])
    return outcomes(pa.Table.from_pylist(rows, MANIFEST), AUDIOSET_LAYOUT, status, classes)


clip = st.tuples(
    st.sampled_from(["balanced", "full", "eval"]),
    st.lists(st.sampled_from(AB.mids), unique=True),
    st.sampled_from(STATUSES),
)


@given(st.lists(clip, max_size=12))
def test_outcomes_vs_reference(clips):
    for outcome in counted(*clips):
        expected = [
            status
            for subset, mids, status in clips
            if subset in AUDIOSET_LAYOUT.parts_of(outcome.subset) and outcome.mid in (None, *mids)
        ]
        counts = astuple(outcome)[3:]
        assert counts == (len(expected), *(expected.count(status) for status in STATUSES))


def test_lines_give_the_other_statuses_and_name_classes_without_clips():
    clips = [
        ("eval", ["/a"], "present"),
        ("eval", ["/b"], "silent"),
        ("eval", [], "too short"),
        ("eval", [], "too short"),
    ]
    assert lines(counted(*clips)) == ["eval: 1 of 4 clips present (25.0%), 2 too short, 1 silent; none of 1 classes: B"]
    assert lines(counted(("eval", ["/a"], "present"))) == ["eval: 1 of 1 clips present (100.0%)"]


@pytest.mark.parametrize(
    ("share", "message"), [(0.5, None), (0.51, r"\(eval: 1 of 2 clips"), (0.7, r"\(eval: .* missing; full: 2 of 3")]
)
def test_each_subset_has_to_reach_the_share(share, message):
    clips = [
        ("full", [], "present"),
        ("full", [], "present"),
        ("full", [], "silent"),
        ("eval", [], "present"),
        ("eval", [], "missing"),
    ]
    counts = sorted(counted(*clips, classes=None), key=lambda outcome: outcome.subset)
    if message is None:
        require_present(counts, share)
    else:
        with pytest.raises(PslError, match=message):
            require_present(counts, share)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder with the metadata of the corpus `mine`: three clips, one with a label, and one without audio."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/metadata").mkdir(parents=True)
    rows = corpus(tmp_path, 3)
    rows[0]["labels"] = ["/a"]
    write_manifest(tmp_path, [*rows, row(tmp_path, "lost", path=None, audio_hash=None, labels=["/b"])])
    AB.write(tmp_path / "metadata/classes.csv")
    (tmp_path / "metadata").rename(tmp_path / "data/metadata/mine")
    return tmp_path


def test_the_stage_writes_and_logs_the_counts(repository, capsys):
    shards = ShardsParams(runner="processes", workers=1, address=None)
    params = Params.model_construct(front_end=FRONT_END, features=FeaturesParams(**PARAMS), shards=shards)
    features.work(params, "mine")
    assert (repository / "reports/clips/mine.csv").read_text().splitlines()[:4] == [
        "subset,mid,name,asked,present,missing,unreadable,too_short,silent",
        "balanced,,,3,2,1,0,0,0",
        "balanced,/a,A,1,1,0,0,0,0",
        "balanced,/b,B,1,0,1,0,0,0",
    ]
    assert "mine, balanced: 2 of 3 clips present (66.7%), 1 missing; none of 1 classes: B" in capsys.readouterr().err
