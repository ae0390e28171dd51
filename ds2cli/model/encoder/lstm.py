"""The recurrence of an LSTM layer on the host, by our own kernel: both directions side by side, each in a thread.

A recurrence leaves little to share out within a step, so two threads on one direction are hardly faster than one, and
small networks wait for it most of the time. What the inputs say to all gates of both directions is one matrix product;
nothing is reordered, and padding is not computed.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ds2cli import _kernels

Weights = tuple[Tensor, ...]  # of a direction: (4H, I) of inputs, (4H, H), and two biases (4H,), as nn.LSTM has them


def kernel_suits(x: Tensor, size: int) -> bool:
    """Whether the kernel computes an LSTM layer of so many units: float32 on the host, in nothing that is traced."""
    apart = torch.jit.is_tracing() or torch.compiler.is_compiling() or torch.is_autocast_enabled("cpu")
    return x.device.type == "cpu" and x.dtype == torch.float32 and size % _kernels.lstm_multiple() == 0 and not apart


def lstm_layer(x: Tensor, lengths: Tensor, directions: Sequence[nn.RNNBase]) -> Tensor:
    """One layer, one direction or both, summed; the second runs from each utterance's last frame to its first.

    x           (T, B, I), lengths (B,) frames of each
    directions  nn.LSTM of each
    returns     (T, B, H), zero beyond each utterance
    """
    frames = lengths.to("cpu", torch.int32)
    return _Layer.apply(x, frames, *(weights for one in directions for weights in one.parameters()))


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, frames: Tensor, *parameters: Tensor) -> Tensor:
        directions = [parameters[at : at + 4] for at in range(0, len(parameters), 4)]
        (n_frames, batch, _), size = x.shape, directions[0][1].shape[1]
        of_inputs = torch.cat([weights for weights, _, _, _ in directions])
        biases = torch.cat([one + other for _, _, one, other in directions])
        gates = torch.addmm(biases, x.flatten(0, 1), of_inputs.t()).view(n_frames, batch, len(directions), 4 * size)
        cells = x.new_empty(n_frames, batch, len(directions), size)
        outputs = [x.new_empty(n_frames + 1, batch, size) for _ in directions]
        _kernels.lstm_forward(
            _arrays(directions), frames.numpy(), gates.numpy(), cells.numpy(),
            [one.numpy() for one in outputs], threads=torch.get_num_threads(),
        )
        ctx.save_for_backward(x, frames, of_inputs, gates, cells, *outputs, *parameters)
        return outputs[0][1:] + outputs[1][:-1] if len(outputs) == 2 else outputs[0][1:].clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, frames, of_inputs, gates, cells, *saved = ctx.saved_tensors
        count = gates.shape[2]
        outputs, parameters = saved[:count], saved[count:]
        directions = [parameters[at : at + 4] for at in range(0, len(parameters), 4)]
        of_gates = torch.empty_like(gates)
        _kernels.lstm_backward(
            _arrays(directions), frames.numpy(), gates.numpy(), cells.numpy(), gradient.contiguous().numpy(),
            of_gates.numpy(), threads=torch.get_num_threads(),
        )
        rows = of_gates.view(-1, of_inputs.shape[0])
        biases, of_weights = rows.sum(0), rows.t() @ x.flatten(0, 1)
        found: list[Tensor | None] = [(rows @ of_inputs).view_as(x), None]
        for index, (output, (_, recurrent, _, _)) in enumerate(zip(outputs, directions, strict=True)):
            part = slice(index * len(recurrent), (index + 1) * len(recurrent))
            before = output[1:] if index else output[:-1]
            of_recurrent = rows[:, part].t() @ before.flatten(0, 1)
            found += [of_weights[part], of_recurrent, biases[part], biases[part]]
        return tuple(found)


def _arrays(directions: Sequence[Weights]) -> list:
    return [recurrent.detach().numpy() for _, recurrent, _, _ in directions]
