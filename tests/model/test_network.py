"""The network against plain formulas, torch's own layers, and the promise that padding changes nothing."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ds2cli.audio.features import frame_mask, n_frames
from ds2cli.audio.files import read_audio
from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.encoder.layers import Lookahead
from ds2cli.model.encoder.recurrent import FusedRecurrence, RecurrentLayer, StepwiseRecurrence, reversed_within
from ds2cli.model.network import Network, n_output_frames, time_stride
from ds2cli.model.recogniser import Recogniser, pad
from ds2cli.text.units import BLANK, units_of
from ds2cli.training.losses.ctc import ctc_losses

pytestmark = pytest.mark.usefixtures("one_thread")

FEATURES = FeatureConfig(kind="mel", n_mels=12, sample_rate=8000, window_seconds=0.032, hop_seconds=0.016)
CONVOLUTIONS = {
    "2-D": {"conv_channels": (4, 3), "conv_kernels": ((5, 5), (3, 4)), "conv_strides": ((2, 2), (2, 1))},
    "1-D": {"conv_channels": (10, 8), "conv_kernels": ((5,), (4,)), "conv_strides": ((2,), (1,))},
    "no": {"conv_channels": (), "conv_kernels": (), "conv_strides": ()},
}
RNNS, NORMS = ("rnn", "relu", "gru", "lstm"), ("none", "input", "preactivation")


@pytest.fixture(scope="module")
def speech(an4_utterances):
    """Real speech of five lengths, the shortest less than one window."""
    waves = [read_audio(one.audio, 8000)[2000:] for one in an4_utterances(5)]
    return [wave[:length] for wave, length in zip(waves, (6000, 200, 4100, 2507, 5171), strict=True)]


def trained(settings: ModelConfig, speech, steps: int = 3) -> Recogniser:
    """A recogniser after a few steps, so that running statistics and scales are real."""
    torch.manual_seed(1)
    recogniser = Recogniser(Config(features=FEATURES, model=settings), units_of(["abc "]))
    recogniser.frontend.fit(torch.full((12,), -4.0), torch.full((12,), 2.5))
    optimizer = torch.optim.Adam(recogniser.parameters(), lr=0.01)
    waves, lengths = pad([wave for wave in speech if len(wave) > 2000])
    targets = torch.tensor([[1, 2, 3]] * len(waves))
    recogniser.train()
    for _ in range(steps):
        log_probs, frames = recogniser(waves, lengths)
        optimizer.zero_grad()
        ctc_losses(log_probs, frames, targets, torch.full((len(waves),), 3)).mean().backward()
        optimizer.step()
    return recogniser.eval()


def test_the_blank_begins_as_likely_as_all_other_units_together():
    torch.manual_seed(1)
    network = Network(ModelConfig((), (), (), rnn="lstm", rnn_layers=1, rnn_size=32), n_bins=12, n_units=28).eval()
    log_probs, _ = network(torch.randn(8, 20, 12), torch.full((8,), 20))
    assert log_probs[..., BLANK].exp().mean().item() == pytest.approx(0.5, abs=0.1)
    assert log_probs[..., 1:].exp().mean().item() == pytest.approx(0.5 / 27, rel=0.2)


@pytest.mark.parametrize(("lookahead", "fully_connected"), list(itertools.product((0, 3), ((), (9,)))))
@pytest.mark.parametrize("convolutions", CONVOLUTIONS)
@pytest.mark.parametrize(("rnn", "bidirectional", "norm"), list(itertools.product(RNNS, (False, True), NORMS)))
def test_padding_changes_nothing(speech, rnn, bidirectional, norm, convolutions, lookahead, fully_connected):
    settings = ModelConfig(
        rnn=rnn, rnn_layers=2, rnn_size=6, bidirectional=bidirectional, batch_norm=norm, lookahead=lookahead,
        fully_connected=fully_connected, dropout=0.1, **CONVOLUTIONS[convolutions],
    )  # fmt: skip
    recogniser = trained(settings, speech)
    alone = [recogniser.log_probs([wave])[0] for wave in speech]
    for batch in (speech, speech[1:], [*speech, np.concatenate(speech)]):
        for wave, together in zip(batch, recogniser.log_probs(batch), strict=True):
            known = next((mine for mine, other in zip(alone, speech, strict=True) if other is wave), together)
            assert together.shape == known.shape
            assert np.abs(together - known).max() < 1e-5
    for wave, log_probs in zip(speech, alone, strict=True):
        assert len(log_probs) == n_output_frames(n_frames(len(wave), FEATURES), settings)
        assert np.allclose(np.exp(log_probs.astype(np.float64)).sum(1), 1, atol=1e-5)
    # An output that never moved would pass everything above.
    assert alone[0].std(0).max() > 1e-3
    assert np.abs(alone[0][: len(alone[2])] - alone[2]).max() > 1e-3


@pytest.mark.parametrize("kind", ["spectrogram", "mel", "mfcc"])
@pytest.mark.parametrize("statistics", ["corpus", "adapted", "utterance"])
def test_padding_changes_nothing_for_any_features(speech, kind, statistics):
    features = FeatureConfig(kind=kind, statistics=statistics, n_mels=20, n_mfcc=8, sample_rate=8000)
    torch.manual_seed(2)
    model = ModelConfig(rnn_size=8, rnn_layers=1, **CONVOLUTIONS["2-D"])
    recogniser = Recogniser(Config(features=features, model=model), units_of(["abc"])).eval()
    for wave, together in zip(speech, recogniser.log_probs(speech), strict=True):
        assert np.abs(together - recogniser.log_probs([wave])[0]).max() < 1e-5


def test_output_frames_are_input_frames_over_the_stride_in_time():
    settings = ModelConfig(
        conv_channels=(2, 2), conv_kernels=((3, 11), (3, 7)), conv_strides=((2, 2), (1, 2)), rnn_layers=1, rnn_size=3
    )
    network = Network(settings, 8, 4)
    assert time_stride(settings) == 4
    for frames in range(1, 30):
        lengths = torch.tensor([frames])
        log_probs, after = network(torch.randn(1, frames, 8), lengths)
        assert log_probs.shape[1] == int(after[0]) == n_output_frames(frames, settings) == -(-frames // 4)
        assert int(n_output_frames(lengths, settings)[0]) == int(after[0])


def test_reversal_stays_within_each_utterance():
    order = reversed_within(torch.tensor([4, 2]), 5)
    assert order.t().tolist() == [[3, 2, 1, 0, 4], [1, 0, 2, 3, 4]]


@pytest.mark.parametrize("kind", ["relu", "gru", "lstm"])
def test_both_directions_equal_a_packed_sequence(kind):
    torch.manual_seed(3)
    layer = RecurrentLayer(5, ModelConfig(rnn=kind, rnn_size=7, batch_norm="none", bidirectional=True))
    packed = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM, "relu": torch.nn.RNN}[kind]
    more = {"nonlinearity": "relu"} if kind == "relu" else {}
    theirs = packed(5, 7, bidirectional=True, **more)
    for direction, suffix in zip(layer.directions, ("", "_reverse"), strict=True):
        for name, weights in direction.recurrence.named_parameters():
            getattr(theirs, name + suffix).data.copy_(weights)
    lengths = torch.tensor([9, 4, 6, 1])
    x = torch.randn(9, 4, 5, requires_grad=True)
    ours = layer(x, lengths, frame_mask(lengths, 9))
    gradient = torch.autograd.grad(ours.square().sum(), x)[0]
    out, _ = pad_packed_sequence(theirs(pack_padded_sequence(x, lengths, enforce_sorted=False))[0])
    summed = out[..., :7] + out[..., 7:]
    assert torch.allclose(ours, summed, atol=1e-6)
    assert torch.allclose(gradient, torch.autograd.grad(summed.square().sum(), x)[0], atol=1e-5)


@pytest.mark.parametrize("kind", ["relu", "gru", "lstm"])
def test_step_by_step_equals_the_fused_recurrence(kind):
    torch.manual_seed(4)
    fused, stepwise = FusedRecurrence(5, 7, kind), StepwiseRecurrence(5, 7, kind, norm=False)
    with torch.no_grad():
        fused.recurrence.bias_hh_l0.zero_()
        stepwise.input.weight.copy_(fused.recurrence.weight_ih_l0)
        stepwise.input.bias.copy_(fused.recurrence.bias_ih_l0.normal_())
        stepwise.recurrent.copy_(fused.recurrence.weight_hh_l0.normal_(0, 0.4))
    x, mask = torch.randn(11, 3, 5), torch.ones(3, 11, dtype=torch.bool)
    assert torch.allclose(stepwise(x, mask), fused(x, mask), atol=1e-5)


def test_the_clipped_rectifier_equals_its_recurrence():
    rng = np.random.default_rng(5)
    layer = StepwiseRecurrence(4, 6, "rnn", norm=False)
    w, u, b = layer.input.weight, layer.recurrent, layer.input.bias
    with torch.no_grad():
        u.copy_(torch.tensor(rng.normal(0, 0.8, (6, 6))))
    x = rng.normal(0, 20, (20, 3, 4)).astype(np.float32)
    h, expected = np.zeros((3, 6)), []
    for now in x:
        h = np.clip(now @ w.detach().numpy().T + b.detach().numpy() + h @ u.detach().numpy().T, 0, 20)
        expected.append(h)
    expected = np.stack(expected)
    assert (expected == 20).any() and (expected == 0).any()
    ours = layer(torch.from_numpy(x), torch.ones(3, 20, dtype=torch.bool))
    assert np.abs(ours.detach().numpy() - expected).max() < 1e-4


@pytest.mark.parametrize("kind", RNNS)
def test_the_papers_batch_norm_stands_after_the_matrix(kind):
    """h_t = f(B(W h_t) + U h_{t-1}), B over all valid frames of the minibatch (section 3.2)."""
    torch.manual_seed(6)
    layer = StepwiseRecurrence(5, 4, kind, norm=True).train()
    plain = StepwiseRecurrence(4 * {"gru": 3, "lstm": 4}.get(kind, 1), 4, kind, norm=False)
    lengths = torch.tensor([8, 3, 5])
    mask, x = frame_mask(lengths, 8), torch.randn(8, 3, 5)
    x = x * mask.t()[..., None]
    with torch.no_grad():
        layer.norm.weight.uniform_(0.5, 2)
        layer.norm.bias.normal_()
        product = x @ layer.input.weight.t()
        valid = product[mask.t()]
        product[mask.t()] = torch.nn.functional.batch_norm(
            valid, None, None, layer.norm.weight, layer.norm.bias, training=True
        )
        plain.input.weight.copy_(torch.eye(len(plain.input.weight)))
        plain.input.bias.zero_()
        plain.recurrent.copy_(layer.recurrent)
    assert layer.input.bias is None
    kept = mask.t()[..., None]
    assert torch.allclose(layer(x, mask) * kept, plain(product, mask) * kept, atol=1e-5)


def test_lookahead_equals_its_formula_and_begins_as_the_identity():
    """r_t[i] = sum over j of W[i, j] h_{t+j}[i] (section 3.6)."""
    torch.manual_seed(7)
    layer, h = Lookahead(3, 4), torch.randn(10, 2, 3)
    assert torch.equal(layer(h), h)
    layer.convolution.weight.data.normal_()
    weights = layer.convolution.weight[:, 0]  # (H, tau + 1)
    expected = torch.zeros_like(h)
    for t, i, j in itertools.product(range(10), range(3), range(5)):
        if t + j < 10:
            expected[t, :, i] += weights[i, j] * h[t + j, :, i]
    assert torch.allclose(layer(h), expected, atol=1e-6)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("rnn", RNNS)
def test_one_direction_hears_no_further_than_its_lookahead(rnn, norm):
    torch.manual_seed(8)
    settings = ModelConfig(
        rnn=rnn, rnn_size=5, rnn_layers=2, bidirectional=False, batch_norm=norm, lookahead=3, **CONVOLUTIONS["no"]
    )
    network = Network(settings, 6, 4).eval()
    network.lookahead.convolution.weight.data.fill_(0.25)  # not as it begins, looking at nothing ahead
    x = torch.randn(16, 20, 6, requires_grad=True)  # sixteen of them, as a rectifier may be dead at a frame
    log_probs, _ = network(x, torch.full((16,), 20))
    (gradient,) = torch.autograd.grad(log_probs[:, 9, 1].sum(), x)
    heard = gradient.abs().sum((0, 2)) > 0
    assert heard[:13].any() and heard[12] and not heard[13:].any()


def test_dropout_is_silent_in_evaluation_and_alive_in_training():
    torch.manual_seed(9)
    network = Network(ModelConfig(rnn_size=5, rnn_layers=2, dropout=0.5, **CONVOLUTIONS["no"]), 6, 4)
    x, lengths = torch.randn(1, 9, 6), torch.tensor([9])
    assert not torch.equal(network.train()(x, lengths)[0], network(x, lengths)[0])
    assert torch.equal(network.eval()(x, lengths)[0], network(x, lengths)[0])
