"""Every command that the documentation shows is run in a small project, or at least taken by its own program."""

import pytest
from command_lines import LOG, PAGES, check, fenced, inline

# Why a page's blocks are not run in a test of this file: others run them, or what they show is not for a test.
RUN_ELSEWHERE = {
    "docs/first_steps.md": "tests/test_docs_first_steps.py",
    "docs/tagging.md": "tests/test_docs_tagging.py",
    "docs/export.md": "tests/test_docs_export.py",
    "docs/audit.md": "tests/test_docs_audit.py",
    "docs/label_store.md": "tests/test_labels_commands.py",
    "docs/false_alarms.md": "tests/test_docs_false_alarms.py",
}
ONLY_PARSED = {  # how a command begins: why a test does not run it as it stands
    "make install": "it downloads the environment, in which the tests run",
    "make repro": "it takes minutes; tests/test_dag_own_corpus.py and conftest's `finished` run the same stages",
    "make test": "it runs these tests",
    "make plots": "it draws the last run; tests/test_dvc_plots.py draws a small one",
    "python -m tasks.lineage": "it needs a run; tests/test_lineage.py traces a small one",
    "make ui": "it runs until Ctrl-C; tests/test_flows_ui.py starts the server",
    "python -m flows": "it runs stages; tests/test_flows_commands.py has each command with a toy graph",
    "dvc": "it runs stages, or needs a remote; tests/test_dag*.py and tests/test_remote.py run it in small projects",
    "dask": "it starts a cluster on other machines; tests/clusters.py starts one here",
    "psl fetch": "it downloads .6 GB; tests/test_download_corpora.py fetches from a local server",
    "python -m benchmarks.gpu": "it takes minutes; tests/test_benchmarks_gpu.py runs it with small sizes",
}
OF_THE_SHELL = ("source .venv/bin/activate", "git clone …", "cd psl", "awk ")
BLOCKS = [(page, command) for page, text in PAGES.items() if page != LOG for command in fenced(text)]
SENTENCES = [(page, command) for page, text in PAGES.items() if page != LOG for command in inline(text)]


@pytest.mark.parametrize(("page", "command"), [block for block in BLOCKS if not block[1].startswith(OF_THE_SHELL)])
def test_its_program_takes_each_command_of_a_block(page, command):
    check(command)


@pytest.mark.parametrize("command", sorted({command for _, command in SENTENCES}))
def test_its_program_takes_each_command_of_a_sentence(command):
    check(command)


def test_what_no_test_runs_is_listed_with_its_reason():
    run = {command for page, command in BLOCKS if page in RUN_ELSEWHERE}
    others = {command for _, command in BLOCKS} - run
    assert [command for command in others if not command.startswith((*ONLY_PARSED, *OF_THE_SHELL))] == []


def test_there_is_something_to_test():
    assert len(BLOCKS) > 30 and len(SENTENCES) > 40
    assert {page for page, _ in BLOCKS} >= {"README.md", "CONTRIBUTING.md", *RUN_ELSEWHERE}


@pytest.mark.parametrize(
    "command",
    [
        "psl tag m a.wav --tpo 5",
        "psl tagg m",
        "python -m flows pipelin",
        "python -m tasks.params preset nothing",
        "dvc reprx",
        "make repro PRESET=nothing",
        "make nothing",
        "make repro PRSET=quick",
        "pip install -e '.[nothing]'",
        "python -m benchmarks.gpu --nothing",
        "python -m benchmarks.nothing",
        "rm -r x",
    ],
)
def test_a_command_that_is_wrong_is_refused(command):
    with pytest.raises(Exception):  # noqa: B017 the parsers' own, of many kinds
        check(command)
