"""Where the time of a training step goes: the step taken apart, each part forward and backward on its own."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ds2cli.audio.features import frame_mask
from ds2cli.model.recogniser import Recogniser
from ds2cli.training.data import Batch
from ds2cli.training.losses.ctc import ctc_losses, utterance_mean


class StepInParts:
    """A step whose parts are cut from each other: each gets its input as data, and gives back its gradient."""

    def __init__(self, recogniser: Recogniser, batch: Batch, optimizer: torch.optim.Optimizer, bf16: bool) -> None:
        self.recogniser, self.optimizer, self.bf16 = recogniser.train(), optimizer, bf16
        device = recogniser.device
        self.sound = batch.waveforms.to(device), batch.lengths.to(device)
        self.targets = batch.targets, batch.target_lengths
        self.seconds: dict[str, float] = defaultdict(float)

    def take(self) -> float:
        """One step; its loss. `seconds` grows by what each part took."""
        with self._timed("features"), torch.no_grad():
            x, self.lengths = self.recogniser.frontend(*self.sound)
        trail = []
        for name, piece in self._pieces().items():
            given = x.detach().requires_grad_(bool(trail))
            with self._timed(name), torch.autocast(x.device.type, torch.bfloat16, enabled=self.bf16):
                x = piece(given)
            trail.append((name, given, x))
        gradient = None
        for name, given, made in reversed(trail):
            with self._timed(name):
                made.backward(gradient)
            gradient = given.grad
        with self._timed("optimiser"):
            nn.utils.clip_grad_norm_(self.recogniser.network.parameters(), 400.0)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return float(x.detach())

    def shares(self) -> dict[str, float]:
        """Per cent of all steps so far, by part."""
        whole = sum(self.seconds.values())
        return {name: 100 * seconds / whole for name, seconds in self.seconds.items()}

    def _pieces(self) -> dict[str, Callable[[Tensor], Tensor]]:
        return {
            "convolutions": self._convolutions, "recurrences": self._recurrences,
            "fully connected": self._fully_connected, "loss": self._loss,
        }  # fmt: skip

    def _convolutions(self, x: Tensor) -> Tensor:
        network, x = self.recogniser.network, x.transpose(1, 2)
        x = x[:, :, None] if network.one_dimensional else x[:, None]
        for layer in network.convolutions:
            x, self.lengths = layer(x, self.lengths)
        return x.flatten(1, 2).permute(2, 0, 1)

    def _recurrences(self, x: Tensor) -> Tensor:
        network, mask = self.recogniser.network, frame_mask(self.lengths, x.shape[0])
        for layer in network.recurrent:
            x = network.dropout(layer(x, self.lengths, mask))
        return x if network.lookahead is None else network.lookahead(x)

    def _fully_connected(self, x: Tensor) -> Tensor:
        network, mask = self.recogniser.network, frame_mask(self.lengths, x.shape[0])
        for layer in network.hidden:
            x = network.dropout(layer(x, mask))
        return network.output(x).float().log_softmax(-1).transpose(0, 1)

    def _loss(self, x: Tensor) -> Tensor:
        return utterance_mean(ctc_losses(x, self.lengths.cpu(), *self.targets), len(x))[0]

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        self._wait()
        began = time.perf_counter()
        yield
        self._wait()
        self.seconds[name] += time.perf_counter() - began

    def _wait(self) -> None:
        if self.recogniser.device.type == "cuda":
            torch.cuda.synchronize()
