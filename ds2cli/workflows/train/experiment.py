"""What a run learns from and how, settled and checked before its first step."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from ds2cli.audio.features import n_frames
from ds2cli.config import PATHS, Config
from ds2cli.errors import TextError, UsageError
from ds2cli.io.urls import absolute
from ds2cli.language.texts import read_tokenised
from ds2cli.language.unit_graph import UnitGraph, read_unit_graph
from ds2cli.model.checkpoint import Checkpoint, is_shipped, load_checkpoint
from ds2cli.model.ensemble import Ensemble, must_answer_alike
from ds2cli.model.network import n_output_frames
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.model.transfer import differences, transfer
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.runs.folder import RunFolder, read_utterances
from ds2cli.settings import Layer, Origins, file_layer, preset_layer, resolve
from ds2cli.text.units import Units, read_units, units_of
from ds2cli.training.batches import padding_share, plan_epoch
from ds2cli.training.data import frames_to_spell
from ds2cli.training.distributed import goes_on_by_itself
from ds2cli.training.memory import must_fit, within_memory
from ds2cli.workflows.train.tensorboard import needs_tensorboard


@dataclass(frozen=True)
class Request:
    """What a person asked for on the command line."""

    manifests: list[str]
    dev: str | None
    run: Path
    preset: str | None = None
    config_file: Path | None = None
    flags: Layer = Layer({}, "flag")
    units: Path | None = None
    init: Path | None = None


@dataclass
class Experiment:
    """All that a run needs, checked, before the first step.

    rejected  why utterances were left out of training, and how many; `examples` names the first of each
    unspelled  ids of held-out utterances that the units do not spell (their words count as errors); the first's reason
    init      whose weights the network begins with
    unit_graph  the n-gram in the loss, where it has one
    teacher   whose answers it learns, too
    texts     what a transducer's prediction network learns first, as units
    """

    run: RunFolder
    config: Config
    origins: Origins
    units: Units
    train: list[Utterance]
    dev: list[Utterance]
    rejected: Counter = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    unspelled: list[str] = field(default_factory=list)
    unspelled_because: str = ""
    is_resumed: bool = False
    init: Checkpoint | None = None
    unit_graph: UnitGraph | None = None
    teacher: Recogniser | None = None
    texts: list[list[int]] = field(default_factory=list)

    @property
    def hours(self) -> float:
        return sum(utterance.duration for utterance in self.train) / 3600

    @property
    def dev_hours(self) -> float:
        return sum(utterance.duration for utterance in self.dev) / 3600

    @cached_property
    def recogniser(self) -> Recogniser:
        """The network as it begins, built once: its weights come from the seed, or from another run.

        raises  CheckpointError where that run's do not fit; Ds2Error where the network does not fit into memory
        """
        must_fit(self.config, len(self.units))
        torch.manual_seed(self.config.train.seed)
        with within_memory("the network"):
            recogniser = Recogniser(self.config, self.units)
        if self.init is not None:
            transfer(self.init, recogniser)
        return recogniser

    @property
    def fresh_units(self) -> list[str]:
        """Units that the run it begins with does not know."""
        known = self.init.units.names if self.init else self.units.names
        return [name for name in self.units.names if name not in known]

    @property
    def changes(self) -> list[str]:
        """What is set otherwise here than in the run that it begins with, though the weights fit."""
        return differences(self.init.config, self.config, {"model.dropout"}) if self.init else []

    def padding_share(self) -> float:
        """Of a shuffled epoch."""
        durations = [utterance.duration for utterance in self.train]
        return padding_share(plan_epoch(durations, self.config.batch, self.config.train.seed, 1), durations)


def settings_of(request: Request) -> tuple[Config, Origins]:
    """Defaults < the run to begin from < preset < file < flags."""
    layers = [_kept_layer(request.init)] if request.init else []
    if request.preset:
        layers.append(preset_layer(request.preset))
    if request.config_file:
        layers.append(file_layer(request.config_file))
    config, origins = resolve(*layers, request.flags)
    return _with_absolute_paths(config), origins


def _with_absolute_paths(config: Config) -> Config:
    """Settings that name files, from the root on: a run may be resumed from another folder."""
    for section, name in PATHS:
        part = getattr(config, section)
        if value := getattr(part, name):
            found = tuple(map(_from_the_root, value)) if isinstance(value, tuple) else absolute(value)
            part = dataclasses.replace(part, **{name: found})
            config = dataclasses.replace(config, **{section: part})
    return config


def _from_the_root(run: str) -> str:
    """A run's absolute path; the name of a model that comes with ds2."""
    return run if is_shipped(run) else absolute(run)


def _kept_layer(init: Path) -> Layer:
    """What a network keeps when it learns on: how it hears and how it is built."""
    config = load_checkpoint(init).config
    parts = {section: vars(getattr(config, section)) for section in ("features", "model")}
    values = {f"{section}.{name}": value for section, part in parts.items() for name, value in part.items()}
    if config.model.head == "transducer":  # which no other loss can teach
        values["loss.kind"] = config.loss.kind
    return Layer(values, f"`{init}`")


def asked_experiment(request: Request) -> Experiment:
    """A new experiment; or, where a launcher has started the command anew after a process died, the one that it began.

    raises  UsageError where the folder holds a run already, which another command began
    """
    if goes_on_by_itself() and RunFolder(request.run).config.exists():
        begun = resumed_experiment(request.run)
        if begun.config == settings_of(request)[0]:
            return begun
    return new_experiment(request)


def new_experiment(request: Request) -> Experiment:
    """Read the data, settle settings and units, leave out what cannot be trained on.

    raises  UsageError where the folder holds a run already, or nothing is left to train on
    """
    RunFolder(request.run).must_be_free()  # before thousands of recordings are looked at
    config, origins = settings_of(request)
    utterances = [one for manifest in request.manifests for one in read_manifest(manifest)]
    dev = list(read_manifest(request.dev)) if request.dev else []
    if not dev and (config.train.patience or config.optimizer.schedule == "plateau"):
        raise UsageError("`train.patience` and the plateau schedule need held-out speech", hint="add: --dev dev.jsonl")
    if config.train.tensorboard:
        needs_tensorboard()
    init = load_checkpoint(request.init) if request.init else None
    if request.units:
        units = read_units(request.units)
    else:
        units = init.units if init else units_of(one.text for one in utterances)
    if config.augment.segmentation and units.cut != "likeliest":
        hint = "ds2 prepare units TRAIN.jsonl --pieces 500 makes such pieces"
        raise UsageError("`augment.segmentation` needs units of pieces that have probabilities", hint=hint)
    graph = read_unit_graph(config.loss.lm, units) if config.loss.kind == "ctc_crf" else None
    experiment = Experiment(RunFolder(request.run), config, origins, units, [], dev, init=init, unit_graph=graph)
    experiment.teacher = _teacher_of(experiment, config.loss.teachers, config.loss.teachers)
    if config.train.predictor_texts:
        experiment.texts = _spelled(config.train.predictor_texts, units)
    experiment.train = _admitted(experiment, utterances)
    if not experiment.train:
        reasons = [f"{count} left out, {why}: {experiment.examples[why]}" for why, count in experiment.rejected.items()]
        hint = f"see why with: ds2 prepare check {' '.join(map(str, request.manifests))}"
        raise UsageError("; ".join(["no utterance to train on", *reasons]), hint=hint)
    if request.dev:
        _must_be_of_use(experiment, request.dev)
    return experiment


def resumed_experiment(run: Path) -> Experiment:
    """The experiment that a run folder holds.

    raises  UsageError naming what the folder lacks, or what cannot be read in it
    """
    folder = RunFolder(run)
    folder.must_hold_a_run()
    config, _ = resolve(file_layer(folder.config))
    units = read_units(folder.units)
    train, dev = read_utterances(folder.train), read_utterances(folder.dev)
    if not train:
        raise UsageError(f"no utterance in `{folder.train}`", hint="was it edited? copy it from a backup")
    init = load_checkpoint(folder.init) if folder.init.exists() else None
    graph = read_unit_graph(folder.unit_lm, units) if config.loss.kind == "ctc_crf" else None
    found = Experiment(folder, config, {}, units, train, dev, is_resumed=True, init=init, unit_graph=graph)
    copies = [folder.teacher(number) for number, _ in enumerate(config.loss.teachers, 1)]
    found.teacher = _teacher_of(found, config.loss.teachers, copies)
    return found


def _teacher_of(experiment: Experiment, names: Sequence[str], places: Sequence[str | Path]) -> Recogniser | None:
    """The network, or the ensemble of networks, whose answers are learned.

    raises  UsageError where they are not of the same units and frames as those of the network that learns
    """
    members = [load_recogniser(place) for place in places]
    for name, member in zip(names, members, strict=True):
        must_answer_alike(name, member, str(experiment.run.path), experiment.recogniser)
    return Ensemble(members) if members else None


def _spelled(path: str, units: Units) -> list[list[int]]:
    """The lines of a file of texts (or records) as units, those left out that the units do not spell.

    raises  UsageError where that leaves none
    """
    spelled = []
    for words in read_tokenised(path):
        try:
            spelled.append(units.encode(b" ".join(words).decode()))
        except TextError:
            continue
    if not any(spelled):
        raise UsageError(f"no line of `{path}` is spelled by the units", hint="are its letters those of the records?")
    return spelled


def _must_be_of_use(experiment: Experiment, source: str) -> None:
    """Note which held-out utterances the units do not spell: what is heard of them counts all the same.

    raises  UsageError where there is none, or none that has words and can be spelled
    """
    hint = f"see why with: ds2 prepare check {source}; or leave out --dev"
    if not experiment.dev:
        raise UsageError(f"no utterance in `{source}` to evaluate on", hint=hint)
    for one in experiment.dev:
        try:
            experiment.units.encode(one.text)
        except TextError as problem:
            experiment.unspelled_because = experiment.unspelled_because or f"`{one.id}`: {problem}"
            experiment.unspelled.append(one.id)
    words = sum(bool(one.text.strip()) for one in experiment.dev)
    if not words or len(experiment.unspelled) == len(experiment.dev):
        what = f"{len(experiment.unspelled)} outside the units: {experiment.unspelled_because}" if words else "no text"
        raise UsageError(f"no utterance in `{source}` to evaluate on: {what}", hint=hint)


def _admitted(experiment: Experiment, utterances: list[Utterance]) -> list[Utterance]:
    """The utterances that CTC can learn from; the others are counted by reason."""
    good = []
    for one in utterances:
        reason = _reason_to_reject(one, experiment.units, experiment.config)
        if reason is None:
            good.append(one)
        else:
            experiment.rejected[reason[0]] += 1
            experiment.examples.setdefault(reason[0], f"`{one.id}`: {reason[1]}")
    return good


def _reason_to_reject(one: Utterance, units: Units, config: Config) -> tuple[str, str] | None:
    """A short reason and its details, or None for an utterance to learn from."""
    if one.duration <= 0:
        return "no duration", "its duration is not positive"
    if one.duration > config.batch.max_seconds:
        return "too long", f"{one.duration:.1f} s is over batch.max_seconds = {config.batch.max_seconds:g}"
    if not one.text.strip():
        return "no text", "its text is empty"
    try:
        labels = units.encode(one.text)
    except TextError as problem:
        return "outside the units", str(problem)
    samples = round(one.duration * config.features.sample_rate)
    frames = n_output_frames(n_frames(samples, config.features), config.model)
    if frames < frames_to_spell(labels, config):
        return "more letters than frames", f"{len(labels)} letters in {frames} frames, which CTC cannot spell"
    return None
