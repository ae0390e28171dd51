"""The RNN transducer's head (Graves 2012, arXiv:1211.3711; Graves et al. 2013, arXiv:1303.5778).

A prediction network reads the labels so far, and a joint layer weighs what it expects against what the encoder heard:
log p(k | t, u) = log-softmax of W tanh(E h_t + P g_u) + b, with the blank for going on to the next frame.
"""

import torch
from torch import Tensor, nn

from ds2cli.config import ModelConfig
from ds2cli.text.units import BLANK

State = tuple[Tensor, ...]  # of the prediction networks of a batch: (B, ...) each


class LstmPredictor(nn.Module):
    """An embedding and an LSTM over all labels so far; the blank stands for the start. Its state is (B, P) h and c."""

    def __init__(self, n_units: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.embedding = nn.Embedding(n_units, size)
        self.recurrence = nn.LSTM(size, size, batch_first=True)

    def initial_state(self, batch: int) -> State:
        """Before anything was said, not even the start."""
        zeros = self.embedding.weight.new_zeros(batch, self.size)
        return zeros, zeros

    def step(self, labels: Tensor, state: State) -> tuple[Tensor, State]:
        """One label (B,) int64 more: (B, P) and the state after it; the first label is the blank."""
        before = tuple(part[None].contiguous() for part in state)
        out, after = self.recurrence(self.embedding(labels)[:, None], before)
        return out[:, 0], tuple(part[0] for part in after)

    def forward(self, labels: Tensor) -> Tensor:
        """labels (B, U) int64 -> (B, U + 1, P): before the first, after each."""
        return self.recurrence(self.embedding(_after_start(labels)))[0]


class StatelessPredictor(nn.Module):
    """An embedding and a convolution over the last two labels (Ghodsi et al. 2020). Its state is (B,) the last."""

    def __init__(self, n_units: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.embedding = nn.Embedding(n_units, size)
        self.last_two = nn.Linear(2 * size, size)

    def initial_state(self, batch: int) -> State:
        """As LstmPredictor's."""
        return (torch.full((batch,), BLANK, dtype=torch.int64, device=self.embedding.weight.device),)

    def step(self, labels: Tensor, state: State) -> tuple[Tensor, State]:
        """As LstmPredictor's."""
        return self._answer(state[0], labels), (labels,)

    def forward(self, labels: Tensor) -> Tensor:
        """As LstmPredictor's."""
        labels = _after_start(labels)
        return self._answer(_after_start(labels)[:, :-1], labels)

    def _answer(self, before: Tensor, last: Tensor) -> Tensor:
        return torch.tanh(self.last_two(torch.cat([self.embedding(before), self.embedding(last)], -1)))


Predictor = LstmPredictor | StatelessPredictor


class TransducerHead(nn.Module):
    """Prediction network and joint layer.

    encoder_size  H, of an encoder's frame
    n_units       V, the blank included
    prunes        whether it also has the simple joiner that prunes its loss
    """

    def __init__(self, settings: ModelConfig, encoder_size: int, n_units: int, prunes: bool = False) -> None:
        super().__init__()
        predictors: dict[str, type[Predictor]] = {"lstm": LstmPredictor, "stateless": StatelessPredictor}
        self.predictor: Predictor = predictors[settings.predictor](n_units, settings.predictor_size)
        self.dropout = nn.Dropout(settings.dropout)
        self.encoder_projection = nn.Linear(encoder_size, settings.joint_size)
        self.predictor_projection = nn.Linear(settings.predictor_size, settings.joint_size)
        self.output = nn.Linear(settings.joint_size, n_units)
        self.simple_encoder = nn.Linear(encoder_size, n_units) if prunes else None
        self.simple_predictor = nn.Linear(settings.predictor_size, n_units) if prunes else None

    def read(self, labels: Tensor) -> Tensor:
        """labels (B, U) int64 -> (B, U + 1, P): what the prediction network makes of them."""
        return self.dropout(self.predictor(labels))

    def simple(self, encoded: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's frames (B, T, H) and what was read (B, U + 1, P) -> what a simple joiner adds, (B, ..., V)."""
        assert self.simple_encoder is not None and self.simple_predictor is not None, "built without pruning"
        return self.simple_encoder(encoded), self.simple_predictor(read)

    def projected_labels(self, labels: Tensor) -> Tensor:
        """labels (B, U) int64 -> (B, U + 1, J): what the joint layer adds, before the first label and after each."""
        return self.predictor_projection(self.read(labels))

    def joint(self, frames: Tensor, labels: Tensor) -> Tensor:
        """Projected frames (..., J) and projected labels (..., J), broadcast -> (..., V) natural-log probabilities."""
        return self.output(torch.tanh(frames + labels)).float().log_softmax(-1)


def _after_start(labels: Tensor) -> Tensor:
    return nn.functional.pad(labels, (1, 0), value=BLANK)
