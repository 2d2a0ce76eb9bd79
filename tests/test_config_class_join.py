"""The join of classes as parameters: by mid unless stated, and an ontology for the join that needs one alone."""

import pytest
from pydantic import ValidationError

from psl.config.class_join import ClassJoin


def test_what_is_not_stated_is_a_join_by_mid_that_keeps_weak_labels():
    assert ClassJoin() == ClassJoin(join="mid", ontology=None, table=None, unmatched="weak")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"join": "ontology"}, "belongs to join: ontology, which needs it"),
        ({"join": "mid", "ontology": "o.json"}, "belongs to join: ontology, which needs it"),
        ({"join": "name"}, "Input should be 'mid' or 'ontology'"),
        ({"join": "ontology", "ontology": ""}, "at least 1 character"),
        ({"table": 1}, "valid string"),
        ({"unmatched": "zero"}, "Input should be 'weak' or 'ignore'"),
        ({"tables": "t.csv"}, "Extra inputs are not permitted"),
    ],
)
def test_faults_are_named(fields, message):
    with pytest.raises(ValidationError, match=message):
        ClassJoin(**fields)


def test_both_joins_take_a_table():
    assert ClassJoin(table="t.csv").table == ClassJoin(join="ontology", ontology="o.json", table="t.csv").table
