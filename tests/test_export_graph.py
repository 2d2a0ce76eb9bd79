"""An exported network gives torch's probabilities; smaller variants give nearly them; one that does not is refused."""

import numpy as np
import onnx
import onnxruntime
import pytest
from exported_models import log_mel, random_model, sounds
from onnx import numpy_helper
from toy import FRONT_END

from psl.export.network import network_model
from psl.export.parity import MOST_TORCH, batches, measure, require_parity
from psl.export.tagger import tagger_model
from psl.export.variants import float16_weights, int8
from psl.runtime.errors import PslError


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return random_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def network(model):
    return network_model(model.network, FRONT_END.n_mels)


def probabilities(network, x_BT):
    session = onnxruntime.InferenceSession(tagger_model(FRONT_END, network).SerializeToString())
    return session.run(["p_BC", "p_BTC"], {"x_BT": x_BT})


def saved(folder, network, front_end=FRONT_END):
    onnx.save(tagger_model(front_end, network), folder / "model.onnx")
    return folder


def test_probabilities_are_those_of_torch_in_any_batch_and_length(model, network, tmp_path):
    parity = require_parity(saved(tmp_path, network), model, FRONT_END, sounds())
    assert 0 < parity.torch < 5e-5 < parity.stored < 1e-2 and parity.n_batches == 7
    assert {x_BT.shape[0] for x_BT in batches(sounds())} == {1, 4}
    assert len({x_BT.shape[1] for x_BT in batches(sounds())}) == 7


def test_probabilities_differ_from_clip_to_clip(network):
    p_BC = np.concatenate([probabilities(network, x_T[None])[0] for x_T in sounds()])
    assert (np.ptp(p_BC, axis=0) > 0.01).all()


def test_a_network_that_is_off_is_refused(model, network, tmp_path):
    other = onnx.ModelProto()
    other.CopyFrom(network)
    head = next(each for each in other.graph.initializer if each.name == "classifier.1.bias")
    head.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(head) + np.float32(0.001), head.name))
    with pytest.raises(PslError, match=r"the exported model of .* differ from torch's by 2\..e-04, and 1e-04 is"):
        require_parity(saved(tmp_path, other), model, FRONT_END, sounds())


def test_another_front_end_is_refused(model, network, tmp_path):
    other = FRONT_END.model_copy(update={"f_max_hz": 7000.0})
    assert measure(saved(tmp_path, network, other), model, FRONT_END, sounds()).torch > MOST_TORCH


def test_the_same_network_gives_the_same_bytes(model, network):
    again = network_model(model.network, FRONT_END.n_mels)
    assert again.SerializeToString() == network.SerializeToString()
    assert tagger_model(FRONT_END, network).SerializeToString() == tagger_model(FRONT_END, again).SerializeToString()


def test_our_own_convolutions_are_exported_as_convolutions(network):
    operators = [node.op_type for node in network.graph.node]
    assert operators.count("Conv") == 52 and operators.count("MatMul") == 1


def test_weights_in_float16_take_half_the_space(network):
    x_BT, smaller = sounds()[0][None], float16_weights(network)
    assert smaller.ByteSize() < 0.7 * network.ByteSize()
    for ours, exact in zip(probabilities(smaller, x_BT), probabilities(network, x_BT), strict=True):
        assert 0 < np.abs(ours - exact).max() < 0.01


def test_integers_of_eight_bits(network):
    mels = [log_mel(x_T) for x_T in sounds()]
    smaller, x_BT = int8(network, mels), sounds()[0][None]
    stored = {weight.data_type for weight in smaller.graph.initializer if len(weight.dims) == 4}
    assert stored == {onnx.TensorProto.INT8}
    for ours, exact in zip(probabilities(smaller, x_BT), probabilities(network, x_BT), strict=True):
        assert 0 < np.abs(ours - exact).max() < 0.2
    assert int8(network, mels).SerializeToString() == smaller.SerializeToString()
