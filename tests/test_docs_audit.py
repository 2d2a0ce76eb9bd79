"""What docs/audit.md shows can be copied: its commands run one after the other, and all options are in it."""

import re
import shlex

import duckdb
import pytest
from audit_cases import listener, yard
from imports import ROOT

TEXT = (ROOT / "docs/audit.md").read_text()
COMMANDS = [
    line.partition("#")[0]
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("psl ")
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """What the commands speak of."""
    folder = tmp_path_factory.mktemp("project")
    listener(folder / "models_of_others/mn04_as")
    files = sorted(yard(folder / "recordings").rglob("*.wav"))
    rows = [f"{path.relative_to(folder / 'recordings')},{path.parent.name}" for path in files]
    (folder / "labels.csv").write_text("\n".join(["file,labels", *rows]))
    return folder


def decide(folder, audit, out):
    """A person's decisions: the first row is a yes, the second a no."""
    lines = (folder / audit / "queue.csv").read_text().splitlines()
    said = [lines[1][:-1] + "yes,Ann", lines[2][:-1] + "no,Ann"]
    (folder / out).write_text("\n".join([lines[0], *said]))


def test_the_commands_run_one_after_the_other(psl, project, monkeypatch):
    monkeypatch.chdir(project)
    for command in COMMANDS:
        if command.startswith("psl labels apply decisions"):
            numbered = re.search(r"decisions(\d?).csv", command)[1]
            decide(project, f"audit{numbered}", f"decisions{numbered}.csv")
        if command.startswith("psl labels import-decisions"):
            track = min((project / "tracks").rglob("*.txt"))
            track.write_text(track.read_text().replace(" =", " = yes", 1))
        code, out, err = psl(*shlex.split(command)[1:])
        assert code == 0 and out, (command, code, err)
    assert len(COMMANDS) == 7
    (query,) = re.findall(r"`(SELECT .*?)`", TEXT)
    with duckdb.connect(str(project / "audit/audit.duckdb"), read_only=True) as store:
        assert [row[:2] for row in store.sql(query).fetchall()] == [("missing", "Alarm/3.wav")]


def test_every_option_is_described(psl):
    commands = ["audit"], ["labels", "apply"], ["labels", "import-decisions"]
    shown = "".join(psl(*command, "--help")[1] for command in commands)
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", shown)) - {"--help"}
    assert options - {option for option in options if option in TEXT} <= {"--device", "--seed", "--workers"}
