"""Utterances into batches of sound and targets; the same batch whichever process makes it."""

import random
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ds2cli.audio import augment
from ds2cli.audio.features import n_bins, n_frames
from ds2cli.audio.files import read_audio
from ds2cli.audio.noises import Noise, NoiseSource, open_noises
from ds2cli.config import Config
from ds2cli.errors import AudioError, TextError
from ds2cli.io.remote import files_in
from ds2cli.io.urls import url_of
from ds2cli.media import is_sound_name, recordings_in
from ds2cli.model.network import n_output_frames
from ds2cli.model.recogniser import pad
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.text.units import Units, frames_needed
from ds2cli.training.batches import Plan


@dataclass
class Batch:
    """What one process computes in one step.

    waveforms (B, samples) float32, lengths (B,) samples
    targets   (B, L) int64 unit indices padded with the blank, target_lengths (B,)
    ids, indices  of the utterances in it, in order
    views     SpecAugment's masks: for each view of the batch (two with CR-CTC), one for each utterance
    skipped   ids of utterances whose audio could not be read, with the reason
    """

    waveforms: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    ids: list[str]
    indices: list[int]
    views: list[list[augment.Masks]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def without_masks(self) -> "Batch":
        """The same, with every feature in its place."""
        return replace(self, views=[[replace(one, times=(), bins=()) for one in view] for view in self.views])

    def pin_memory(self) -> "Batch":
        """The same in memory that a GPU copies from while the host goes on; DataLoader's readers ask for it."""
        names = "waveforms", "lengths", "targets", "target_lengths"
        return replace(self, **{name: getattr(self, name).pin_memory() for name in names})


class SpeechSet:
    """Utterances with their targets, read and augmented on demand, decoded audio kept as int16 while memory allows.

    unspelled  the indices of utterances whose text the units do not spell: their targets are empty
    """

    def __init__(self, utterances: Sequence[Utterance], units: Units, config: Config) -> None:
        self.utterances, self.units, self.config = utterances, units, config
        self.unspelled: set[int] = set()
        self.targets = [self._target(index) for index in range(len(utterances))]
        self.durations = [utterance.duration for utterance in utterances]
        self.noises: list[Noise] = []
        self._cache: dict[int, np.ndarray] = {}
        self._cache_room = config.batch.cache_gb * 1e9 if config.batch.workers == 0 else 0.0

    def __len__(self) -> int:
        return len(self.utterances)

    def _target(self, index: int) -> np.ndarray:
        try:
            return np.array(self.units.encode(self.utterances[index].text), dtype=np.int64)
        except TextError:
            self.unspelled.add(index)
            return np.zeros(0, np.int64)

    def read(self, index: int) -> np.ndarray:
        """(samples,) float32 of one utterance, as recorded."""
        cached = self._cache.get(index)
        if cached is None:
            one = self.utterances[index]
            rate = self.config.features.sample_rate
            duration = one.duration if one.duration > 0 else None
            samples = read_audio(one.audio, rate, one.offset, duration, one.channel)
            cached = (samples.clip(-1, 1) * 32767).round().astype(np.int16)
            if self._cache_room >= cached.nbytes:
                self._cache_room -= cached.nbytes
                self._cache[index] = cached
        return cached.astype(np.float32) / np.float32(32767)

    def plain_batch(self, indices: Sequence[int]) -> Batch:
        """A batch as recorded, for statistics and evaluation."""
        return self._collate(indices, lambda index: (self.read(index), [augment.Masks()], self.targets[index]))

    def augmented_batch(self, indices: Sequence[int] | np.ndarray, epoch: int) -> Batch:
        """A batch for training; each utterance's randomness comes from seed, epoch and its index alone."""
        return self._collate(indices, lambda index: self._augmented(index, epoch))

    def _augmented(self, index: int, epoch: int) -> tuple[np.ndarray, list[augment.Masks], np.ndarray]:
        features, settings = self.config.features, self.config.augment
        rng = augment.generator_for(self.config.train.seed, epoch, index)
        plain = self.read(index)
        waveform = augment.augment_waveform(plain, features.sample_rate, self.noises, settings, rng)
        target = self._cut_anew(index, rng) if settings.segmentation else self.targets[index]
        if not self._fits(len(waveform), target):
            waveform, target = plain, self.targets[index]  # played faster, or in more pieces, it would no longer fit
        frames, bins = n_frames(len(waveform), features), n_bins(features)
        n_views = 2 if settings.consistency else 1
        return waveform, [augment.draw_masks(frames, bins, settings, rng) for _ in range(n_views)], target

    def _cut_anew(self, index: int, rng: np.random.Generator) -> np.ndarray:
        generator = random.Random(int(rng.integers(2**63)))
        text, sharpness = self.utterances[index].text, self.config.augment.segmentation
        return np.array(self.units.sampled(text, sharpness, generator), dtype=np.int64)

    def _fits(self, n_samples: int, target: np.ndarray) -> bool:
        frames = n_output_frames(n_frames(n_samples, self.config.features), self.config.model)
        return frames >= frames_to_spell(target, self.config)

    def _collate(self, indices: Sequence[int] | np.ndarray, make) -> Batch:
        waveforms, views, targets, read, skipped = [], [], [], [], []
        for index in indices:
            one = self.utterances[index]
            try:
                waveform, masks, target = make(index)
            except AudioError as problem:
                skipped.append((one.id, str(problem)))
                continue
            waveforms.append(waveform)
            views.append(masks)
            targets.append(target)
            read.append(int(index))
        if not waveforms:  # every process must take every step: a second of silence that says nothing
            waveforms, views = [np.zeros(self.config.features.sample_rate, np.float32)], [[augment.Masks()]]
            targets = [np.zeros(0, np.int64)]
        sounds, lengths = pad(waveforms)
        target_lengths = torch.tensor([len(target) for target in targets])
        padded = torch.zeros(len(targets), max(int(target_lengths.max()), 1), dtype=torch.int64)
        for row, target in zip(padded, targets, strict=True):
            row[: len(target)] = torch.from_numpy(target)
        ids = [self.utterances[index].id for index in read]
        by_view = [list(view) for view in zip(*views, strict=True)]
        return Batch(sounds, lengths, padded, target_lengths, ids, read, by_view, skipped)


def frames_to_spell(labels: Sequence[int] | np.ndarray, config: Config) -> int:
    """Output frames without which a text has no path: CTC's; a transducer says any number of labels in one."""
    return 1 if config.model.head == "transducer" else frames_needed(list(labels))


class _EpochOfBatches(Dataset):
    """One process's share of an epoch, from some step on."""

    def __init__(self, speech: SpeechSet, plan: Plan, rank: int, epoch: int, start: int) -> None:
        self.speech, self.epoch = speech, epoch
        self.parts = [step[rank] for step in plan[start:]]

    def __len__(self) -> int:
        return len(self.parts)

    def __getitem__(self, position: int) -> Batch:
        return self.speech.augmented_batch(self.parts[position], self.epoch)


def epoch_batches(speech: SpeechSet, plan: Plan, rank: int, epoch: int, start: int) -> Iterator[Batch]:
    """This process's batches of an epoch from step `start` on, read ahead by worker processes where there are any."""
    batches = _EpochOfBatches(speech, plan, rank, epoch, start)
    workers = speech.config.batch.workers
    if not workers:
        yield from (batches[position] for position in range(len(batches)))
        return
    yield from DataLoader(
        batches,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4,
        worker_init_fn=_leave_signals_to_the_trainer,
        pin_memory=torch.cuda.is_available(),
    )


def _leave_signals_to_the_trainer(_: int) -> None:
    """Ctrl-C, and a scheduler's SIGTERM, reach the whole process group: workers go on until the trainer lets go."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(1)


def load_noises(source: str, sample_rate: int) -> list[Noise]:
    """Noise recordings from a folder or a manifest, to be read as they are needed; an empty source is none.

    raises  AudioError where there is nothing to read, ManifestError where a line is wrong
    """
    if not source:
        return []
    path, hint = Path(source), "augment.noise takes a folder of audio, or a manifest"
    url = url_of(source)
    if path.is_dir():
        places = [NoiseSource(str(one)) for one in recordings_in(path)]
    elif url and url.endswith("/"):
        places = [NoiseSource(one) for one in files_in(url) if is_sound_name(one)]
    elif url or path.is_file():
        listed = read_manifest(path, required=("audio_filepath",))
        places = [NoiseSource(one.audio, one.offset, one.duration or None, one.channel) for one in listed]
    else:
        raise AudioError(f"no noise at `{source}`", hint=hint)
    if not places:
        raise AudioError(f"no audio in `{source}`", hint=hint)
    return open_noises(places, sample_rate)


def feature_statistics(speech: SpeechSet, frontend, seed: int, at_most: int = 500) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each feature bin over a sample of the set, (F,) each; seeded."""
    count = min(at_most, len(speech))
    chosen = np.random.default_rng(seed).choice(len(speech), count, replace=False)
    total = squares = torch.zeros(n_bins(speech.config.features), dtype=torch.float64)
    frames_seen = 0
    for index in chosen:
        batch = speech.plain_batch([index])
        if batch.skipped:
            continue
        features, frames = frontend.log_features(batch.waveforms, batch.lengths)
        features = features[0, : int(frames[0])].double()
        total = total + features.sum(0)
        squares = squares + features.square().sum(0)
        frames_seen += len(features)
    if not frames_seen:
        raise AudioError("no audio of the training set could be read", hint="find the cause with: ds2 prepare check")
    mean = total / frames_seen
    return mean.float(), (squares / frames_seen - mean.square()).clamp(min=0).sqrt().float()
