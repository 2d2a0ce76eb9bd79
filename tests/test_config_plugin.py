"""A plugin is one new file: its name and options are checked by its source, which is not run."""

import pytest

from psl.config.plugin import Plugin, check_plugin

SOURCE = """raise SystemExit("this file is not to be run")

def build(n, *, width: float, depth: int = 2, name_of: str | None = None, sizes: tuple[int, ...] = (),
          pair: tuple[int, str] = (1, ""), mode: Literal["a", "b"] = "a", on: bool = True, other: Thing = None):
    pass
"""


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    (tmp_path / "plugs").mkdir()
    for name, source in {"__init__": "", "one": SOURCE, "two": "def build():\n    pass", "bare": "x = 1"}.items():
        (tmp_path / f"plugs/{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)


def check(name: str, **options) -> None:
    check_plugin("plugs", Plugin(name=name, **options), "some.key", "build")


@pytest.mark.parametrize(
    "options",
    [{}, {"depth": 3, "name_of": None, "sizes": [1, 2]}, {"name_of": "a", "pair": (1, "x"), "mode": "b", "other": 1.5}],
)
def test_options_of_the_annotated_types_are_accepted(options):
    check("one", width=1, **options)


@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [
        ("width", "1", "float"),
        ("width", True, "float"),
        ("depth", 1.5, "int"),
        ("name_of", 1, r"str \| None"),
        ("sizes", (1, "a"), r"tuple\[int, \.\.\.\]"),
        ("sizes", 1, "tuple"),
        ("pair", (1,), r"tuple\[int, str\]"),
        ("mode", "c", "Literal"),
        ("on", 1, "bool"),
    ],
)
def test_values_of_other_types_are_refused(option, value, kind):
    with pytest.raises(ValueError, match=rf"^some.key.{option} .* is not of the type {kind}"):
        check("one", **{"width": 1.0} | {option: value})


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("three", {}, r"^some.key.name three is no file with build in plugs/: choose one of one, two$"),
        ("one", {}, "^some.key.width is missing: one has no default for it$"),
        ("one", {"width": 1.0, "wdth": 1.0}, "^some.key.wdth is not an option of one: it has width, depth, "),
        ("two", {"width": 1.0}, "^some.key.width is not an option of two: it has none$"),
        ("bare", {}, r"^some.key.name bare is no file with build in plugs/: choose one of one, two$"),
    ],
)
def test_unknown_names_and_options_are_refused_with_those_that_exist(name, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        check(name, **options)


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], float("nan")])
def test_options_are_numbers_words_and_lists_of_them(value):
    with pytest.raises(ValueError):
        Plugin(name="one", width=value)


@pytest.mark.parametrize("name", ["../one", "a.b", "__init__", "", 3])
def test_a_name_is_an_identifier(name):
    with pytest.raises(ValueError):
        Plugin(name=name)


def test_a_plugin_is_written_as_it_was_given_and_cannot_change():
    plugin = Plugin.model_validate({"name": "one", "width": 1.0, "sizes": [1, 2]})
    assert plugin.model_dump() == {"name": "one", "width": 1.0, "sizes": (1, 2)}
    assert plugin.options == {"width": 1.0, "sizes": (1, 2)} and plugin == Plugin(name="one", width=1.0, sizes=(1, 2))
    with pytest.raises(ValueError):
        plugin.width = 2.0


def test_a_package_that_cannot_be_imported_is_found_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("psl.config.plugin.find_spec", lambda package: None)
    check("two")


def test_a_file_that_is_not_python_matters_to_those_who_name_it_alone(tmp_path):
    (tmp_path / "plugs/broken.py").write_text("x = 1\ndef build(:\n")
    check("two")
    with pytest.raises(ValueError, match=r"plugs/broken.py is not Python, line 2: "):
        check("broken")
