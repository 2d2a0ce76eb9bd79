"""The files of an ONNX model: which one is meant, and those that it keeps weights in."""

import onnx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper, numpy_helper
from onnx_models import STATED, contract, random, tagger

from psl.annotators.kinds import onnx as kind
from psl.annotators.onnx.files import TENSOR, TO_TENSORS, external_data, model_file
from psl.runtime.errors import PslError

WEIGHTS = {
    "save_as_external_data": True,
    "location": "toy.weights",
    "size_threshold": 200,
}  # bytes: only the kernel is outside


def test_the_messages_that_lead_to_tensors_are_those_of_onnx():
    types = {name: getattr(onnx, name).DESCRIPTOR for name in (*TO_TENSORS, TENSOR)}
    fields = {
        name: {
            f.number: f.message_type.name for f in described.fields if f.message_type and f.message_type.name in types
        }
        for name, described in types.items()
        if name != TENSOR
    }
    assert fields == TO_TENSORS
    reachable = {"ModelProto"}.union(*(inner.values() for inner in TO_TENSORS.values()))
    assert reachable == {*types}


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    return tagger(tmp_path_factory.mktemp("intact") / "toy.onnx", **WEIGHTS)


def in_a_branch_and_a_weight(path):
    """A model with external tensors as a weight, as a constant, and as a constant in the branch of an `If`."""
    tensors = {}
    for name in ("weight", "constant", "branch", "inside"):
        tensors[name] = numpy_helper.from_array(random(3), name)
        external_data_helper.set_external_data(tensors[name], f"parts/{name}.bin", offset=0, length=12)
    tensors["inside"].ClearField("data_location")  # it is in the file, whatever else it says
    inner = helper.make_node("Constant", [], ["b"], value=tensors["branch"])
    branch = helper.make_graph([inner], "b", [], [helper.make_tensor_value_info("b", TensorProto.FLOAT, [3])])
    nodes = [
        helper.make_node("Constant", [], ["c"], value=tensors["constant"]),
        helper.make_node("If", ["condition"], ["y"], then_branch=branch, else_branch=branch),
    ]
    graph = helper.make_graph(nodes, "g", [], [], [tensors["weight"], tensors["inside"]])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    return path


def test_all_files_of_weights_are_found(tmp_path):
    path = in_a_branch_and_a_weight(tmp_path / "toy.onnx")
    parts = [tmp_path / f"parts/{name}.bin" for name in ("branch", "constant", "weight")]
    parts[0].parent.mkdir()
    for part in parts:
        part.write_bytes(bytes(12))
    assert external_data(path) == parts and kind.files(path) == [*parts, path]


@settings(max_examples=40, deadline=None)
@given(st.text("aä_", min_size=1, max_size=120))
@example("a" * 127)
def test_names_of_any_length_are_read(intact, name):
    model = onnx.load(intact, load_external_data=False)
    (kernel,) = (each for each in model.graph.initializer if each.external_data)
    kernel.external_data[0].value = name
    path = intact.with_name("renamed.onnx")
    path.write_bytes(model.SerializeToString())
    intact.with_name(name).write_bytes(intact.with_name("toy.weights").read_bytes())
    assert external_data(path) == [intact.with_name(name)]


def test_weights_beside_the_model_decide_its_labels(tmp_path):
    path = tagger(tmp_path / "toy.onnx", **WEIGHTS)
    (tmp_path / "readme.txt").write_text("not read")
    assert kind.files(tmp_path) == kind.files(path) == [path, tmp_path / "toy.weights"]
    with_weights, alone = (kind.open_model(each, contract(), "cpu") for each in (path, tagger(tmp_path / "alone.onnx")))
    assert (with_weights(random(2, 800)) == alone(random(2, 800))).all()


def test_of_several_models_all_files_count_until_one_is_stated(tmp_path):
    first, second = tagger(tmp_path / "a.onnx"), tagger(tmp_path / "b.onnx")
    assert kind.files(tmp_path) == [first, second]
    assert kind.files(tmp_path, {"model": "b.onnx"}) == [second]


def test_missing_weights_are_named(tmp_path):
    path = tagger(tmp_path / "toy.onnx", **WEIGHTS)
    (tmp_path / "toy.weights").unlink()
    for opened in (
        lambda: kind.files(path),
        lambda: kind.said(path, {}),
        lambda: kind.open_model(path, contract(), "cpu"),
    ):
        with pytest.raises(
            PslError, match=r"toy\.onnx keeps weights in .*/toy\.weights, which does not exist: copy it"
        ):
            opened()


@pytest.mark.parametrize("place", ["../toy.weights", "/etc/passwd", "a/../../b"])
def test_weights_outside_of_the_folder_are_refused(tmp_path, place):
    path = tagger(tmp_path / "toy.onnx", **WEIGHTS)
    model = onnx.load(path, load_external_data=False)
    (kernel,) = (each for each in model.graph.initializer if each.external_data)
    kernel.external_data[0].value = place
    path.write_bytes(model.SerializeToString())
    with pytest.raises(PslError, match=rf"keeps weights in {place}, outside of its folder"):
        kind.files(path)


def test_weights_that_are_too_short_are_named(tmp_path):
    path = tagger(tmp_path / "toy.onnx", **WEIGHTS)
    (tmp_path / "toy.weights").write_bytes(b"short")
    message = r"toy\.onnx keeps 1024 bytes of weights in .*/toy\.weights, which has only 5: copy it again$"
    with pytest.raises(PslError, match=message):
        kind.said(path, {})


def test_weights_that_several_tensors_share_must_reach_to_the_end_of_the_last(tmp_path):
    path = tagger(tmp_path / "toy.onnx", **WEIGHTS | {"size_threshold": 0})
    data = tmp_path / "toy.weights"
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(PslError, match=rf"which has only {data.stat().st_size}: copy it again"):
        kind.files(path)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_has_files_or_a_fault(intact, data):
    path = intact.with_name("damaged.onnx")
    content = bytearray(intact.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        assert path in kind.files(path)
    except PslError as error:
        assert str(path) in str(error)


def test_a_part_of_a_file_is_a_fault(tmp_path):
    path = tagger(tmp_path / "toy.onnx")
    content = path.read_bytes()
    for end in range(0, len(content) - 40, 40):
        path.write_bytes(content[:end])
        with pytest.raises(PslError, match=r"toy\.onnx"):
            kind.said(path, STATED)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version https://git-lfs.github.com/spec/v1\n",
        b"<html></html>",
        b"\x08\x08",
        b"\x3a\x02\x2a\x05" + 8 * b"\x08",
        b"PK\x03\x04" * 9,
    ],
)
def test_what_is_no_onnx_file_is_named(tmp_path, content):
    (tmp_path / "toy.onnx").write_bytes(content)
    with pytest.raises(PslError, match=r"toy\.onnx is (empty and )?not an ONNX file.*: fetch"):
        kind.files(tmp_path)


@pytest.mark.parametrize(
    ("source", "stated", "message"),
    [
        ("none", {}, r"the ONNX model .*/none does not exist: give the \.onnx file, or a folder that holds one"),
        ("readme.txt", {}, r"readme\.txt is not a file that ends in \.onnx: give"),
        ("empty", {}, r"the folder .*/empty holds no \.onnx file: give the one of a model"),
        (".", {}, r"holds a\.onnx, b\.onnx: state which as `model` in the contract"),
        (".", {"model": "c.onnx"}, r"the ONNX model .*/c\.onnx does not exist"),
        ("a.onnx", {"model": "b.onnx"}, r"states model: b\.onnx, and the source is the file .*/a\.onnx: correct one"),
    ],
)
def test_a_source_that_is_no_model_is_named(tmp_path, source, stated, message):
    (tmp_path / "empty").mkdir()
    for name in ("readme.txt", "a.onnx", "b.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(PslError, match=message):
        model_file(tmp_path / source, stated)
