"""Subsets know what they contain and whether they train, and come back from corpus.json as they were written."""

import pytest
from small_corpora import AUDIOSET_LAYOUT

from psl.io.metadata.subsets import CORPUS_FILE, Subset, Subsets
from psl.runtime.errors import PslError


def test_a_subset_is_held_by_the_files_of_those_it_includes_and_its_own():
    assert AUDIOSET_LAYOUT.parts_of("full") == ("balanced", "aud300h", "full")
    assert AUDIOSET_LAYOUT.parts_of("balanced") == ("balanced",)
    assert AUDIOSET_LAYOUT.parts_of("eval") == ("eval",)
    twice = Subsets((Subset("a", True), Subset("b", True, ("a",)), Subset("c", True, ("a", "b"))))
    assert twice.parts_of("c") == ("a", "b", "c")


def test_roles_are_required_by_the_name_of_the_parameter():
    assert AUDIOSET_LAYOUT.training() == ("balanced", "aud300h", "full")
    assert AUDIOSET_LAYOUT.evaluating() == ("eval",)
    AUDIOSET_LAYOUT.require_training("full", "annotate.subset")
    AUDIOSET_LAYOUT.require_evaluating("eval", "evaluate.subset")
    expected = r"annotate\.subset is eval, which is no training subset .* balanced, aud300h, full"
    with pytest.raises(PslError, match=expected):
        AUDIOSET_LAYOUT.require_training("eval", "annotate.subset")
    with pytest.raises(PslError, match=r"detect\.subset is full, which is no evaluation subset .* one of eval"):
        AUDIOSET_LAYOUT.require_evaluating("full", "detect.subset")
    with pytest.raises(PslError, match="the corpus has none"):
        Subsets((Subset("train", True),)).require_evaluating("test", "transfers.a.test")


def test_an_unknown_subset_is_refused_with_those_that_exist():
    with pytest.raises(PslError, match="no subset train: choose one of balanced, aud300h, full, eval"):
        AUDIOSET_LAYOUT.parts_of("train")


@pytest.mark.parametrize("recordings", ["youtube", "freesound", None])
def test_what_was_written_is_read_again_with_the_same_bytes(tmp_path, recordings):
    subsets = Subsets(AUDIOSET_LAYOUT.subsets, recordings=recordings)
    subsets.write(tmp_path)
    first = (tmp_path / CORPUS_FILE).read_bytes()
    assert Subsets.read(tmp_path) == subsets
    Subsets.read(tmp_path).write(tmp_path)
    assert (tmp_path / CORPUS_FILE).read_bytes() == first


def test_a_missing_or_broken_file_is_a_sentence(tmp_path):
    with pytest.raises(PslError, match=r"no subsets at .*corpus\.json: run the stage metadata first"):
        Subsets.read(tmp_path)
    for text in ("{", "[]", '{"recordings": null}', '{"recordings": null, "subsets": [{"name": "a"}]}'):
        (tmp_path / CORPUS_FILE).write_text(text)
        with pytest.raises(PslError, match=r"corpus\.json cannot be read .*: run the stage metadata again"):
            Subsets.read(tmp_path)
