"""docs/parameters.md is what the types say: no parameter is missing in it, and none lacks its meaning."""

import re
import sys

import pytest
from imports import ROOT
from params_files import DEFAULT
from pydantic import BaseModel

from psl.config.base import Closed, Count
from psl.config.comments import field_comments
from psl.config.page import parameters_page
from psl.config.params import Params
from tasks import params

PAGE = (ROOT / "docs/parameters.md").read_text()


class Shown(Closed):
    """Two fields, one of which says what it is above its line."""

    # how many,
    # and no more
    clips: Count
    many: tuple[Count, ...] = (1,)  # a list


class Longer(Shown):
    """One more, and one anew."""

    many: tuple[Count, ...] = (2,)
    name: str | None = None  # of it # and more


def all_types(base=Closed):
    for model in base.__subclasses__():
        yield model
        yield from all_types(model)


def test_the_page_is_what_the_types_say():
    assert parameters_page(DEFAULT) == PAGE, "run `python -m tasks.params page`"


def test_the_command_writes_it(tmp_path, monkeypatch):
    (tmp_path / "presets").symlink_to(ROOT / "presets")
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["params", "page"])
    params.main()
    assert (tmp_path / "docs/parameters.md").read_text() == PAGE


def test_every_section_is_there():
    assert {*re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)} == {*Params.model_fields} - {"corpus"}


def test_every_parameter_says_what_it_means():
    rows = [row.split(" | ") for row in re.findall(r"^\| `(?!architecture|augmentation`).*\|$", PAGE, re.MULTILINE)]
    assert len(rows) > 150 and [row for row in rows if len(row) == 4 and not row[-1].strip("| ")] == []


@pytest.mark.parametrize("name", ["train_student", "students", "transfers", "detect"])
def test_a_row_for_each_field(name):
    section = PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    types = [model for model in all_types() if (model.__doc__ or "!").split("\n")[0][:40] in section]
    fields = set().union(*(model.model_fields for model in types))
    assert types and fields == {row.partition(".")[0] for row in re.findall(r"^\| `([\w.]+)`", section, re.MULTILINE)}


def test_comments_above_and_beside_a_field_are_its_words():
    assert field_comments(Shown) == {"clips": "how many, and no more", "many": "a list"}


def test_what_a_type_states_anew_takes_the_place_of_what_it_inherits():
    assert field_comments(Longer) == {"clips": "how many, and no more", "name": "of it # and more"}


def test_a_type_without_source_has_no_comments():
    made = type("Made", (BaseModel,), {"__annotations__": {"n": int}})
    assert field_comments(made) == {}
