"""Where a live network begins: `python start.py phones.jsonl start.safetensors [--lookahead FRAMES]`.

The forward directions of `english-phones`, widened from 256 to 384 cells (the new ones reach the old ones through small
weights), a lookahead (of 10 frames, unless said otherwise) that begins as the identity, and a running mean of features
without normalised power.
"""

import argparse
import dataclasses
import json
import random
from pathlib import Path

import torch

from ds2cli.audio.files import read_audio
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser

WIDE, GATES = 384, 4


def widened(weights: torch.Tensor, into: torch.Tensor) -> torch.Tensor:
    """An LSTM's matrix or bias (4 * size, ...) in the corner of a larger one, gate by gate."""
    size, wide = len(weights) // GATES, len(into) // GATES
    for gate in range(GATES):
        rows = into[gate * wide : gate * wide + size]
        if into.dim() == 1:
            rows.copy_(weights[gate * size : (gate + 1) * size])
            continue
        columns = weights.shape[1]
        rows[:, columns:] = 0.01 * torch.randn(size, into.shape[1] - columns)
        rows[:, :columns] = weights[gate * size : (gate + 1) * size]
    return into


def fit_mean(recogniser: Recogniser, manifest: str, count: int = 300) -> None:
    """The statistics of features, of recordings as loud as they are."""
    records = [json.loads(line) for line in open(manifest, encoding="utf-8")]
    chosen = random.Random(1).sample(records, min(count, len(records)))
    frames = torch.cat([recogniser.features(read_audio(one["audio_filepath"], 16000)) for one in chosen])
    front = recogniser.frontend
    front.fit(front.mean + frames.mean(0) * front.deviation, front.deviation * frames.std(0))


def main(manifest: str, place: str, lookahead: int) -> None:
    """Writes a checkpoint that `ds2 train --init` takes."""
    torch.manual_seed(1)
    old = load_checkpoint("english-phones")
    features = dataclasses.replace(old.config.features, statistics="corpus", normalise_power=False)
    model = dataclasses.replace(old.config.model, bidirectional=False, rnn_size=WIDE, lookahead=lookahead)
    config = dataclasses.replace(old.config, features=features, model=model)
    recogniser = Recogniser(config, old.units).eval()
    for name, into in recogniser.state_dict().items():
        known = old.weights.get(name)
        if known is None:
            continue
        if known.shape == into.shape:
            into.copy_(known)
        elif ".recurrence." in name:
            widened(known, into)
        elif into.dim() == 1:
            into[: len(known)] = known
        else:
            into.zero_()[:, : known.shape[1]] = known
    fit_mean(recogniser, manifest)
    config = dataclasses.replace(config, features=dataclasses.replace(features, statistics="running"))
    save_checkpoint(Path(place), Checkpoint(config, old.units, recogniser.state_dict(), {}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", help="whose recordings the statistics of features are taken from")
    parser.add_argument("place", help="the checkpoint to write")
    parser.add_argument("--lookahead", type=int, default=10, metavar="FRAMES")
    main(**vars(parser.parse_args()))
