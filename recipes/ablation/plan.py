"""How long the ablation will take, from its arithmetic; the speeds are assumptions, and the first variant tells."""

import os
from pathlib import Path

from variants import settings_of, training_part

from ds2cli.audio.features import hop_samples, n_bins
from ds2cli.config import Config
from ds2cli.model.flops import training_operations
from ds2cli.model.network import time_stride
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.training.batches import plan_epoch

N_UNITS = 29  # letters, apostrophe, space, blank
CPU_OPERATIONS = 22e9  # in a second on one core: these small networks reached 13 to 43e9 on an EPYC (Zen 5)
GPU_OPERATIONS = 30e12  # in a second, of small bf16 products
GPU_FRAME_SECONDS = 5e-6  # a recurrence's kernel: no GPU starts the next frame sooner
GPU_STEP_SECONDS = 0.03  # loss, optimiser and all that Python does


def print_plan(names: list[str], data: Path, epochs: int, device: str, quick: bool) -> None:
    """A line for each variant, and their sum."""
    hours = hours_of(names, data, epochs, device, quick)
    for name in names:
        print(f"{name:<20} {hours[name]:7.2f} h")
    print(f"{'all ' + str(len(names)):<20} {sum(hours.values()):7.2f} h on {device}, {epochs} epochs: "
          "an estimate, not a measurement")


def longest_first(names: list[str], data: Path, epochs: int, device: str, quick: bool) -> None:
    """The names, a line each."""
    hours = hours_of(names, data, epochs, device, quick)
    print("\n".join(sorted(names, key=hours.__getitem__, reverse=True)))


def hours_of(names: list[str], data: Path, epochs: int, device: str, quick: bool) -> dict[str, float]:
    """Of each variant's training, on all cores or one GPU."""
    utterances = list(read_manifest(data / "train.jsonl"))
    return {
        name: training_hours(settings_of(name, epochs, quick)[0], training_part(name, utterances), device)
        for name in names
    }


def training_hours(config: Config, utterances: list[Utterance], device: str) -> float:
    """Of a whole run, without its evaluations."""
    rate, hop = config.features.sample_rate, hop_samples(config.features)
    frames = [round(one.duration * rate / hop) for one in utterances]
    operations = sum(training_operations(config.model, n_bins(config.features), N_UNITS, count) for count in frames)
    if not device.startswith("cuda"):
        return config.train.epochs * operations / (CPU_OPERATIONS * (os.cpu_count() or 1)) / 3600
    steps = plan_epoch([one.duration for one in utterances], config.batch, config.train.seed, 1)
    directions = 2 if config.model.bidirectional else 1
    recurrent = sum(max(frames[i] for part in step for i in part) for step in steps) / time_stride(config.model)
    waiting = 3 * recurrent * config.model.rnn_layers * directions * GPU_FRAME_SECONDS
    seconds = operations / GPU_OPERATIONS + waiting + len(steps) * GPU_STEP_SECONDS
    return config.train.epochs * seconds / 3600
