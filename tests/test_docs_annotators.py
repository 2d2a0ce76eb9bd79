"""What docs/annotators.md shows can be copied: its YAML is read by psl.config, its sentences are those of the code."""

import ast
import re

import pytest
from imports import ROOT
from params_files import PRESETS
from ruamel.yaml import YAML
from toy import FRONT_END

from psl.annotators.contract import complete
from psl.annotators.inspection import inspect
from psl.config.annotators import AnnotatorParams, Statement
from psl.config.contract import Contract
from psl.config.file import read_params
from psl.config.presets import apply_preset

TEXT = (ROOT / "docs/annotators.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
STATEMENTS = {block.splitlines()[0][2:]: block for block in BLOCKS if block.startswith("# ")}
SETTINGS = [block for block in BLOCKS if not block.startswith("# ")]
ENTRIES = re.findall(r"`\w+: (\{kind: [^`]*\})`", TEXT)
SAID = {  # by the model itself: onnxruntime of a free length, and transformers of AST
    "mn04_as": {"window_samples": None},
    "log_mel_tagger": {},
    "ast": {
        "input": "waveform",
        "sample_rate_hz": 16_000,
        "window_samples": 164_080,
        "shorter_windows": "model",
        "normalisation": "none",
    },
}
MN04 = ROOT.parent / "shared/models/mn04_as"
NO_MN04 = pytest.mark.skipif(not MN04.is_dir(), reason="no shared/models/mn04_as")


def loaded(text):
    return YAML(typ="safe").load(text)


def read_as_preset(folder, block):
    """The default's parameters with what a block states, without transfers, as the text demands."""
    presets = folder / "presets"
    presets.mkdir()
    default = loaded((PRESETS / "default.yaml").read_text()) | {"transfers": {}}
    YAML(typ="safe").dump(default, presets / "default.yaml")
    (presets / "shown.yaml").write_text(block)
    apply_preset(presets, "shown", folder / "params.yaml")
    return read_params(folder / "params.yaml")


def sentences():
    """Every text in the code of annotators, with … for what is filled in."""
    for path in sorted((ROOT / "psl/annotators").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("path", STATEMENTS)
def test_each_statement_makes_a_whole_contract(path):
    stated = Statement.model_validate(loaded(STATEMENTS[path])).model_dump(exclude_unset=True)
    assert complete(stated, SAID[path.split("/")[-2]], path).name == stated["name"]


@pytest.mark.parametrize("block", SETTINGS)
def test_each_setting_is_one_that_stages_read(block, tmp_path):
    params = read_as_preset(tmp_path, block)
    assert {key for key, entry in loaded(block).get("annotators", {}).items() if entry} <= {*params.annotators}


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_entry_is_an_annotator(entry):
    assert AnnotatorParams.model_validate(loaded(entry)).source


def test_there_is_something_to_test():
    assert {path.split("/")[-2] for path in STATEMENTS} == {*SAID} and len(SETTINGS) >= 5 and ENTRIES


def test_every_field_of_the_contract_has_a_place():
    rows = {name for row in re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert {*Contract.model_fields} <= rows


def test_what_is_refused_is_said_in_these_words():
    table = TEXT.partition("| the sentence says |")[2].partition("\n\n")[0]
    said = [row.split(" | ")[1] for row in table.splitlines()[2:]]
    code = [*sentences()]
    assert len(said) > 15 and [text for text in said if not any(text in sentence for sentence in code)] == []


@NO_MN04
def test_the_first_example_opens_the_real_model(tmp_path):
    for path in MN04.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "annotator.yaml").write_text(next(text for path, text in STATEMENTS.items() if "mn04" in path))
    annotator, contract = inspect("mn04", AnnotatorParams(kind="onnx", source=str(tmp_path)), FRONT_END, "cpu")
    assert len(annotator.vocabulary) == 527 and contract.window_samples is None
