"""The command line of the flows: every command is known, starts quickly, and runs the stages that it names."""

import sys

import pytest
from toy_dag import Toy

from flows import __main__ as command_line
from flows import stage_flows
from flows.limits import AT_ONCE, COMPUTING_AT_ONCE
from flows.run_flow import run
from flows.run_stage import state_of
from psl.runtime.errors import PslError

pytestmark = pytest.mark.flows


@pytest.mark.parametrize(
    ("words", "command", "parameters"),
    [
        ("pipeline", "pipeline", {"targets": []}),
        ("ci annotate@2 report --force", "ci", {"targets": ["annotate@2", "report"], "force": True}),
        ("annotate 3", "annotate", {"window": 3.0}),
        ("train_student 0.5 --at-once 4", "train_student", {"window": 0.5, "at_once": 4}),
        ("evaluate weak", "evaluate", {"model": "weak"}),
        ("preset quick", "preset", {"preset": "quick"}),
        ("own_data dogs --labels dogs.csv", "own_data", {"folder": "dogs", "labels": "dogs.csv"}),
        ("sweep 3 2 --computing-at-once 2", "sweep", {"windows": [3.0, 2.0], "computing_at_once": 2}),
    ],
)
def test_words_become_the_parameters_of_a_flow(monkeypatch, words, command, parameters):
    calls = []
    monkeypatch.setattr("flows.run_flow.run_and_exit", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(sys, "argv", ["flows", *words.split()])
    command_line.main()
    assert calls == [
        (command, {"force": False, "at_once": AT_ONCE, "computing_at_once": COMPUTING_AT_ONCE} | parameters)
    ]


def test_ctrl_c_is_a_sentence(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.run_flow.run_and_exit", interrupted)
    monkeypatch.setattr(sys, "argv", ["flows", "pipeline"])
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 130
    assert capsys.readouterr().err == "pipeline: stopped; run it again, and it goes on where it was\n"


OWN, LAST = "train_student@2: the loss is not a number", "2/seed1: step 4/4, loss 0.4"
RAN = "ERROR: failed to reproduce 'train_student@2': failed to run: python -m tasks.train_student, exited with 1"
REFUSED = "ERROR: failed to reproduce 'train_student@2': Parameters 'students.2' are missing from 'params.yaml'."


@pytest.mark.parametrize(
    ("lines", "reason"), [([LAST, OWN, RAN], OWN), ([LAST, REFUSED], REFUSED), ([RAN], RAN), ([], "exit code 1")]
)
def test_a_failure_names_the_stages_own_error_or_dvcs(lines, reason):
    assert state_of("train_student@2", 1, lines).message == f"train_student@2 failed: {reason}"


KILLED = "was killed (signal 9), perhaps for lack of memory: run again, then with --computing-at-once 1"


@pytest.mark.parametrize(
    ("code", "lines", "reason"),
    [
        (1, [LAST, RAN.replace("with 1", "with -9")], f"{KILLED}; its last line was: {LAST}"),
        (1, ["Killed", RAN.replace("with 1", "with 137")], f"{KILLED}; its last line was: Killed"),
        (137, [], KILLED),  # DVC itself
        (1, [RAN.replace("with 1", "with -11")], "was ended by signal 11 (SIGSEGV): run again"),
    ],
)
def test_a_stage_that_was_killed_is_not_told_by_its_last_line_alone(code, lines, reason):
    assert state_of("train_student@2", code, lines).message == f"train_student@2 {reason}"


@pytest.mark.parametrize(
    ("flow", "argument", "targets"),
    [
        ("annotate", 3.0, ["annotate@3"]),
        ("train_student", 0.5, ["train_student@0p5"]),
        ("evaluate", "weak", ["evaluate@weak"]),
        ("evaluate", "annotator", ["evaluate_annotator"]),
        ("sweep", [3.0, 0.5], ["evaluate@3", "evaluate@0p5", "report"]),
    ],
)
def test_a_flow_names_its_stages(monkeypatch, flow, argument, targets):
    monkeypatch.setattr(stage_flows, "use_window", lambda _, seconds: f"{seconds:g}".replace(".", "p"))
    monkeypatch.setattr(stage_flows, "reproduce", lambda choose, *_: choose())
    assert stage_flows.FLOWS[flow].fn(argument) == targets


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"window": 0.0}, "window: it should be greater than 0"),
        ({"window": "three"}, "window: it should be a valid number, unable to parse string as a number"),
        ({"window": 3.0, "at_once": 0}, "at_once: it should be greater than or equal to 1"),
    ],
)
def test_a_parameter_out_of_its_range_is_a_sentence_before_there_is_a_server(monkeypatch, capsys, parameters, sentence):
    monkeypatch.setattr("flows.run_flow.ensure_server", lambda: pytest.fail("it went on"))
    with pytest.raises(PslError) as error:
        run(stage_flows.annotate, parameters)
    assert str(error.value) == sentence and "Parameter validation" not in capsys.readouterr().err


def test_help_and_a_server_that_does_not_answer(tmp_path):
    toy = Toy(tmp_path, "http://127.0.0.1:9/api")
    shown = toy.run(sys.executable, "-X", "importtime", "-m", "flows", "--help")
    assert "train_student" in shown.stdout and "prefect" not in shown.stderr and "dvc" not in shown.stderr
    done = toy.flow(check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "pipeline: no Prefect server answers at http://127.0.0.1:9/api" in done.stderr
