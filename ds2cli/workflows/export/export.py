"""A recogniser for other runtimes, or in fewer bytes; a file appears once it has answered as the recogniser does."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from ds2cli.config import Config
from ds2cli.decoding.transducer import greedy_decoder, joint_of
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.inference.utterances import infer
from ds2cli.io.atomic import atomic_write
from ds2cli.model.checkpoint import Checkpoint, checkpoint_path, load_checkpoint, save_checkpoint
from ds2cli.model.quantised import load_for_decoding
from ds2cli.model.recogniser import Recogniser, build_recogniser, pad
from ds2cli.model.weight_storage import Form
from ds2cli.records.manifest import Utterance
from ds2cli.scoring.rates import score_texts
from ds2cli.text.units import BLANK
from ds2cli.workflows.export.speech import speech_to_compare
from ds2cli.workflows.export.transducer import beside, write_beside
from ds2cli.workflows.inputs import read_inputs

SUFFIXES = {".onnx": "onnx", ".pt2": "torch", ".safetensors": "int8"}
TOLERANCE = {"onnx": 1e-4, "torch": 1e-4}  # nats; other forms are meant to differ, and say by how much
CHECKPOINTS: dict[str, Form] = {"int8": "int8", "half": "float16"}  # the forms that `ds2 decode` opens
NEEDED = ("onnx", "onnxruntime")
TRANSDUCER = (
    "encoded (batch, time, joint), of which those beyond frames (batch,) mean nothing; NAME.predictor.onnx: labels, "
    "the blank first, and a state, zeros first -> projected and the state after; NAME.joint.onnx: encoded and "
    "projected -> log_probs (batch, units), natural logs: a label, or the blank for the next frame"
)

Answer = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # waveforms, lengths -> log-probs, frames


@dataclass(frozen=True)
class ExportRequest:
    """What is exported, where to, as what (onnx, torch, int8, half), and the records that it is compared on."""

    run: str
    output: Path
    kind: str
    dev: str | None = None
    jobs: int = 1


@dataclass(frozen=True)
class Side:
    """One form of a recogniser on development speech: rates in per cent, seconds of processor per hour of speech."""

    name: str
    wer: float | None
    cer: float | None
    cpu_seconds: float


@dataclass(frozen=True)
class Exported:
    """What was written; the largest difference from the recogniser's log-probs, in nats, and on what it was found.

    files  of a transducer in ONNX three: encoder, prediction network, joint layer
    rate   what `wer` of the sides is called
    """

    files: list[Path]
    megabytes: float
    checkpoint_megabytes: float
    largest_difference: float
    compared_on: str
    sides: list[Side]
    rate: str = "WER"


def export(request: ExportRequest, skip: Callable[[str], None]) -> Exported:
    """Write the file, let it answer, compare, and only then give it its name.

    skip    is told of each recording of `dev` that cannot be read
    raises  Ds2Error where the answers differ by more than rounding; UsageError where a package is missing
    """
    _must_be_possible(request)
    source = checkpoint_path(request.run)
    checkpoint = load_checkpoint(source)
    if request.kind == "torch" and checkpoint.config.model.head == "transducer":
        raise UsageError("transducers are not written as torch programs", hint="to ONNX they are: -o model.onnx")
    recogniser = build_recogniser(checkpoint, source).eval()
    utterances = list(read_inputs([request.dev])) if request.dev else []
    speech, compared_on = speech_to_compare(utterances, source.with_name("dev.jsonl"), recogniser.config.features)
    sides: list[Side] = []
    with ExitStack() as files:
        place = files.enter_context(atomic_write(request.output))
        answer = write_and_reopen(request.kind, checkpoint, recogniser, place)
        largest = largest_difference(recogniser, answer, speech)
        places = {place: request.output}
        if recogniser.is_transducer and request.kind == "onnx":
            places |= {files.enter_context(atomic_write(path)): path for path in beside(request.output)}
            largest = max(largest, write_beside(recogniser, list(places)[1:], export_metadata(recogniser), speech))
        if not largest <= TOLERANCE.get(request.kind, np.inf):
            raise Ds2Error(f"`{request.output}` is not written: it differs from the recogniser by {largest:.2g}",
                           hint="please report this, with: ds2 doctor")
        if utterances and request.kind in CHECKPOINTS:
            written = load_for_decoding(place)
            sides = compare_forms(recogniser, written, CHECKPOINTS[request.kind], utterances, request.jobs, skip)
        size = sum(one.stat().st_size for one in places)
    return Exported(list(places.values()), size / 1e6, source.stat().st_size / 1e6, largest, compared_on, sides,
                    recogniser.units.rate_name)


def _must_be_possible(request: ExportRequest) -> None:
    missing = [name for name in NEEDED if request.kind == "onnx" and find_spec(name) is None]
    if missing:
        raise UsageError(f"ONNX needs {' and '.join(missing)}", hint="pip install 'ds2cli[export]'")
    if request.output.exists() and request.output.samefile(checkpoint_path(request.run)):
        raise UsageError(f"`{request.output}` is the checkpoint itself", hint="name another file: -o small.safetensors")


def write_and_reopen(kind: str, checkpoint: Checkpoint, recogniser: Recogniser, path: Path) -> Answer:
    """Write a file of that kind, open it as its readers will, and return how it answers."""
    if kind in CHECKPOINTS:
        save_checkpoint(path, replace(checkpoint, config=without_folders(checkpoint.config), form=CHECKPOINTS[kind]))
        return _answer_of(load_for_decoding(path))
    if kind == "onnx":
        from ds2cli.model.exchange.onnx_graph import onnx_model, open_onnx

        path.write_bytes(onnx_model(recogniser, export_metadata(recogniser)).SerializeToString())
        return open_onnx(path)
    from ds2cli.model.exchange.torch_export import exported_program, open_program, save_program

    try:
        save_program(exported_program(recogniser), path, export_metadata(recogniser))
    except (ImportError, RuntimeError, TypeError) as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise Ds2Error(f"torch {torch.__version__} cannot trace this network: {reason}",
                       hint="torch 2.13 can; or export to ONNX: -o model.onnx") from None
    return open_program(path)


def without_folders(config: Config) -> Config:
    """Settings for other eyes: of files that only training read the names, not where they lay."""
    return replace(
        config,
        augment=replace(config.augment, noise=Path(config.augment.noise).name),
        loss=replace(config.loss, lm=Path(config.loss.lm).name,
                     teachers=tuple(Path(teacher).name for teacher in config.loss.teachers)),
        train=replace(config.train, predictor_texts=Path(config.train.predictor_texts).name),
    )


def export_metadata(recogniser: Recogniser) -> dict[str, str]:
    """What a program that runs the file must know; units are one a line, in order of index."""
    return {
        "sample_rate": str(recogniser.config.features.sample_rate),
        "frame_seconds": f"{recogniser.frame_seconds:g}",
        "units": "\n".join(recogniser.units.names),
        "separator": recogniser.units.separator,
        "blank": str(BLANK),
        "input": "waveforms (batch, samples) float32 in [-1, 1], zero beyond lengths (batch,) int64",
        "output": TRANSDUCER if recogniser.is_transducer else
                  "log_probs (batch, time, units), natural logs; those beyond frames (batch,) mean nothing",
    }  # fmt: skip


def largest_difference(recogniser: Recogniser, answer: Answer, speech: list[np.ndarray]) -> float:
    """In nats, over recordings in one padded batch and each alone; infinite where the number of frames differs."""
    expected = [recogniser.log_probs([wave])[0] for wave in speech]
    pairs = [*_rows(answer, speech), *(row for wave in speech for row in _rows(answer, [wave]))]
    worst = 0.0
    for found, right in zip(pairs, expected * 2, strict=True):
        worst = max(worst, float(np.abs(found - right).max()) if found.shape == right.shape else np.inf)
    return worst


def _rows(answer: Answer, speech: list[np.ndarray]) -> list[np.ndarray]:
    batch, lengths = pad(speech)
    log_probs, frames = answer(batch.numpy(), lengths.numpy())
    return [row[:count] for row, count in zip(log_probs, frames, strict=True)]


def _answer_of(recogniser: Recogniser) -> Answer:
    @torch.inference_mode()
    def answer(waveforms: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log_probs, frames = recogniser.readout(torch.from_numpy(waveforms), torch.from_numpy(lengths))
        return log_probs.numpy(), frames.numpy()

    return answer


def compare_forms(before: Recogniser, after: Recogniser, name: str, utterances: list[Utterance], jobs: int,
                  skip: Callable[[str], None]) -> list[Side]:
    """Both forms on the same speech, greedily decoded.

    raises  UsageError where no utterance that can be read has a text
    """
    spoken = [utterance for utterance in utterances if utterance.record.get("text")]
    for _ in infer(before, islice(spoken, 8), jobs):
        pass  # what is slow only the first time should not count
    return [rated("float32", before, spoken, jobs, skip), rated(name, after, spoken, jobs, lambda problem: None)]


def rated(name: str, recogniser: Recogniser, utterances: list[Utterance], jobs: int,
          skip: Callable[[str], None]) -> Side:
    """WER and CER of greedy decoding, and what it cost, reading included."""
    references, texts, seconds, begun = [], [], 0.0, time.process_time()
    decoder = greedy_decoder(joint_of(recogniser), recogniser.units)
    for heard in infer(recogniser, utterances, jobs):
        if heard.log_probs is None:
            skip(heard.problem)
            continue
        references.append(heard.utterance.record["text"])
        texts.append(decoder.decode(heard.log_probs)[0].text)
        seconds += heard.seconds
    spent = time.process_time() - begun
    if not references:
        raise UsageError("no utterance of --dev has sound and a text to compare with",
                         hint="records with `text`: ds2 prepare corpus")
    rates = score_texts(references, texts)
    return Side(name, rates.wer, rates.cer, spent / seconds * 3600)
