"""How well the network spells held-out speech: loss, WER and CER of the best path, no language model."""

from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

import numpy as np
import torch

from ds2cli.decoding.greedy import GreedyDecoder, best_path
from ds2cli.decoding.transducer import TransducerGreedyDecoder, greedy_decoder, joint_of
from ds2cli.errors import AudioError
from ds2cli.model.recogniser import Recogniser
from ds2cli.scoring.rates import score_texts
from ds2cli.training.data import Batch, SpeechSet
from ds2cli.training.distributed import Process, all_gather
from ds2cli.training.losses.choice import Losses
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.memory import TOO_LARGE, is_out_of_memory

N_SAMPLES = 3
# From here up the rate says nothing of what a network has learned: for its first epochs CTC answers with blanks alone
# (100 %), and what it babbles before that may be right in a word by chance.
IDLE_WER = 90.0


@dataclass(frozen=True)
class Result:
    """loss is CTC's (a transducer's own), nats per utterance with a finite one, None where none has; wer and cer are
    per cent, None where the references are empty.

    objective   the same of the loss that training brings down
    skipped     ids of utterances whose audio could not be read, or heard, with the reason
    not_finite  ids of those that the units spell, but without a finite loss: their words count, their loss does not
    """

    loss: float | None
    wer: float | None
    cer: float | None
    samples: list[dict[str, str]]
    skipped: list[tuple[str, str]]
    not_finite: list[str] = field(default_factory=list)
    objective: float | None = None


@torch.inference_mode()
def evaluate(
    recogniser: Recogniser, speech: SpeechSet, process: Process, objective: Losses = ctc_losses
) -> Result:
    """Every utterance once, each process its share; the same three utterances are shown every time.

    What the units do not spell, or CTC cannot in so few frames, counts in the rates as everything else.

    Utterances whose audio cannot be read, or that do not fit in memory alone, are left out, and named.
    raises  AudioError where that leaves none
    """
    recogniser.eval()
    decoder = greedy_decoder(joint_of(recogniser), speech.units)
    heard: dict[int, UtteranceResult] = {}
    skipped: list[tuple[str, str]] = []
    waiting = _batches(speech)[process.rank :: process.world]
    while waiting:
        batch = speech.plain_batch(waiting.pop(0))
        skipped += batch.skipped
        answers = _evaluate_batch(recogniser, decoder, batch, objective)
        if answers is None and len(batch.indices) == 1:
            skipped.append((batch.ids[0], TOO_LARGE))
        elif answers is None:
            half = len(batch.indices) // 2
            waiting[:0] = [batch.indices[:half], batch.indices[half:]]
        else:
            heard.update(answers)
    shares = all_gather(process, (heard, skipped))
    heard = {index: answer for share, _ in shares for index, answer in share.items()}
    skipped = [one for _, share in shares for one in share]
    if not heard:
        raise AudioError("no audio of the held-out set could be read", hint="find the cause with: ds2 prepare check")
    indices = sorted(heard)
    references = [speech.utterances[index].text for index in indices]
    hypotheses = [heard[index].text for index in indices]
    spelled = [heard[index] for index in indices if index not in speech.unspelled]
    losses = {index: heard[index].loss for index in indices if index not in speech.unspelled}
    not_finite = [speech.utterances[index].id for index, loss in losses.items() if not np.isfinite(loss)]
    rates = score_texts(references, hypotheses)
    shown = range(0, len(indices), max(len(indices) // N_SAMPLES, 1))[:N_SAMPLES]
    samples = [
        {"id": speech.utterances[indices[i]].id, "text": references[i], "pred_text": hypotheses[i]} for i in shown
    ]
    loss, aim = _finite_mean([one.loss for one in spelled]), _finite_mean([one.objective for one in spelled])
    return Result(loss, rates.wer, rates.cer, samples, skipped, not_finite, aim)


def _finite_mean(losses: list[float]) -> float | None:
    finite = [loss for loss in losses if np.isfinite(loss)]
    return float(np.mean(finite)) if finite else None


def evaluation_rank(wer: float | None, loss: float | None) -> tuple[float, float]:
    """What makes an evaluation better than another: the lower the better, WER first; the loss where that says nothing.

    What is not known is infinite.
    """
    return (min(wer, IDLE_WER) if wer is not None else inf, loss if loss is not None else inf)


def _batches(speech: SpeechSet) -> list[list[int]]:
    """All indices, in batches of like length and limited seconds."""
    order = np.argsort(speech.durations, kind="stable")
    groups: list[list[int]] = [[]]
    for index in order.tolist():
        if groups[-1] and (len(groups[-1]) + 1) * speech.durations[index] > speech.config.batch.seconds:
            groups.append([])
        groups[-1].append(index)
    return [group for group in groups if group]


class UtteranceResult(NamedTuple):
    """An utterance: CTC's loss (a transducer's own), the loss that training brings down, the text of the best path."""

    loss: float
    objective: float
    text: str


def _evaluate_batch(
    recogniser: Recogniser, decoder: GreedyDecoder | TransducerGreedyDecoder, batch: Batch, objective: Losses
) -> dict[int, UtteranceResult] | None:
    """What was heard of each utterance of a batch, by index; None where memory is full."""
    if not batch.indices:
        return {}
    device = recogniser.device
    try:
        answers, frames = recogniser(batch.waveforms.to(device), batch.lengths.to(device))
    except RuntimeError as problem:
        if is_out_of_memory(problem):
            return None
        raise
    frames = frames.cpu()
    spelling = frames, batch.targets, batch.target_lengths
    if isinstance(decoder, TransducerGreedyDecoder):
        losses = aims = objective(answers, *spelling).tolist()
        rows = recogniser.network.readout(answers).cpu().numpy()
        found = decoder.decode_many([row[:count] for row, count in zip(rows, frames.tolist(), strict=True)])
        paths = [one.units.tolist() for one in found]
    else:
        losses = aims = ctc_losses(answers, *spelling).tolist()
        if objective is not ctc_losses:
            aims = objective(answers, *spelling).tolist()
        rows = answers.cpu().numpy()
        paths = [best_path(row[:count]) for row, count in zip(rows, frames.tolist(), strict=True)]
    spelled = [decoder.units.decode(path) for path in paths]
    return dict(zip(batch.indices, map(UtteranceResult, losses, aims, spelled), strict=True))
