"""How fast speech reaches the network: decoding, augmentation and features, each alone and all together.

    python tests/benchmarks/load.py [--recordings N] [--preset NAME]

One JSON line for each figure: bench, ours, unit, n. CPU seconds (user and system) of one process with one thread; the
best of three passes. AN4 recordings are put together to utterances of 5 to 15 s and written again in each format, at
16 kHz, and as Opus at 48 kHz; they are read as files and from shards. `all` is what a step of training costs before
the network: decoding without the memory cache, speeds 0.9 to 1.1, noise of ten minutes on every second utterance,
gain, features, masks.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the tree that this file is in, not an installed one

from ds2cli.audio.augment import augment_waveform, generator_for, mask_features  # noqa: E402
from ds2cli.audio.features import Frontend  # noqa: E402
from ds2cli.audio.files import read_audio, resample, write_audio  # noqa: E402
from ds2cli.config import AugmentConfig, BatchConfig, Config  # noqa: E402
from ds2cli.corpora.choices import Encoding  # noqa: E402
from ds2cli.records.manifest import Utterance  # noqa: E402
from ds2cli.settings import preset_layer, resolve  # noqa: E402
from ds2cli.text.units import units_of  # noqa: E402
from ds2cli.training.data import SpeechSet  # noqa: E402
from ds2cli.workflows.prepare.shard import Limit, in_manifest_order, prepare_shards  # noqa: E402

AN4 = Path(__file__).resolve().parents[2] / "recipes" / "an4" / "data" / "wav"
RATE = 16000
FORMATS = {"flac": RATE, "ogg": RATE, "opus": RATE, "opus of 48 kHz": 48000}
AUGMENT = AugmentConfig(speeds=(0.9, 1.0, 1.1), gain_db=3.0, noise_share=0.5, time_masks=2, frequency_masks=2)
STEP, PASSES, NOISE_SECONDS = 16, 3, 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=400, help="of AN4, about 2.7 s each")
    parser.add_argument("--preset", default="small", help="whose features")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    preset, _ = resolve(preset_layer(asked.preset))
    config = dataclasses.replace(preset, augment=AUGMENT, batch=BatchConfig(cache_gb=0.0))
    waveforms = utterances_of_an4(asked.recordings)
    noises = [np.random.default_rng(1).normal(0, 0.1, NOISE_SECONDS * RATE).astype(np.float32)]
    seconds = sum(map(len, waveforms)) / RATE

    def report(bench: str, work: Callable[[], None]) -> None:
        speed = seconds / min(map(cpu_seconds, [work] * PASSES))
        line = {"bench": bench, "ours": round(speed), "unit": "x real time", "n": len(waveforms)}
        print(json.dumps(line), flush=True)

    with tempfile.TemporaryDirectory() as name:
        written = {kind: write_as(kind, waveforms, Path(name)) for kind in FORMATS}
        for kind, paths in written.items():
            report(f"decode {kind}", lambda paths=paths: [read_audio(path, RATE) for path in paths])
            addresses = in_shards(paths, waveforms, Path(name, "shards", kind))
            report(f"decode {kind}, shards", lambda paths=addresses: [read_audio(path, RATE) for path in paths])
        report("augment", lambda: augment_all(waveforms, noises))
        report(f"features of {asked.preset}", lambda: hear(waveforms, Frontend(config.features)))
        for kind, paths in written.items():
            report(f"all, {kind}", lambda paths=paths: everything(paths, waveforms, noises, config))


def utterances_of_an4(count: int) -> list[np.ndarray]:
    """(samples,) each; neighbouring recordings put together until they last 5 to 15 s."""
    rng, utterances, current = np.random.default_rng(1), [], []
    wanted = rng.uniform(5, 15)
    for path in sorted(AN4.rglob("*.opus"))[:count]:
        current.append(read_audio(path, RATE))
        if sum(map(len, current)) >= wanted * RATE:
            utterances.append(np.concatenate(current))
            current, wanted = [], rng.uniform(5, 15)
    return utterances


def write_as(kind: str, waveforms: list[np.ndarray], folder: Path) -> list[Path]:
    paths = [folder / f"{kind}-{number}.{kind.split()[0]}" for number in range(len(waveforms))]
    for path, waveform in zip(paths, waveforms, strict=True):
        write_audio(path, resample(waveform, RATE, FORMATS[kind]), FORMATS[kind])
    return paths


def in_shards(paths: list[Path], waveforms: list[np.ndarray], folder: Path) -> list[Path]:
    """Where the recordings lie once `ds2 prepare shard` has copied them."""
    utterances = utterances_at(paths, waveforms)
    shards = prepare_shards(utterances, folder, Limit(600), Encoding.keep, seed=1, jobs=1, skip=print)
    return [folder / record["audio_filepath"] for record in in_manifest_order(shards)]


def utterances_at(paths: list[Path], waveforms: list[np.ndarray]) -> list[Utterance]:
    seconds = (len(waveform) / RATE for waveform in waveforms)
    return [Utterance(path.stem, str(path), one, "a", record={"duration": one})
            for path, one in zip(paths, seconds, strict=True)]


def augment_all(waveforms: list[np.ndarray], noises: list[np.ndarray]) -> None:
    for index, waveform in enumerate(waveforms):
        augment_waveform(waveform, RATE, noises, AUGMENT, generator_for(1, 1, index))


def hear(waveforms: list[np.ndarray], frontend: Frontend) -> None:
    for waveform in waveforms:
        frontend(torch.from_numpy(waveform)[None], torch.tensor([len(waveform)]))


def everything(paths: list[Path], waveforms: list[np.ndarray], noises: list[np.ndarray], config: Config) -> None:
    speech = SpeechSet(utterances_at(paths, waveforms), units_of(["a"]), config)
    frontend = Frontend(config.features)
    speech.noises = noises
    by_length = np.argsort(speech.durations)
    for at in range(0, len(by_length), STEP):
        batch = speech.augmented_batch(by_length[at : at + STEP], epoch=1)
        features, _ = frontend(batch.waveforms, batch.lengths)
        mask_features(features, batch.views[0])


def cpu_seconds(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
