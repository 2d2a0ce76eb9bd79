"""Networks start from published files, and give what PANNs, transformers, timm and torchvision give."""

import pytest
import torch
from safetensors.torch import save_file
from tiny_peers import tiny
from torch.nn import functional as F

from models.cnn14 import CNN14
from models.parts.weights import read_weights
from psl.runtime.errors import PslError

INSTALL = "`pip install -e '.[peers]'`"


@pytest.fixture(autouse=True)
def seeded():
    """The same weights and inputs in every run."""
    torch.manual_seed(0)


def panns(channels=(2, 4, 8, 16, 32, 64), n_mels=32, classes=3):
    """Random weights under the names of the published checkpoints of CNN14."""
    generator = torch.Generator().manual_seed(1)

    def some(*shape):
        return torch.randn(*shape, generator=generator) / max(1, torch.Size(shape[1:]).numel()) ** 0.5

    def norm(name, size):
        values = {"weight": some(size).abs() + 0.5, "bias": some(size), "running_mean": some(size)}
        values |= {"running_var": some(size).abs() + 0.5, "num_batches_tracked": torch.tensor(7)}
        return {f"{name}.{key}": value for key, value in values.items()}

    weights = norm("bn0", n_mels) | {"spectrogram_extractor.stft.conv_real.weight": some(5, 1, 8)}
    weights |= {"logmel_extractor.melW": some(5, n_mels)}
    for number, (before, after) in enumerate(zip((1, *channels), channels, strict=False), start=1):
        for part, size in ((1, before), (2, after)):
            weights[f"conv_block{number}.conv{part}.weight"] = some(after, size, 3, 3)
            weights |= norm(f"conv_block{number}.bn{part}", after)
    for layer, size in (("fc1", channels[-1]), ("fc_audioset", classes)):
        weights |= {f"{layer}.weight": some(size, channels[-1]), f"{layer}.bias": some(size)}
    return weights


def panns_probabilities(w, mel_BTF):
    """CNN14 as in table 1 of the paper, by functions of torch alone."""

    def norm(x, name):
        return F.batch_norm(x, *(w[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")))

    x = norm(mel_BTF.permute(0, 2, 1)[..., None], "bn0").permute(0, 3, 2, 1)
    for number in range(1, 7):
        for part in (1, 2):
            name = f"conv_block{number}."
            x = F.relu(norm(F.conv2d(x, w[f"{name}conv{part}.weight"], padding=1), f"{name}bn{part}"))
        x = F.avg_pool2d(x, 2) if number < 6 else x
    x = x.mean(3)
    x = F.relu(F.linear(x.max(2).values + x.mean(2), w["fc1.weight"], w["fc1.bias"]))
    return torch.sigmoid(F.linear(x, w["fc_audioset.weight"], w["fc_audioset.bias"]))


def test_cnn14_gives_the_probabilities_of_the_published_layout(tmp_path):
    weights, mel_BTF = panns(), torch.randn(2, 101, 32) * 20 - 20
    torch.save({"model": weights}, tmp_path / "Cnn14.pth")
    with torch.inference_mode():
        p_BC = tiny("cnn14", weights=str(tmp_path / "Cnn14.pth")).eval()(mel_BTF)[0]
    assert (p_BC - panns_probabilities(weights, mel_BTF)).abs().max() < 1e-5 and p_BC.std() > 0.01


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("features.bn0.running_mean", (64,)),
        ("features.conv_block1.conv1.weight", (64, 1, 3, 3)),
        ("features.conv_block6.conv2.weight", (2048, 2048, 3, 3)),
        ("features.conv_block6.bn2.bias", (2048,)),
        ("features.fc1.weight", (2048, 2048)),
        ("classifier.weight", (527, 2048)),
    ],
)
def test_cnn14_has_the_published_shapes(name, shape):
    with torch.device("meta"):
        assert tuple(CNN14(527).state_dict()[name].shape) == shape


def ast_of_transformers(**changes):
    """transformers' AST of the size of the tiny one, with random positions."""
    transformers = pytest.importorskip("transformers", reason=INSTALL)
    sizes = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=96, num_labels=3)
    config = transformers.ASTConfig(**sizes | dict(num_mel_bins=32, max_length=50) | changes)
    network = transformers.ASTForAudioClassification(config).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return network


def test_ast_gives_the_probabilities_of_transformers(tmp_path):
    theirs, mel_BTF = ast_of_transformers(), torch.randn(2, 50, 32) * 20 - 20
    theirs.save_pretrained(tmp_path)
    ours = tiny("ast", weights=str(tmp_path / "model.safetensors")).eval()
    with torch.inference_mode():
        expected_BC = torch.sigmoid(theirs((mel_BTF + 18.5) / (2 * 19.8)).logits)
        p_BC = ours(mel_BTF)[0]
    assert (p_BC - expected_BC).abs().max() < 1e-5 and (p_BC[0] - p_BC[1]).abs().max() > 0.01


def test_ast_takes_the_names_of_old_files_and_of_today(tmp_path):
    theirs = ast_of_transformers()
    theirs.save_pretrained(tmp_path)
    old = read_weights(tmp_path / "model.safetensors")
    save_file(theirs.state_dict(), tmp_path / "new.safetensors")
    first, second = (tiny("ast", weights=str(tmp_path / f"{name}.safetensors")) for name in ("model", "new"))
    assert "audio_spectrogram_transformer.encoder.layer.0.output.dense.bias" in old
    assert all(torch.equal(first.state_dict()[name], tensor) for name, tensor in second.state_dict().items())


def test_ast_starts_from_imagenet_with_positions_cut_and_stretched(tmp_path):
    transformers = pytest.importorskip("transformers", reason=INSTALL)
    sizes = dict(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, intermediate_size=96)
    theirs = transformers.DeiTForImageClassificationWithTeacher(transformers.DeiTConfig(**sizes, image_size=48))
    torch.nn.init.normal_(theirs.deit.embeddings.position_embeddings)
    theirs.save_pretrained(tmp_path)
    ours = tiny("ast", weights=str(tmp_path / "model.safetensors"), max_frames=66).features.embeddings
    square, grid = (
        positions[0, 2:].T.reshape(24, rows, -1)
        for positions, rows in ((theirs.deit.embeddings.position_embeddings, 3), (ours.position_embeddings, 2))
    )
    kernel = theirs.deit.embeddings.patch_embeddings.projection.weight
    assert torch.allclose(ours.patch_embeddings.projection.weight, kernel.sum(1, keepdim=True))
    assert grid.shape == (24, 2, 6) and torch.allclose(grid[:, :, 0], square[:, :2, 0], atol=1e-6)  # time: 3 to 6
    assert torch.allclose(grid[:, :, 1], 0.75 * square[:, :2, 0] + 0.25 * square[:, :2, 1], atol=1e-6)


@pytest.mark.parametrize("name", ["efficientnet_b0", "efficientnet_b2", "resnet50"])
def test_a_network_starts_from_timms_weights_of_colour_pictures(tmp_path, name):
    timm = pytest.importorskip("timm", reason=INSTALL)
    theirs = timm.create_model(name)
    save_file(theirs.state_dict(), tmp_path / "w.safetensors")
    ours = tiny(name, width=1.0, depth=1.0, weights=str(tmp_path / "w.safetensors")).features
    stem = "conv1.weight" if name == "resnet50" else "conv_stem.weight"
    expected = theirs.state_dict() | {stem: theirs.state_dict()[stem].sum(1, keepdim=True)}
    assert all(torch.equal(tensor, expected[key]) for key, tensor in ours.state_dict().items())


def test_mobilenetv3_takes_torchvisions_weights(tmp_path, capsys):
    torchvision = pytest.importorskip("torchvision", reason=INSTALL)
    theirs = torchvision.models.mobilenet_v3_large().state_dict()
    torch.save(theirs, tmp_path / "w.pt")
    ours = tiny("mobilenetv3", width=1.0, weights=str(tmp_path / "w.pt")).state_dict()
    assert "the head starts at random" in capsys.readouterr().err
    assert torch.equal(ours["features.0.0.weight"], theirs["features.0.0.weight"].sum(1, keepdim=True))
    assert torch.equal(ours["features.16.1.running_var"], theirs["features.16.1.running_var"])
    assert ours["classifier.2.weight"].shape == (1280, 960) and ours["classifier.5.bias"].shape == (3,)


def test_a_head_for_other_classes_starts_at_random_and_the_log_says_so(tmp_path, capsys):
    torch.save(panns(), tmp_path / "w.pt")
    network = tiny("cnn14", 5, weights=str(tmp_path / "w.pt"))
    assert "the head starts at random" in capsys.readouterr().err
    assert torch.equal(network.features.fc1.bias, panns()["fc1.bias"]) and network.classifier.out_features == 5


def test_weights_that_a_trained_network_started_from_may_be_gone(tmp_path):
    missing = str(tmp_path / "gone.safetensors")
    network = tiny("cnn14", weights=missing).eval()
    with pytest.raises(PslError, match=f"the weights {missing} do not exist: fetch them, or set architecture.weights"):
        network(torch.zeros(1, 40, 32))
    network.load_state_dict(tiny("cnn14").state_dict())
    assert network(torch.zeros(1, 40, 32))[0].shape == (1, 3)


class Code:
    """What a file of more than weights holds."""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (panns(n_mels=64), r"another front end: features.bn0.weight has the shape \(64,\) and not \(32,\)"),
        (panns(channels=(3, 6, 12, 24, 48, 96)), r"conv1.weight has the shape \(3, 1, 3, 3\) and not \(2, 1, 3, 3\)"),
        ({"x": torch.ones(1)}, "are of another network or another front end: features.bn0.weight is missing; .* more"),
        (panns() | {"y": torch.ones(1)}, "y is unknown"),
        ({"w": Code()}, "is damaged, or holds more than weights, which would run code"),
        ([1, 2], "holds no state dict of tensors"),
    ],
)
def test_weights_that_do_not_fit_are_a_sentence(tmp_path, content, sentence):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(PslError, match=sentence) as error:
        tiny("cnn14", weights=str(tmp_path / "w.pt"))
    assert "\n" not in str(error.value)


def test_a_damaged_file_is_a_sentence(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(b"no weights")
    with pytest.raises(PslError, match=r"w.safetensors is damaged"):
        tiny("cnn14", weights=str(tmp_path / "w.safetensors"))
