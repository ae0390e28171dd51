"""Recurrent layers: clipped rectifier, rectifier, GRU and LSTM, in one direction or both.

The backward direction runs over each utterance reversed within its own length, so no packed sequences are needed:
the same numbers as PackedSequence (2e-7), three to seven times faster, and padding cannot leak.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ds2cli.config import ModelConfig
from ds2cli.model.encoder.clipped_rnn import clipped_rnn
from ds2cli.model.encoder.layers import CLIP, SequenceBatchNorm, all_of, normalise_frames
from ds2cli.model.encoder.lstm import kernel_suits, lstm_layer

GATES = {"rnn": 1, "relu": 1, "gru": 3, "lstm": 4}
CLIPS = {"rnn": CLIP, "relu": float("inf")}  # of the rectifiers
State = tuple[Tensor, ...]  # of each stream of a batch: (B, size) outputs, and an LSTM's (B, size) cells


def reversed_within(lengths: Tensor, n_frames: int) -> Tensor:
    """(T, B) the frame to read at each step so that every utterance runs backwards and padding stays behind it."""
    steps = torch.arange(n_frames, device=lengths.device)[:, None]
    return torch.where(steps < lengths, lengths - 1 - steps, steps)


class RecurrentLayer(nn.Module):
    """One layer of recurrence over time, both directions summed where there are two (Amodei et al. 2016, section 3.1).

    batch_norm = "input" normalises the layer's input, which leaves the fused recurrences of oneDNN and cuDNN usable;
    "preactivation" normalises W h after the matrix, which is the paper's form (section 3.2) and runs step by step.
    """

    def __init__(self, size_in: int, settings: ModelConfig) -> None:
        super().__init__()
        size, kind = settings.rnn_size, settings.rnn
        self.size, self.kind = size, kind
        self.norm = SequenceBatchNorm(size_in) if settings.batch_norm == "input" else None
        inside = settings.batch_norm == "preactivation"
        fused = kind != "rnn" and not inside
        count = 2 if settings.bidirectional else 1
        self.directions = nn.ModuleList(
            FusedRecurrence(size_in, size, kind) if fused else StepwiseRecurrence(size_in, size, kind, inside)
            for _ in range(count)
        )

    def forward(self, x: Tensor, lengths: Tensor, mask: Tensor) -> Tensor:
        """x (T, B, H), lengths (B,), mask (B, T) -> (T, B, rnn_size), zero beyond each utterance."""
        if self.norm is not None:
            x = normalise_frames(self.norm, x, mask) * mask.t()[..., None]
        fused = [one.recurrence for one in self.directions if isinstance(one, FusedRecurrence)]
        if self.kind == "lstm" and len(fused) == len(self.directions) and kernel_suits(x, self.size):
            return lstm_layer(x, lengths, fused)
        if len(self.directions) == 1:
            y = self.directions[0](x, mask)
        else:
            order = reversed_within(lengths, x.shape[0])
            forwards, backwards = _side_by_side(self.directions, [x, _reorder(x, order)], mask)
            y = forwards + _reorder(backwards, order)
        return y * mask.t()[..., None]

    def start(self, n_streams: int) -> State:
        """The state before the first frame of as many streams."""
        weights = next(self.directions.parameters(), None)  # those in int8 are no parameters
        zeros = torch.zeros(n_streams, self.size, device=None if weights is None else weights.device)
        return (zeros, zeros) if self.kind == "lstm" else (zeros,)

    def advance(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """More frames of streams, in evaluation and one direction: x (T, B, H) -> (T, B, size), and the state after."""
        if self.norm is not None:
            x = normalise_frames(self.norm, x, x.new_ones(x.shape[1], x.shape[0], dtype=torch.bool))
        return all_of(self.directions, Direction)[0].advance(x, state)


def _side_by_side(directions: nn.ModuleList, inputs: list[Tensor], mask: Tensor) -> list[Tensor]:
    """Each direction over its own input (T, B, H); rectifiers take their steps together."""
    stepwise = [one for one in directions if isinstance(one, StepwiseRecurrence) and one.kind in CLIPS]
    if len(stepwise) < len(directions):
        return [one(x, mask) for one, x in zip(directions, inputs, strict=True)]
    arriving = torch.stack([one.arriving(x, mask) for one, x in zip(stepwise, inputs, strict=True)], 1)
    weights = torch.stack([one.recurrent for one in stepwise])
    return list(clipped_rnn(arriving, weights, CLIPS[stepwise[0].kind]).unbind(1))


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    """x (T, B, H) read at order (T, B)."""
    return x.gather(0, order[..., None].expand(-1, -1, x.shape[2]))


class Direction(nn.Module):
    """One direction of a recurrent layer: called with x (T, B, H) and mask (B, T), it answers (T, B, size)."""

    def advance(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """More frames x (T, B, H) of streams whose state is (B, size) each: the answer, and the state after it."""
        raise NotImplementedError


class FusedRecurrence(Direction):
    """One direction of relu, GRU or LSTM by the device's fused kernel."""

    def __init__(self, size_in: int, size: int, kind: str) -> None:
        super().__init__()
        makers: dict[str, Callable[[int, int], nn.RNNBase]] = {
            "gru": nn.GRU, "lstm": nn.LSTM, "relu": lambda a, b: nn.RNN(a, b, nonlinearity="relu"),
        }
        self.recurrence = makers[kind](size_in, size)
        for name, weights in self.recurrence.named_parameters():
            if name.startswith("weight_hh"):
                _initialise_recurrence(weights, kind)
            if kind == "lstm" and name.startswith("bias_ih"):
                nn.init.constant_(weights[size : 2 * size], 1.0)  # an open forget gate, so that gradients travel

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.recurrence(x)[0]

    def advance(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """As Direction.advance."""
        before = tuple(part[None] for part in state)
        y, after = self.recurrence(x, before if len(before) == 2 else before[0])
        return y, tuple(part[0] for part in (after if len(before) == 2 else (after,)))


class StepwiseRecurrence(Direction):
    """One direction, step by step: h_t = f(B(W x_t) + U h_{t-1}), with B the batch normalisation or nothing.

    f is the clipped rectifier for `rnn`; GRU and LSTM take their gates' preactivations from the same sum, with
    the GRU's candidate as n = tanh(W_n x + r * (U_n h)).
    """

    def __init__(self, size_in: int, size: int, kind: str, norm: bool) -> None:
        super().__init__()
        self.kind = kind
        self.input = nn.Linear(size_in, GATES[kind] * size, bias=not norm)
        self.norm = SequenceBatchNorm(GATES[kind] * size) if norm else None
        self.recurrent = nn.Parameter(torch.empty(GATES[kind] * size, size))
        _initialise_recurrence(self.recurrent, kind)
        if kind == "lstm":
            bias = self.norm.bias if self.norm is not None else self.input.bias
            nn.init.constant_(bias[size : 2 * size], 1.0)

    def arriving(self, x: Tensor, mask: Tensor) -> Tensor:
        """B(W x_t): x (T, B, H) -> (T, B, gates * size)."""
        inputs = self.input(x)
        return inputs if self.norm is None else normalise_frames(self.norm, inputs, mask)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (T, B, H) -> (T, B, size)."""
        inputs = self.arriving(x, mask)
        if self.kind in CLIPS:
            return clipped_rnn(inputs[:, None], self.recurrent[None], CLIPS[self.kind])[:, 0]
        state = x.new_zeros(x.shape[1], self.recurrent.shape[1])
        return self._steps(inputs, state, state)[0]

    def advance(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """As Direction.advance."""
        # Nothing is masked: in evaluation the normalisation is the same for every frame.
        inputs = self.arriving(x, x.new_ones(x.shape[1], x.shape[0], dtype=torch.bool))
        y, *after = self._steps(inputs, state[0], state[-1])
        return y, tuple(after[: len(state)])

    def _steps(self, inputs: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(T, B, size) states, the last of them, and the last memory."""
        weights, outputs = self.recurrent.t(), []
        for now in inputs:
            state, memory = self._step(now, state, memory, weights)
            outputs.append(state)
        return torch.stack(outputs), state, memory

    def _step(self, now: Tensor, state: Tensor, memory: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        if self.kind in CLIPS:
            return torch.addmm(now, state, weights).clamp(0.0, CLIPS[self.kind]), memory
        if self.kind == "gru":
            reset, update, candidate = now.chunk(3, 1)
            reset_h, update_h, candidate_h = (state @ weights).chunk(3, 1)
            keep = torch.sigmoid(update + update_h)
            new = torch.tanh(candidate + torch.sigmoid(reset + reset_h) * candidate_h)
            return new + keep * (state - new), memory
        admit, keep, new, show = torch.addmm(now, state, weights).chunk(4, 1)
        memory = torch.sigmoid(keep) * memory + torch.sigmoid(admit) * torch.tanh(new)
        return torch.sigmoid(show) * torch.tanh(memory), memory


@torch.no_grad()
def _initialise_recurrence(weights: Tensor, kind: str) -> None:
    """Orthogonal gate by gate; half the identity for rectifiers, which an orthogonal matrix lets grow without bound."""
    size = weights.shape[1]
    for gate in weights.split(size):
        if kind in ("rnn", "relu"):
            gate.copy_(0.5 * torch.eye(size))
        else:
            nn.init.orthogonal_(gate)
