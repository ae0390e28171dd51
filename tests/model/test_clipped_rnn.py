"""The clipped recurrence's own backward pass, beside autograd through the plain loop."""

import pytest
import torch

from ds2cli.config import ModelConfig
from ds2cli.model.encoder.clipped_rnn import clipped_rnn
from ds2cli.model.encoder.recurrent import RecurrentLayer

INFINITE = float("inf")


def step_by_step(inputs, weights, clip):
    states, state = [], torch.zeros_like(inputs[0])
    for now in inputs:
        state = (now + torch.einsum("dbj,dij->dbi", state, weights)).clamp(0, clip)
        states.append(state)
    return torch.stack(states)


def material(n_frames, n_directions, n_utterances=3, size=5, dtype=torch.float64):
    generator = torch.Generator().manual_seed(n_frames)
    inputs = torch.randn(n_frames, n_directions, n_utterances, size, generator=generator, dtype=dtype)
    weights = 0.4 * torch.randn(n_directions, size, size, generator=generator, dtype=dtype)
    return inputs.requires_grad_(), weights.requires_grad_()


@pytest.mark.parametrize("clip", [0.7, 20.0, INFINITE])
@pytest.mark.parametrize("n_directions", [1, 2])
@pytest.mark.parametrize("n_frames", [1, 2, 40])
def test_states_and_gradients_are_those_of_the_plain_loop(n_frames, n_directions, clip):
    inputs, weights = material(n_frames, n_directions)
    found, expected = clipped_rnn(inputs, weights, clip), step_by_step(inputs, weights, clip)
    assert torch.equal(found > 0, expected > 0) and torch.allclose(found, expected, atol=1e-12)
    if clip == 0.7 and n_frames == 40:
        assert (found == clip).any()  # the clip's flat part is tried too
    kind = torch.randn(found.shape, dtype=found.dtype, generator=torch.Generator().manual_seed(1))
    ours = torch.autograd.grad((found * kind).sum(), [inputs, weights])
    theirs = torch.autograd.grad((expected * kind).sum(), [inputs, weights])
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-10)


def test_its_gradient_is_that_of_finite_differences():
    assert torch.autograd.gradcheck(lambda x, u: clipped_rnn(x, u, 0.9), material(6, 2, 2, 3))


def test_mixed_precision_computes_in_bf16_and_gives_float32_gradients():
    inputs, weights = material(20, 2, dtype=torch.float32)
    exact = torch.autograd.grad(clipped_rnn(inputs, weights, 20.0).square().sum(), [inputs, weights])
    with torch.autocast("cpu", torch.bfloat16):
        states = clipped_rnn(inputs, weights, 20.0)
    assert states.dtype == torch.bfloat16
    rounded = torch.autograd.grad(states.float().square().sum(), [inputs, weights])
    for mine, other in zip(rounded, exact, strict=True):
        assert mine.dtype == torch.float32
        assert torch.nn.functional.cosine_similarity(mine.flatten(), other.flatten(), 0) > 0.999


@pytest.mark.parametrize("norm", ["none", "preactivation"])
def test_two_directions_together_are_each_by_itself(norm):
    torch.manual_seed(2)
    layer = RecurrentLayer(4, ModelConfig(rnn="rnn", rnn_size=6, batch_norm=norm)).eval()
    lengths = torch.tensor([9, 5])
    x = torch.randn(9, 2, 4)
    x[5:, 1] = 0
    mask = torch.arange(9) < lengths[:, None]
    found = layer(x, lengths, mask)
    for row, length in enumerate(lengths.tolist()):
        alone, whole = x[:length, row : row + 1], torch.ones(1, length, dtype=torch.bool)
        forwards = layer.directions[0](alone, whole)
        backwards = layer.directions[1](alone.flip(0), whole).flip(0)
        assert torch.allclose(found[:length, row], (forwards + backwards)[:, 0], atol=1e-6)
        assert not found[length:, row].any()
