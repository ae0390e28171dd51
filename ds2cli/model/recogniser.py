"""A trained model, ready to listen: waveforms in, log-probs out."""

from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ds2cli import hints
from ds2cli.audio.features import Frontend, n_bins
from ds2cli.config import Config
from ds2cli.errors import CheckpointError, UsageError
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint
from ds2cli.model.network import Network, time_stride
from ds2cli.text.units import Units


class Recogniser(nn.Module):
    """Front end, network and units, as training builds them and decoding uses them."""

    def __init__(self, config: Config, units: Units, network: Network | None = None) -> None:
        super().__init__()
        self.config, self.units = config, units
        self.frontend = Frontend(config.features)
        self.network = network or network_of(config, n_bins(config.features), len(units))

    @property
    def frame_seconds(self) -> float:
        """From one log-prob frame to the next."""
        return self.config.features.hop_seconds * time_stride(self.config.model)

    @property
    def device(self) -> torch.device:
        return self.frontend.window.device

    @property
    def readout_size(self) -> int:
        """Numbers in each frame of `log_probs`: V, or a transducer's J."""
        return self.config.model.joint_size if self.is_transducer else len(self.units)

    @property
    def n_parameters(self) -> int:
        return sum(weights.numel() for weights in self.network.parameters())

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, samples) and (B,) lengths -> (B, T', V) log-probs (a transducer's frames) and (B,) frames."""
        return self.network(*self.frontend(waveforms, lengths))

    def readout(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`; of a transducer (B, T', J), its frames as the joint layer adds them."""
        answers, frames = self(waveforms, lengths)
        return (self.network.readout(answers) if self.is_transducer else answers), frames

    def features(self, waveform: np.ndarray) -> Tensor:
        """(samples,) at the configured rate -> (T, F) standardised features."""
        samples = torch.from_numpy(waveform).to(self.device)[None]
        return self.frontend(samples, torch.tensor([samples.shape[1]], device=self.device))[0][0]

    @property
    def is_transducer(self) -> bool:
        """Whether `log_probs` are not those of units, but frames for the joint layer."""
        return self.network.head is not None

    def by_ctc(self) -> "Recogniser":
        """The same, spelling by CTC: of a transducer, the output that was trained beside its head.

        raises  UsageError where there is none
        """
        if not self.is_transducer:
            return self
        if self.network.output is None:
            raise UsageError("this transducer was trained without CTC, which this needs",
                             hint=hints.TRAIN_CTC_TOO)
        return _with(self, network=_with(self.network, head=None))

    @torch.inference_mode()
    def log_probs(self, waveforms: list[np.ndarray]) -> list[np.ndarray]:
        """Each waveform's log-probs, (T', V) float32 natural logs; one batch, whose members do not touch each other.

        Of a transducer, its frames (T', J), as `Network.readout` gives them.
        """
        batch, lengths = pad(waveforms)
        log_probs, frames = self.readout(batch.to(self.device), lengths.to(self.device))
        rows = log_probs.cpu().numpy()
        return [row[:count].copy() for row, count in zip(rows, frames.tolist(), strict=True)]


def _with(module: nn.Module, **parts: nn.Module | None) -> Any:
    """A module with other parts; the rest is shared."""
    other = copy(module)
    other._modules = {**module._modules, **parts}
    return other


def network_of(config: Config, bins: int, n_units: int) -> Network:
    """The network of an experiment, with fresh weights."""
    return Network(config.model, bins, n_units, ctc=config.loss.ctc_weight > 0, prunes=config.loss.prune > 0)


def pad(waveforms: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Waveforms of many lengths -> (B, samples) float32, zero behind each, and (B,) int64 lengths."""
    lengths = torch.tensor([len(waveform) for waveform in waveforms])
    batch = torch.zeros(len(waveforms), int(lengths.max()))
    for row, waveform in zip(batch, waveforms, strict=True):
        row[: len(waveform)] = torch.from_numpy(waveform)
    return batch, lengths


def load_recogniser(path: str | Path, device: str = "cpu") -> Recogniser:
    """The recogniser of a checkpoint file or a run folder, in evaluation mode.

    raises  CheckpointError where the file is not a checkpoint or does not fit its own settings
    """
    return build_recogniser(load_checkpoint(path), path).to(device).eval()


def build_recogniser(checkpoint: Checkpoint, path: str | Path) -> Recogniser:
    """A recogniser with a checkpoint's weights."""
    config, units = checkpoint.config, checkpoint.units
    bins = n_bins(config.features)
    try:
        with torch.device("meta"):  # draws no weights that would be thrown away at once
            network = network_of(config, bins, len(units))
        recogniser = Recogniser(config, units, network)
        # Copies: where a file's own bytes lie, some kernels round otherwise.
        copies = {name: weights.clone() for name, weights in checkpoint.weights.items()}
        recogniser.load_state_dict(copies, assign=True)
    except RuntimeError:
        raise CheckpointError(f"the weights of `{path}` do not fit its settings", hint="was the file edited?") from None
    return recogniser
