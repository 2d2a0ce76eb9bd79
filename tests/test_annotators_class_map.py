"""The corpus's classes seen from an annotator: the highest of each one's partners, and what becomes of the others."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.annotators.class_map import ClassMap
from psl.annotators.class_words import describe
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError


def vocabulary(prefix, count):
    return Vocabulary(tuple(f"{prefix}{n}" for n in range(count)), tuple(f"{prefix} {n}" for n in range(count)))


def made(partners, annotator=4, rule="weak"):
    return ClassMap(vocabulary("own", len(partners)), vocabulary("/m/", annotator), partners, rule)


def reference(class_map, p_BK):
    """One number after the other."""
    p_BC = np.zeros((len(p_BK), len(class_map.vocabulary)), np.float32)
    for b, p_K in enumerate(p_BK):
        for c, partners in enumerate(class_map.partners):
            p_BC[b, c] = max((p_K[k] for k in partners), default=0)
    return p_BC


@st.composite
def maps(draw):
    annotator = draw(st.integers(1, 12))
    partner_sets = st.sets(st.integers(0, annotator - 1), max_size=annotator)
    partners = draw(st.lists(partner_sets, min_size=1, max_size=9))
    return made(
        tuple(tuple(sorted(numbers)) for numbers in partners), annotator, draw(st.sampled_from(["weak", "ignore"]))
    )


@given(maps(), st.integers(0, 5), st.integers(0, 9), st.sampled_from([np.float32, np.float64, np.float16]))
def test_the_map_vs_reference(class_map, windows, seed, dtype):
    p_BK = np.random.default_rng(seed).random((windows, len(class_map.annotator))).astype(dtype)
    before = p_BK.copy()
    p_BC = class_map(p_BK)
    np.testing.assert_array_equal(p_BC, reference(class_map, p_BK))
    assert p_BC.dtype == np.float32 and not np.shares_memory(p_BC, p_BK)
    np.testing.assert_array_equal(p_BK, before)


@given(maps())
def test_a_map_comes_back_from_json_the_same(class_map):
    read = ClassMap.from_json(json.loads(json.dumps(class_map.as_json())), "annotator.json")
    assert read == class_map and read.hash == class_map.hash


def test_a_class_that_is_nan_stays_with_its_own_partners():
    p_BC = made(((0,), (1, 2), (), (0, 3)))(np.array([[0.5, np.nan, 0.2, 0.1]], np.float32))
    np.testing.assert_array_equal(p_BC, np.array([[0.5, np.nan, 0, 0.5]], np.float32))


def test_the_hash_is_of_what_probabilities_depend_on():
    base = made(((0,), (1,)))
    assert base.hash == made(((0,), (1,)), rule="ignore").hash
    others = [made(((1,), (0,))), made(((0,), ())), made(((0,), (1,)), annotator=5)]
    assert len({base.hash, *(other.hash for other in others)}) == 4


def test_only_the_same_classes_in_the_same_order_are_the_identity():
    same, pair = vocabulary("/m/", 2), ((0,), (1,))
    assert ClassMap(same, same, pair, "weak").is_identity
    others = [(same, vocabulary("own", 2), pair), (same, same, ((1,), (0,))), (same, vocabulary("/m/", 3), pair)]
    assert not any(ClassMap(*parts, "weak").is_identity for parts in others)


@pytest.mark.parametrize(
    ("partners", "rule", "message"),
    [
        (((0,), (4,)), "weak", "partners from 0 to 3, ascending, not 4"),
        (((0,), (-1,)), "weak", "not -1"),
        (((0,), (1.0,)), "weak", "not 1.0"),
        (((2, 1),), "weak", "from 0 to 3, ascending: join"),
        (((1, 1),), "weak", "from 0 to 3, ascending: join"),
        (((0,),), "zero", "weak or ignore, not zero"),
    ],
)
def test_partners_that_are_none_are_refused(partners, rule, message):
    with pytest.raises(PslError, match=message):
        made(partners, rule=rule)


def test_partners_for_another_vocabulary_are_refused():
    with pytest.raises(PslError, match="each of the corpus's 2 classes, not for 1"):
        ClassMap(vocabulary("own", 2), vocabulary("/m/", 2), ((0,),), "weak")


@pytest.mark.parametrize("shape", [(2, 3), (2, 5), (4,)])
def test_probabilities_of_another_class_list_are_refused(shape):
    with pytest.raises(PslError, match=r"of the shape \(.*and its class list has 4 classes"):
        made(((0,),))(np.zeros(shape, np.float32))


@pytest.mark.parametrize("key", ["corpus", "annotator", "partners", "unmatched"])
@pytest.mark.parametrize("value", [None, 3, [3], "x"])
def test_a_damaged_map_is_a_sentence(key, value):
    damaged = made(((0,), (1,))).as_json() | {key: value}
    with pytest.raises(PslError, match=r"in annotator\.json is damaged"):
        ClassMap.from_json(damaged, "annotator.json")
    del damaged[key]
    with pytest.raises(PslError, match=f"'{key}' is missing"):
        ClassMap.from_json(damaged, "annotator.json")


def test_words_name_the_first_ten_without_a_partner_and_count_them():
    text = describe(made(((0,), *((),) * 12)))
    assert "1 of the corpus's 13 classes has a partner among the annotator's 4: own 0 (own0) from /m/ 0 (/m/0)." in text
    assert text.count("(own") == 11 and "and 2 more." in text
    assert "12 have none and take the clip's weak label in every window: own 1 (own1), own 2 (own2)" in text


def test_words_of_a_single_one_that_stays_out():
    text = describe(made(((0, 1, 2, 3), *((1,),) * 10, ()), rule="ignore"))
    assert "own 0 (own0) from the highest of /m/ 0 (/m/0), /m/ 1 (/m/1), /m/ 2 (/m/2) and 1 more;" in text
    assert "and so on. 1 has none and stays out of the loss: own 11 (own11)." in text


def test_words_name_all_of_a_few():
    text = describe(made(((0,), (1,), (2,), (3,))))
    assert "own 3 (own3) from /m/ 3 (/m/3)." in text and "and so on" not in text


def test_words_say_nothing_of_unmatched_ones_where_there_are_none():
    assert describe(made(((0,), (1,)))).endswith("own 1 (own1) from /m/ 1 (/m/1).")
