"""The LSTM kernel against torch's own LSTM, one utterance at a time."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ds2cli import _kernels
from ds2cli.config import ModelConfig
from ds2cli.model.encoder import recurrent
from ds2cli.model.encoder.lstm import kernel_suits, lstm_layer


def by_torch(x: Tensor, lengths: list[int], directions: list[nn.LSTM]) -> Tensor:
    rows = []
    for b, length in enumerate(lengths):
        one = x[:length, b : b + 1]
        y = x.new_zeros(len(x), 1, directions[0].hidden_size)
        if length:
            heard = directions[0](one)[0]
            if len(directions) == 2:
                heard = heard + directions[1](one.flip(0))[0].flip(0)
            y = torch.cat([heard, y[length:]])
        rows.append(y)
    return torch.cat(rows, 1)


def layer(count: int, size_in: int, size: int) -> nn.ModuleList:
    return nn.ModuleList(nn.LSTM(size_in, size) for _ in range(count))


def values_and_gradients(y: Tensor, x: Tensor, weights: nn.ModuleList) -> list[Tensor]:
    torch.manual_seed(5)
    found = torch.autograd.grad((y * torch.randn_like(y)).sum(), [x, *weights.parameters()])
    return [y.detach(), *found]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("lengths", [[7], [9, 4], [3, 9, 0, 1, 6, 9, 2], [5, 6, 7, 8, 9, 9, 9, 9, 9, 3, 1]])
@pytest.mark.parametrize(("count", "size_in", "size"), [(1, 5, 32), (2, 40, 96)])
def test_values_and_gradients_are_torchs(count, size_in, size, lengths, threads):
    torch.manual_seed(1)
    directions, x = layer(count, size_in, size), torch.randn(9, len(lengths), size_in, requires_grad=True)
    expected = values_and_gradients(by_torch(x, lengths, list(directions)), x, directions)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = values_and_gradients(lstm_layer(x, torch.tensor(lengths), list(directions)), x, directions)
    finally:
        torch.set_num_threads(before)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=2e-5)


def test_eight_lanes_and_sixteen_agree():
    generator = np.random.default_rng(1)

    def draw(*shape: int) -> np.ndarray:
        return generator.standard_normal(shape, np.float32)

    n_frames, batch, size = 6, 4, 64
    weights, frames = [draw(4 * size, size) / 8 for _ in range(2)], np.array([6, 2, 5, 6], np.int32)
    gates, gradient, found = draw(n_frames, batch, 2, 4 * size), draw(n_frames, batch, size), {}
    for wide in False, True:
        now, cells = gates.copy(), draw(n_frames, batch, 2, size)
        outputs = [draw(n_frames + 1, batch, size) for _ in weights]
        _kernels.lstm_forward(weights, frames, now, cells, outputs, threads=1, wide=wide)
        of_gates = draw(*gates.shape)
        _kernels.lstm_backward(weights, frames, now, cells, gradient, of_gates, threads=1, wide=wide)
        found[wide] = [now, cells, *outputs, of_gates]
    for eight, sixteen in zip(found[False], found[True], strict=True):
        np.testing.assert_allclose(eight, sixteen, rtol=1e-4, atol=1e-5)


def test_a_layer_gives_the_same_with_and_without_the_kernel(monkeypatch):
    torch.manual_seed(2)
    one = recurrent.RecurrentLayer(24, ModelConfig(rnn="lstm", rnn_size=64, bidirectional=True))
    lengths = torch.tensor([8, 3, 5])
    mask = torch.arange(8) < lengths[:, None]
    x = torch.randn(8, 3, 24) * mask.t()[..., None]
    ours = one(x, lengths, mask)
    monkeypatch.setattr(recurrent, "kernel_suits", lambda x, size: False)
    torch.testing.assert_close(ours, one(x, lengths, mask), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_not_hidden(bad):
    """A run that diverges is seen by its loss."""
    torch.manual_seed(3)
    directions, x = layer(2, 8, 32), torch.randn(5, 3, 8)
    x[2, 1] = bad
    expected = by_torch(x, [5, 5, 5], list(directions))
    torch.testing.assert_close(lstm_layer(x, torch.tensor([5, 5, 5]), list(directions)), expected, equal_nan=True)
    with torch.no_grad():
        directions[1].weight_hh_l0[0, 0] = bad
    ours = lstm_layer(x.nan_to_num(0, 0, 0), torch.tensor([5, 5, 5]), list(directions))
    assert ours.isnan().any() == by_torch(x.nan_to_num(0, 0, 0), [5, 5, 5], list(directions)).isnan().any()


def test_what_the_kernel_leaves_to_torch():
    x = torch.zeros(1, 1, 4)
    assert kernel_suits(x, 64)
    assert not kernel_suits(x, 60)
    assert not kernel_suits(x.double(), 64)
    with torch.autocast("cpu", torch.bfloat16):
        assert not kernel_suits(x, 64)


@pytest.mark.parametrize(
    "changed",
    [{"frames": np.array([3, 9], np.int32)}, {"gates": np.zeros((2, 2, 1, 128), np.float32)}, {"weights": []}],
)
def test_a_call_that_breaks_its_promise_is_refused(changed):
    def zeros(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.float32)

    good = {
        "weights": [zeros(128, 32)], "frames": np.array([3, 2], np.int32), "gates": zeros(3, 2, 1, 128),
        "cells": zeros(3, 2, 1, 32), "outputs": [zeros(4, 2, 32)],
    }
    _kernels.lstm_forward(**good, threads=1)
    with pytest.raises(ValueError):
        _kernels.lstm_forward(**{**good, **changed}, threads=1)
