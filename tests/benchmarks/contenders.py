"""Who trains: our network by our trainer, and the peer's by its own step, on the same batch again and again."""

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import torch
from invented_speech import InventedSpeech
from peer_network import PeerNetwork, PeerTrainer

from ds2cli.audio.features import n_bins, n_frames
from ds2cli.config import AugmentConfig, Config, ModelConfig, TrainConfig
from ds2cli.model.flops import training_operations
from ds2cli.model.recogniser import Recogniser
from ds2cli.runs.events import StepEvent
from ds2cli.training.data import Batch, feature_statistics
from ds2cli.training.distributed import Process
from ds2cli.training.loop import Trainer

ENDLESS = 10**6  # epochs of one step each, and nothing is ever evaluated


def same_architecture(size: int) -> Config:
    """The peer's network in our settings: 2-D convolutions of 32 channels, five bidirectional LSTMs, spectrogram."""
    return Config(model=ModelConfig(rnn="lstm", rnn_layers=5, rnn_size=size, batch_norm="input"))


def for_measuring(config: Config, n_utterances: int, precision: str) -> Config:
    """Without augmentation, with every utterance in every step: what a step computes, and no more."""
    batch = dataclasses.replace(config.batch, seconds=1e9, utterances=n_utterances, workers=0)
    train = TrainConfig(epochs=ENDLESS, evaluate_every=ENDLESS, save_seconds=1e9, precision=precision)
    optimizer = dataclasses.replace(config.optimizer, schedule="constant", warmup=0.0)
    return Config(config.features, config.model, AugmentConfig(), batch, optimizer, train)


class Ours:
    """Steps of our trainer, through the doors that `ds2 train` uses."""

    def __init__(self, config: Config, durations: np.ndarray, precision: str, process: Process) -> None:
        torch.manual_seed(1)
        config = for_measuring(config, len(durations), precision)
        self.speech = InventedSpeech(durations, config)
        recogniser = Recogniser(config, self.speech.units)
        recogniser.frontend.fit(*feature_statistics(self.speech, recogniser.frontend, seed=1))
        self.trainer = Trainer(recogniser, self.speech, None, config, process)
        self._events = self.trainer.events()

    def step(self) -> StepEvent:
        """Take a step."""
        return next(event for event in self._events if isinstance(event, StepEvent))

    def batch(self) -> Batch:
        """All utterances, the longest first."""
        return self.speech.plain_batch(np.argsort(self.speech.durations)[::-1])

    @property
    def operations(self) -> int:
        """Floating point operations of a step, padding not counted."""
        config = self.trainer.config
        lengths = [n_frames(len(waveform), config.features) for waveform in self.speech.waveforms]
        bins, units = n_bins(config.features), len(self.speech.units)
        return sum(training_operations(config.model, bins, units, frames) for frames in lengths)


class Peer:
    """Steps of the peer, whose features are ready: it makes them while it loads."""

    def __init__(self, ours: Ours, bf16: bool) -> None:
        torch.manual_seed(1)
        recogniser, device = ours.trainer.recogniser, ours.trainer.process.device
        batch = ours.batch()
        with torch.no_grad():
            features, frames = recogniser.frontend(batch.waveforms.to(device), batch.lengths.to(device))
        spoken = zip(batch.targets, batch.target_lengths, strict=True)
        targets = torch.cat([row[:length] for row, length in spoken])
        self._batch = features, frames.cpu(), targets, batch.target_lengths
        size = recogniser.config.model.rnn_size
        network = PeerNetwork(n_bins(recogniser.config.features), len(ours.speech.units), size)
        self._trainer = PeerTrainer(network.to(device), bf16)

    def step(self) -> float:
        """Take a step; its loss."""
        return self._trainer.step(*self._batch)


@dataclasses.dataclass(frozen=True)
class Seconds:
    """What a step took: CPU seconds of all threads, and seconds on the wall."""

    cpu: float
    wall: float


def measured(contender: "Ours | Peer") -> Seconds:
    """One step; both end by asking the device for the loss. Ours includes making the batch, for which no GPU waits
    where `batch.workers` make it: that is not counted on the wall."""
    cpu, wall = time.process_time(), time.monotonic()
    event = contender.step()
    waited = event.waited if isinstance(event, StepEvent) else 0.0
    return Seconds(time.process_time() - cpu, time.monotonic() - wall - waited)


def in_turns(steps: dict[str, Callable[[], Seconds]], repeats: int) -> dict[str, Seconds]:
    """The least of each, after a first turn that is not counted: what other work comes and goes meets all alike."""
    turns = [{name: step() for name, step in steps.items()} for _ in range(repeats + 1)][1:]
    return {
        name: Seconds(min(turn[name].cpu for turn in turns), min(turn[name].wall for turn in turns)) for name in steps
    }
