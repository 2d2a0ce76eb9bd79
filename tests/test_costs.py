"""What networks cost: multiply-adds as one counts them by hand, the same whatever computes them."""

import pytest
import torch
from tiny_peers import LIBRARIES, TINY, tiny
from toy import FRONT_END, VOCABULARY

from psl.annotators.inference.network.saved_model import SavedModel, for_inference
from psl.evaluation.costs import multiply_adds_per_second

FRAMES = 10 * FRONT_END.sample_rate_hz // FRONT_END.hop_length_samples


def saved(network: torch.nn.Module, n_mels: int) -> SavedModel:
    """A model as the stages open it, for so many mel bands."""
    about = {"front_end": FRONT_END.model_dump() | {"n_mels": n_mels}}
    return SavedModel("m", for_inference(network, torch.device("cpu")), VOCABULARY, about)


def test_they_are_those_of_convolutions_and_products_per_second():
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.linear = torch.nn.Conv1d(4, 6, 3, padding=1), torch.nn.Linear(6, 2)

        def forward(self, mel_BTF):
            return self.linear(self.convolution(mel_BTF.transpose(1, 2)).transpose(1, 2)).sigmoid()

    assert multiply_adds_per_second(saved(Network(), 4)) == round(FRAMES * (4 * 6 * 3 + 6 * 2) / 10)


def test_attention_counts():
    pytest.importorskip("transformers")
    hidden, tokens = 24, 2 + 2 * 4  # of windows of 50 frames and 32 mel bands: 4 x 2 patches, after two more tokens
    layer = 4 * tokens * hidden**2 + 2 * tokens**2 * hidden + 8 * tokens * hidden**2
    window = 2 * 4 * 16 * 16 * hidden + layer + 3 * hidden
    windows = -(-FRAMES // 50)
    assert multiply_adds_per_second(saved(tiny("ast"), 32)) == round(windows * window / 10)


@pytest.mark.parametrize("name", TINY)
def test_every_network_has_a_number(name):
    pytest.importorskip(LIBRARIES.get(name, "timm"))
    assert multiply_adds_per_second(saved(tiny(name), 32)) > 1000


def test_a_model_of_others_has_none():
    assert multiply_adds_per_second(object()) is None
