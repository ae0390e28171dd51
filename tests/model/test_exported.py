"""What leaves the house answers as the recogniser does: every kind of network, alone and padded."""

import numpy as np
import pytest
import torch

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.recogniser import Recogniser, pad
from ds2cli.text.units import units_of

pytestmark = pytest.mark.usefixtures("one_thread")

TWO_D = {"conv_channels": (4, 3), "conv_kernels": ((5, 5), (3, 4)), "conv_strides": ((2, 2), (2, 1))}
ONE_D = {"conv_channels": (4, 3), "conv_kernels": ((5,), (4,)), "conv_strides": ((2,), (1,))}
NONE = {"conv_channels": (), "conv_kernels": (), "conv_strides": ()}
BOTH, FORWARD = {"bidirectional": True}, {"bidirectional": False, "lookahead": 3}
VARIANTS = [
    ("lstm", "mel", "corpus", {**TWO_D, **BOTH, "batch_norm": "input"}),
    ("gru", "spectrogram", "utterance", {**ONE_D, **BOTH, "batch_norm": "preactivation"}),
    ("relu", "mfcc", "corpus", {**TWO_D, **FORWARD, "batch_norm": "none"}),
    ("rnn", "mel", "corpus", {**TWO_D, **BOTH, "batch_norm": "preactivation"}),
    ("rnn", "spectrogram", "corpus", {**NONE, **FORWARD, "batch_norm": "input"}),
    ("lstm", "mel", "utterance", {**ONE_D, **FORWARD, "batch_norm": "preactivation"}),
    ("relu", "mel", "corpus", {**TWO_D, **BOTH, "batch_norm": "preactivation"}),
    ("gru", "mel", "adapted", {**NONE, **BOTH, "batch_norm": "input"}),
    ("lstm", "mel", "running", {**ONE_D, **FORWARD, "batch_norm": "input"}),
]
VARIANT = pytest.mark.parametrize(("rnn", "features", "statistics", "model"), VARIANTS, ids=lambda one: str(one)[:40])


def recogniser_of(rnn: str, features: str, statistics: str, model: dict) -> Recogniser:
    """Weights and statistics far from their beginnings, so that nothing is zero or one by chance."""
    torch.manual_seed(1)
    frontend = FeatureConfig(kind=features, statistics=statistics, sample_rate=8000, n_mels=12, n_mfcc=8)
    settings = ModelConfig(rnn=rnn, rnn_layers=2, rnn_size=6, fully_connected=(9,), **model)
    recogniser = Recogniser(Config(features=frontend, model=settings), units_of(["abc "])).eval()
    mean = recogniser.frontend.mean
    recogniser.frontend.fit(torch.full_like(mean, -4.0), torch.full_like(mean, 2.5))
    with torch.no_grad():
        for weights in recogniser.parameters():
            weights += 0.1 * torch.randn_like(weights)
        for name, values in recogniser.named_buffers():
            if name.endswith("running_mean"):
                values.normal_()
            if name.endswith("running_variance"):
                values.uniform_(0.5, 2)
    return recogniser


def noises(*lengths: int) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [(0.3 * np.sin(np.arange(n) / 900) * rng.standard_normal(n)).astype(np.float32) for n in lengths]


BATCHES = [noises(9000, 6111), noises(6111), noises(4007, 12345, 7000, 100)]


def worst(recogniser: Recogniser, answer, batches: list[list[np.ndarray]]) -> float:
    """The largest difference from each recording alone in the recogniser."""
    found = []
    for batch in batches:
        waveforms, lengths = pad(batch)
        log_probs, frames = answer(waveforms.numpy(), lengths.numpy())
        for wave, row, count in zip(batch, log_probs, frames, strict=True):
            expected = recogniser.log_probs([wave])[0]
            assert count == len(expected)
            found.append(np.abs(row[:count] - expected).max())
    return max(found)


@VARIANT
def test_onnx_answers_as_the_recogniser_does(tmp_path, rnn, features, statistics, model):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from ds2cli.model.exchange.onnx_graph import onnx_model, open_onnx

    recogniser = recogniser_of(rnn, features, statistics, model)
    (tmp_path / "a").write_bytes(onnx_model(recogniser, {"blank": "0"}).SerializeToString())
    assert worst(recogniser, open_onnx(tmp_path / "a"), [*BATCHES, noises(90)]) < 1e-5


def test_onnx_clips_what_the_paper_clips(tmp_path):
    """A recurrence that would grow without bound stands at 20 in each direction."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from ds2cli.model.exchange.onnx_graph import onnx_model, open_onnx

    recogniser = recogniser_of("rnn", "mel", "corpus", {**NONE, **BOTH, "batch_norm": "none"})
    recogniser.network.hidden = torch.nn.ModuleList()
    recogniser.network.output = torch.nn.Linear(6, len(recogniser.units))
    with torch.no_grad():
        for layer in recogniser.network.recurrent:
            for name, weights in layer.named_parameters():
                if name.endswith("recurrent"):
                    weights.copy_(torch.eye(6) * 1.02)
        states = []
        recogniser.network.recurrent[0].register_forward_hook(lambda module, given, answer: states.append(answer))
        recogniser.log_probs(BATCHES[0])
    assert states[0].max() == 40  # two directions, summed
    (tmp_path / "a").write_bytes(onnx_model(recogniser, {}).SerializeToString())
    assert worst(recogniser, open_onnx(tmp_path / "a"), BATCHES) < 1e-3


@pytest.mark.slow
@VARIANT
def test_a_torch_program_answers_as_the_recogniser_does(tmp_path, rnn, features, statistics, model):
    from ds2cli.model.exchange.torch_export import exported_program, open_program, save_program

    recogniser = recogniser_of(rnn, features, statistics, model)
    save_program(exported_program(recogniser), tmp_path / "a", {"blank": "0"})
    assert worst(recogniser, open_program(tmp_path / "a"), BATCHES) < 1e-5
