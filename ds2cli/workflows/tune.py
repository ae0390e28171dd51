"""The weights of a beam search, tried on speech whose words are known; the network runs once, the beams many times."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.declarations import laid_over
from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.log_probs import check_log_probs
from ds2cli.decoding.logits import LogitsLayout
from ds2cli.decoding.settings import DecodingConfig, default_config
from ds2cli.decoding.tokens import are_letters, tokens_of
from ds2cli.errors import ConfigError, Ds2Error, UsageError
from ds2cli.model.checkpoint import is_shipped
from ds2cli.runs.decoding import read_tuned, write_tuned
from ds2cli.scoring.rates import score_texts
from ds2cli.workflows.decode import letters_note, open_lexicon, open_model, open_source, warn_of_coverage


@dataclass(frozen=True)
class TuneRequest:
    """What is tried on what: every alpha with every beta; with the best other look-aheads; then blank penalties."""

    run: str
    inputs: list[str]
    lm: Path
    alphas: tuple[float, ...]
    betas: tuple[float, ...]
    look_aheads: tuple[float, ...]
    blank_penalties: tuple[float, ...]
    fixed: dict[str, Any]
    jobs: int = 1
    device: str = "auto"
    lexicon_file: Path | None = None
    layout: LogitsLayout | None = None


@dataclass(frozen=True)
class Trial:
    """One setting and the error rates it reached, in per cent; `rate` names `wer`: of phones it is no WER."""

    alpha: float
    beta: float
    look_ahead: float
    blank_penalty: float
    wer: float
    cer: float
    rate: str = "WER"

    @property
    def weights(self) -> dict[str, float]:
        names = "alpha", "beta", "look_ahead", "blank_penalty"
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Material:
    """Log-probs of the development speech, and what was said in it."""

    units: Any
    log_probs: list[np.ndarray]
    references: list[str]


def tune(request: TuneRequest, skip: Callable[[str], None], warn: Callable[[str], None]) -> Iterator[Trial]:
    """Every trial as it ends; the weights of the best are written to the run when all are done.

    skip  is told of each recording that cannot be heard
    warn  of a language model or a lexicon that fits the units badly
    raises  UsageError where no utterance has a text
    """
    _check_grid(replace(DecodingConfig(), **request.fixed), request)
    material = gather(request, skip)
    base = replace(default_config(len(material.units)), **request.fixed)
    model = open_model(request.lm, warn)
    lexicon_file = request.lexicon_file or (None if request.layout else own_lexicon(request.run))
    lexicon = open_lexicon(lexicon_file, material.units, warn) if lexicon_file else None
    tokens = tokens_of(material.units, model, [], lexicon)
    warn_of_coverage(tokens, request.lm, warn)
    if are_letters(material.units, tokens, model):
        warn(letters_note(model))
    rate = "WER" if lexicon else material.units.rate_name
    trials: list[Trial] = []
    with ThreadPoolExecutor(request.jobs) as pool:

        def try_out(**weights: float) -> Trial:
            config = replace(base, **weights)
            decoder = BeamDecoder(material.units, config, model, tokens)
            found = pool.map(lambda log_probs: decoder.decode(log_probs)[0].text, material.log_probs)
            rates = score_texts(material.references, list(found))
            weights = config.alpha, config.beta, config.look_ahead, config.blank_penalty
            trials.append(Trial(*weights, rates.words.rate, rates.characters.rate, rate))
            return trials[-1]

        for alpha in request.alphas:
            for beta in request.betas:
                yield try_out(alpha=alpha, beta=beta)
        for name, values in (("look_ahead", request.look_aheads), ("blank_penalty", request.blank_penalties)):
            leading = best_of(trials).weights
            for value in values:
                if value != leading[name]:
                    yield try_out(**{**leading, name: value})
    best = best_of(trials)
    note = (f"{best.rate} {best.wer:.2f} % on {len(material.references)} utterances of {' '.join(request.inputs)}\n"
            f"with {request.lm}; ds2 tune, {date.today()}")
    if keeps(request):
        write_tuned(request.run, {**_own_files(request), **request.fixed, **best.weights}, note)


def keeps(request: TuneRequest) -> bool:
    """Whether there is a run to keep the weights in: ds2's own folder is not for writing, and logits have none."""
    return not request.layout and not is_shipped(request.run)


def _check_grid(base: DecodingConfig, request: TuneRequest) -> None:
    """raises  ConfigError for a value out of bounds, before anything is heard."""
    tried = {"alpha": request.alphas, "beta": request.betas, "look_ahead": request.look_aheads,
             "blank_penalty": request.blank_penalties}
    for name, values in tried.items():
        for value in values:
            laid_over(base, {name: value}, "the values to try")


def own_lexicon(run: str) -> Path | None:
    """The lexicon that a run comes with; what is damaged is none, as tuning writes it anew."""
    try:
        return read_tuned(run).lexicon_file
    except ConfigError:
        return None


def _own_files(request: TuneRequest) -> dict[str, str]:
    """The run goes on coming with its language model and its lexicon, where these are what it was tuned for."""
    try:
        own = read_tuned(request.run)
    except ConfigError:  # what is damaged is written anew: the trials are not lost for it
        return {}
    files = {"lm": (own.lm, request.lm), "lexicon_file": (own.lexicon_file, request.lexicon_file or own.lexicon_file)}
    return {name: mine.name for name, (mine, used) in files.items() if mine and used and mine.samefile(used)}


def gather(request: TuneRequest, skip: Callable[[str], None]) -> Material:
    """The development speech, heard once."""
    source = open_source(request.run, request.inputs, request.jobs, request.device, layout=request.layout)
    log_probs, references = [], []
    for record, heard, problem in source.items:
        if heard is None:
            skip(problem)
        elif record.get("text"):
            log_probs.append(check_log_probs(heard, len(source.units), f"`{record.get('id', '?')}`"))
            references.append(record["text"])
    if not references:
        raise UsageError(f"no utterance of `{request.inputs[0]}` has a text to compare with",
                         hint="tune on records with `text`, kept apart from training and test")
    return Material(source.units, log_probs, references)


def best_of(trials: list[Trial]) -> Trial:
    """The fewest word errors; then the fewest in characters; then the lightest language model."""
    if not trials:
        raise Ds2Error("no setting was tried", hint="name at least one alpha and one beta")
    return min(trials, key=lambda trial: (trial.wer, trial.cer, trial.alpha))


def at_the_edge(best: Trial, request: TuneRequest) -> list[str]:
    """The weights whose best value is the first or last that was tried: the true best may lie beyond."""
    tried = {"alpha": request.alphas, "beta": request.betas}
    names = [name for name, values in tried.items()
             if len(values) > 2 and getattr(best, name) in (min(values), max(values))]
    penalties = request.blank_penalties  # none at all is tried too, and no edge
    return [*names, "blank penalty"] if len(penalties) > 1 and best.blank_penalty == max(penalties) else names
