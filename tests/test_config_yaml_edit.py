"""An entry goes with the comments above and beside it, and with no others."""

from params_files import ROOT

from psl.config.presets import round_trip_yaml, text_of
from psl.config.yaml_edit import remove_entry

PARAMS = """\
# of students
students:  # beside students
  "5": {window_seconds: 5.0}  # its own
  # of two
  "2": {window_seconds: 2.0}  # its own
# of ensembles
ensembles:
  windows:
    models:
    - "5"
    - "2"
# the end
"""


def without(*keys):
    """PARAMS without the entries `section.key`."""
    params = round_trip_yaml().load(PARAMS)
    for key in keys:
        remove_entry(params, *key.split("."))
    return text_of(params)


def test_a_comment_of_the_next_entry_stays():
    assert without("students.5").startswith(
        '# of students\nstudents:  # beside students\n  # of two\n  "2": {window_seconds: 2.0}  # its own\n'
    )


def test_a_comment_of_the_next_section_stays():
    text = without("students.2")
    assert '  "5": {window_seconds: 5.0}  # its own\n' in text and "\n# of ensembles\nensembles:\n" in text


def test_an_empty_section_keeps_its_place_and_comment():
    text = without("students.5", "students.2")
    assert text.startswith("# of students\nstudents: {} # beside students\n") and "# of ensembles\nensembles:" in text


def test_a_comment_below_the_last_section_stays():
    assert "# the end\n" in without("ensembles.windows") and "ensembles: {}" in without("ensembles.windows")


def test_nothing_else_changes():
    text = (ROOT / "presets/default.yaml").read_text()
    assert text_of(round_trip_yaml().load(text)) == text
