"""What became of clips, by subset and class; and the stage that writes it to reports/."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_features_extract import FRONT_END, PARAMS, corpus, row, write_manifest

from psl.errors import PslError
from psl.features.outcomes import STATUSES, lines, outcomes, refuse_few
from psl.params import FeaturesParams, Params
from psl.params.shards import ShardsParams
from psl.schemas import MANIFEST, nested
from psl.vocabulary import Vocabulary
from tasks import features

AB = Vocabulary(("/a", "/b"), ("A", "B"))


def counted(*clips, classes=AB):
    """Of (subset, labels, status)."""
    rest = dict(start_s=0.0, end_s=1.0, source="s", audio_hash=None, path=None)
    rows = [dict(rest, clip_id=str(i), subset=subset, labels=labels) for i, (subset, labels, _) in enumerate(clips)]
    status = pa.chunked_array([pa.array([status for *_, status in clips], pa.string())])
    return outcomes(pa.Table.from_pylist(rows, MANIFEST), status, classes)


clip = st.tuples(
    st.sampled_from(["balanced", "full", "eval", "noisy"]), st.lists(st.sampled_from(AB.mids), unique=True), st.sampled_from(STATUSES)
)


@given(st.lists(clip, max_size=12))
def test_outcomes_vs_reference(clips):
    for outcome in counted(*clips):
        here = [status for subset, mids, status in clips if subset in nested(outcome.subset) and outcome.mid in (None, *mids)]
        got = (outcome.asked, outcome.present, outcome.missing, outcome.unreadable, outcome.too_short, outcome.silent)
        assert got == (len(here), *(here.count(status) for status in STATUSES))


def test_lines_say_what_became_of_the_others_and_name_lost_classes():
    clips = [("eval", ["/a"], "present"), ("eval", ["/b"], "silent"), ("eval", [], "too short"), ("eval", [], "too short")]
    assert lines(counted(*clips)) == ["eval: 1 of 4 clips present (25.0%), 2 too short, 1 silent; none of 1 classes: B"]
    assert lines(counted(("eval", ["/a"], "present"))) == ["eval: 1 of 1 clips present (100.0%)"]


@pytest.mark.parametrize(("share", "told"), [(0.5, None), (0.51, r"\(eval: 1 of 2 clips"), (0.7, r"\(eval: .* missing; full: 2 of 3")])
def test_each_subset_has_to_reach_the_share(share, told):
    clips = [("full", [], "present"), ("full", [], "present"), ("full", [], "silent"), ("eval", [], "present"), ("eval", [], "missing")]
    counts = sorted(counted(*clips, classes=None), key=lambda outcome: outcome.subset)
    if told is None:
        refuse_few(counts, share)
    else:
        with pytest.raises(PslError, match=told):
            refuse_few(counts, share)


def test_the_stage_writes_the_counts_and_says_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/metadata").mkdir(parents=True)
    place = tmp_path / "data/metadata/mine"
    rows = corpus(tmp_path, 3)
    rows[0]["labels"] = ["/a"]
    write_manifest(tmp_path, [*rows, row(tmp_path, "lost", path=None, audio_hash=None, labels=["/b"])])
    (tmp_path / "metadata").rename(place)
    AB.write(place / "classes.csv")
    features.work(
        Params.model_construct(
            front_end=FRONT_END, features=FeaturesParams(**PARAMS), shards=ShardsParams(runner="processes", workers=1, address=None)
        ),
        "mine",
    )
    assert (tmp_path / "reports/clips/mine.csv").read_text().splitlines()[:4] == [
        "subset,mid,name,asked,present,missing,unreadable,too_short,silent",
        "balanced,,,3,2,1,0,0,0",
        "balanced,/a,A,1,1,0,0,0,0",
        "balanced,/b,B,1,0,1,0,0,0",
    ]
    assert "mine, balanced: 2 of 3 clips present (66.7%), 1 missing; none of 1 classes: B" in capsys.readouterr().err
