"""Corpora as parameters: a kind is a reader, and one bank of recordings is divided once."""

import pytest
from params_files import DEFAULT, ROOT, changed, dumped, fault_in
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from psl.config import Corpus
from psl.config.file import read_params


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("corpus", "desed", "corpus desed is none of corpora: scenes, fsd50k"),
        ("corpora.audio:set", {}, 'corpora.audio:set: a key is quoted and holds letters, digits, "-" and "_" only'),
        ("corpora.scenes.kind", "sounds", "corpora.scenes.kind sounds is none of soundscapes, "),
        ("corpora.scenes.kind", ..., "corpora.scenes.kind is missing"),
        ("corpora.scenes.events", [4, 1], "events gives the lowest first"),
        ("corpora.scenes.event_seconds", [0.5, 11.0], "event_seconds up to 11.0 s do not fit into clip_seconds 10.0 s"),
        ("corpora.scenes.clips.balanced", 2000, "balanced, aud300h and full hold one another"),
        ("corpora.scenes.train_folds", ["1"], "train_folds and eval_folds must both be given"),
        (
            "corpora.scenes",
            {"train_folds": ["1"], "eval_folds": ["2"]},
            "train_folds and eval_folds belong to a bank that is a folder",
        ),
    ],
)
def test_a_fault_of_a_corpus_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, key, value))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("fsd50k.clips.val", 0, "fsd50k.clips.val 0 is below 1"),
        ("fsd50k.further_sound_share", 1.0, "further_sound_share 1.0 is above 0.9"),
        ("fsd50k.clip_seconds", [30.0, 0.3], "fsd50k: clip_seconds gives the lowest first, not [30.0, 0.3]"),
        ("fsd50k.clip_seconds", [0.01, 3.0], "clip_seconds.0 0.01 is below 0.1"),
        ("fsd50k.sample_rate_hz", 44, "fsd50k.sample_rate_hz 44 is below 1000"),
        ("fsd50k.event_share", [0.01, 1.0], "event_share from 0.01 give events below 0.02 s: raise one"),
        ("fsd50k.event_share", [0.5, 1.5], "fsd50k.event_share.1 1.5 is above 1"),
        ("fsd50k.eval_folds", ["4"], "fsd50k: train_folds and eval_folds must both be given"),
        ("fsdkaggle2018.further_sound_share", 0.2, "fsdkaggle2018.further_sound_share is not a parameter"),
        ("fsdkaggle2019.clips.val", 3, "fsdkaggle2019.clips.val is not a parameter"),
    ],
)
def test_a_fault_of_a_synthetic_set_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert f"{message}" in fault_in(changed(tmp_path, f"corpora.{key}", value))


def test_an_unknown_kind_lists_the_readers(tmp_path):
    message = fault_in(changed(tmp_path, "corpora.scenes.kind", "sounds"))
    readers = {path.stem for path in (ROOT / "psl/corpora/readers").glob("*.py")} - {"__init__"}
    assert set(message.partition(" is none of ")[2].split(", ")) == readers


def test_a_reader_without_parameters_of_its_own_takes_lists_and_audio():
    corpus = TypeAdapter(Corpus).validate_python({"kind": "custom", "source": "mine/lists", "audio": "mine/audio"})
    assert (type(corpus).__name__, corpus.kind) == ("Published", "custom")


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ({"train_folds": ["1", "2"], "eval_folds": ["3"]}, "scenes and fsd50k divide the bank ../esc10/ differently"),
        ({"train_folds": [], "eval_folds": []}, "scenes and fsd50k divide the bank ../esc10/ differently"),
        ({"train_folds": ["2", "1"], "eval_folds": ["4"]}, None),
    ],
)
def test_one_bank_is_divided_once(tmp_path, folds, message):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    params["corpora"]["scenes"] |= {"source": "../esc10", "train_folds": ["1", "2"], "eval_folds": ["4"]}
    params["corpora"]["fsd50k"] |= {"source": "../esc10/"} | folds
    check_division(dumped(tmp_path, params), message)


def test_one_bank_without_folds_is_divided_by_one_seed(tmp_path):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    synthetic = [params["corpora"][key] for key in ("fsd50k", "fsdkaggle2018", "fsdkaggle2019")]
    for corpus in synthetic:
        corpus["source"] = "../esc10"
    check_division(dumped(tmp_path, params), "fsd50k and fsdkaggle2018 divide the bank ../esc10 differently")
    for corpus in synthetic:
        corpus["seed"] = 7
    check_division(dumped(tmp_path, params), None)


def check_division(path, message):
    """The file reads or, where a message is expected, is refused with it."""
    assert message in fault_in(path) if message else read_params(path)
