"""A model of the hub is a name and a commit: downloaded once, never as a pickle, and its absence is one sentence."""

import re
from pathlib import Path

import numpy as np
import pytest
from hub_server import COMMIT, NAME, hub
from hugging_face_models import STATED, copy, opened, pickled, refusal, save_ast, sound

from psl.annotators.contract import complete
from psl.annotators.kinds import hugging_face as kind


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import torch

    torch.manual_seed(0)
    return save_ast(tmp_path_factory.mktemp("models") / "ast")


@pytest.fixture
def ast(model, tmp_path):
    return copy(model, tmp_path / "ast")


@pytest.fixture
def by_name(tmp_path, monkeypatch):
    """A folder that names a model of the hub, as the only one in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return statement(Path("named"), model=NAME, revision=COMMIT)


def statement(folder, **fields):
    folder.mkdir(exist_ok=True)
    (folder / "annotator.yaml").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
    return folder


def test_a_model_by_name_is_downloaded_once_and_labels_as_its_folder(ast, by_name, monkeypatch, capfd):
    with hub(ast) as server:
        (ast / "README.md").write_text("not needed")
        server.cut = {f"/{NAME}/resolve/{COMMIT}/model.safetensors"}  # half of it, the first time
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        hashed = kind.files(by_name)
        asked = len(server.requests)
        model = kind.open_model(by_name, complete(STATED, kind.said(by_name, STATED), "here"), "cpu")
        assert len(server.requests) == asked and not any("README" in path for _, path in server.requests)
    assert [path.read_bytes() for path in hashed] == [path.read_bytes() for path in kind.files(ast)]
    np.testing.assert_array_equal(model(sound(2, 9000)), opened(ast)(sound(2, 9000)))
    assert kind.said(by_name, {})["revision"] == COMMIT
    megabytes = sum(path.stat().st_size for path in hashed) // 1_000_000
    said = capfd.readouterr()
    assert said.out == "" and re.fullmatch(rf"(download {NAME} \(MB\): .*\n)+", said.err)
    assert f": {megabytes}/{megabytes}, " in said.err


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_download_of_other_bytes_than_listed_is_refused_and_mended(ast, by_name, monkeypatch, name):
    with hub(ast) as server:
        server.damaged = {f"/{NAME}/resolve/{COMMIT}/{name}"}
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        message = refusal(kind.files, by_name)
        assert f"{name} of the model {NAME} came with other bytes than the hub lists" in message
        server.damaged = set()
        assert [path.read_bytes() for path in kind.files(by_name)] == [path.read_bytes() for path in kind.files(ast)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, "RepoNotFound"), f"has no model {NAME}"),
        ((404, "RevisionNotFound"), f"has no revision {COMMIT}"),
        ((404, "EntryNotFound"), "has no config.json at revision"),
        ((403, "GatedRepo"), "people who accepted its terms"),
        ((503, "Busy"), "answers with 503: run again later"),
    ],
)
def test_refusals_of_the_hub(by_name, monkeypatch, answer, message):
    with hub(by_name) as server:
        server.refuse = answer
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        assert message in refusal(kind.said, by_name, {})
    assert not list(Path(".shards").rglob(COMMIT))


def test_no_network_and_a_model_by_name(by_name, monkeypatch):
    with hub(by_name) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
    assert f"{server.url} cannot be reached: connect to it, or give the folder" in refusal(kind.said, by_name, {})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in refusal(kind.said, by_name, {})


def test_a_model_by_name_with_pickled_weights_only(ast, by_name, monkeypatch):
    pickled(ast)
    with hub(ast) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        assert "has no model.safetensors and no model.safetensors.index.json" in refusal(kind.said, by_name, {})
        assert not any(path.endswith(".bin") for _, path in server.requests)
    assert not list(Path(".shards").rglob(COMMIT))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": NAME}, "and no revision, and its weights can change"),
        ({"model": NAME, "revision": "main"}, "and revision: main, and its weights can change"),
        ({"model": "tagger", "revision": COMMIT}, "states model: tagger, which is no name"),
    ],
)
def test_a_name_without_a_commit_is_refused(tmp_path, fields, message):
    assert message in refusal(kind.said, statement(tmp_path / "named", **fields), {})


def test_a_name_beside_a_model_is_refused(ast):
    assert "names another" in refusal(kind.files, statement(ast, model=NAME, revision=COMMIT))


def test_name_and_commit_belong_together(ast):
    said = kind.said(ast, {})
    assert "revision belongs to model" in refusal(complete, STATED | {"revision": 40 * "a"}, said, "here")
    assert "here: revision main is no commit: give the 40 " in refusal(
        complete, STATED | {"model": NAME, "revision": "main"}, said, "here"
    )
