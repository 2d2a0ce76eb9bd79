"""Training and evaluation share no source, and every class is divided near to the share."""

import pytest
from own_recordings import clips_of

from psl.corpora.custom.split import evaluation_sources, split_clips
from psl.runtime.errors import PslError


@pytest.mark.parametrize("seed", range(5))
def test_every_class_is_divided_by_sources_near_to_the_share(seed):
    clips = clips_of({("ab"[n % 2] if n % 3 else "ab", f"s{n}"): 1 + n % 3 for n in range(60)})
    sources = evaluation_sources(clips, 0.2, seed)
    for mid in "ab":
        of_class = [clip for clip in clips if mid in clip.mids]
        assert 0.15 < sum(clip.source in sources for clip in of_class) / len(of_class) < 0.27
    assert sources != evaluation_sources(clips, 0.2, seed + 1)


def test_no_source_is_in_both_subsets_and_no_clip_is_lost():
    clips = clips_of({("ab"[n % 2], f"s{n % 9}"): 2 for n in range(18)})
    split = split_clips(clips, 0.3, 1)
    sources = [{clip.source for clip in split[subset]} for subset in ("train", "eval")]
    assert not sources[0] & sources[1] and sorted(map(str, [*split["train"], *split["eval"]])) == sorted(
        map(str, clips)
    )


def test_a_class_of_one_source_stays_in_training():
    clips = clips_of({("a", "s1"): 3, ("b", "s2"): 3, ("b", "s3"): 3, ("b", "s4"): 3})
    assert "s1" not in evaluation_sources(clips, 0.5, 1)


def test_classes_of_one_source_alone_cannot_be_divided():
    with pytest.raises(PslError, match="the 4 clips come from 2, and some class needs two"):
        split_clips(clips_of({("a", "s1"): 2, ("b", "s2"): 2}), 0.2, 1)


def test_a_class_of_two_large_sources_is_divided_all_the_same():
    assert len(evaluation_sources(clips_of({("a", "s1"): 5, ("a", "s2"): 5}), 0.2, 1)) == 1
