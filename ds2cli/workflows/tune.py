"""The weights of a beam search, tried on speech whose words are known; the network runs once, the beams many times."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.declarations import laid_over
from ds2cli.decoding.logits import LogitsLayout
from ds2cli.decoding.settings import DecodingConfig, default_config
from ds2cli.decoding.tokens import are_letters, tokens_of
from ds2cli.decoding.transducer import beam_decoder, greedy_decoder
from ds2cli.errors import ConfigError, Ds2Error, UsageError
from ds2cli.model.checkpoint import is_shipped, load_checkpoint
from ds2cli.runs.decoding import read_tuned, write_tuned
from ds2cli.scoring.rate_name import rate_name
from ds2cli.scoring.rates import score_texts
from ds2cli.workflows.decode.decoder import letters_note, open_language_model, open_lexicon, warn_of_coverage
from ds2cli.workflows.decode.source import open_source


@dataclass(frozen=True)
class TuneRequest:
    """What is tried on what: every alpha with every beta; with the best, other language model look-aheads; then blank
    penalties; then, of a transducer, weights of its internal language model.
    """

    run: str
    inputs: list[str]
    lm: Path
    alphas: tuple[float, ...]
    betas: tuple[float, ...]
    lm_lookaheads: tuple[float, ...]
    blank_penalties: tuple[float, ...]
    fixed: dict[str, Any]
    jobs: int = 1
    device: str = "auto"
    lexicon_file: Path | None = None
    layout: LogitsLayout | None = None
    internals: tuple[float, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One setting and the error rates it reached, in per cent; `rate` names `wer`: of phones it is no WER."""

    alpha: float
    beta: float
    lm_lookahead: float
    blank_penalty: float
    wer: float
    cer: float
    rate: str = "WER"
    internal: float | None = None

    @property
    def weights(self) -> dict[str, float]:
        names = "alpha", "beta", "lm_lookahead", "blank_penalty", *(("internal",) if self.internal is not None else ())
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Material:
    """Log-probs (of a transducer, frames and `joint`) of the development speech, and what was said in it."""

    units: Any
    log_probs: list[np.ndarray]
    references: list[str]
    joint: Any = None


def tune(request: TuneRequest, skip: Callable[[str], None], warn: Callable[[str], None]) -> Iterator[Trial]:
    """Every trial as it ends; the weights of the best are written to the run when all are done.

    skip  is told of each recording that cannot be heard
    warn  of a language model or a lexicon that fits the units badly
    raises  UsageError where no utterance has a text
    """
    _check_grid(replace(DecodingConfig(), **request.fixed), request)
    material = gather(request, skip, warn)
    base = replace(default_config(len(material.units), material.joint is not None), **request.fixed)
    model = open_language_model(request.lm, warn)
    lexicon_file = request.lexicon_file or (None if request.layout else own_lexicon(request.run))
    lexicon = open_lexicon(lexicon_file, material.units, warn) if lexicon_file else None
    tokens = tokens_of(material.units, model, [], lexicon)
    warn_of_coverage(tokens.coverage, request.lm, warn)
    if are_letters(material.units, tokens, model):
        warn(letters_note(model))
    rate = rate_name(material.references, bool(material.units.separator) and not lexicon)
    trials: list[Trial] = []
    with ThreadPoolExecutor(request.jobs) as pool:

        def try_out(**weights: Any) -> Trial:
            config = replace(base, **weights)
            decoder = beam_decoder(material.joint, material.units, config, model, tokens)
            found = pool.map(lambda log_probs: decoder.decode(log_probs)[0].text, material.log_probs)
            rates = score_texts(material.references, list(found))
            tried = config.alpha, config.beta, config.lm_lookahead, config.blank_penalty
            internal = None if material.joint is None else config.internal
            assert rates.wer is not None and rates.cer is not None, "references have words: see `gather`"
            trials.append(Trial(*tried, rates.wer, rates.cer, rate, internal))
            return trials[-1]

        for alpha in request.alphas:
            for beta in request.betas:
                yield try_out(alpha=alpha, beta=beta)
        others = [("lm_lookahead", request.lm_lookaheads), ("blank_penalty", request.blank_penalties)]
        if material.joint is not None:
            others.append(("internal", request.internals))
        for name, values in others:
            leading = best_of(trials).weights
            for value in values:
                if value != leading[name]:
                    yield try_out(**{**leading, name: value})
    best = best_of(trials)
    note = (f"{best.rate} {best.wer:.2f} % on {len(material.references)} utterances of {' '.join(request.inputs)}\n"
            f"with {request.lm}; ds2 tune, {date.today()}")
    if keeps(request):
        write_tuned(request.run, {**_own_files(request), **request.fixed, **best.weights}, note)


def most_trials(request: TuneRequest) -> int:
    """As many as there are to be tried, but for values that are the best already."""
    after = [request.lm_lookaheads, request.blank_penalties]
    if not request.layout and load_checkpoint(request.run).config.model.head == "transducer":
        after.append(request.internals)
    return len(request.alphas) * len(request.betas) + sum(map(len, after))


def keeps(request: TuneRequest) -> bool:
    """Whether there is a run to keep the weights in: ds2's own folder is not for writing, and logits have none."""
    return not request.layout and not is_shipped(request.run)


def _check_grid(base: DecodingConfig, request: TuneRequest) -> None:
    """raises  ConfigError for a value out of bounds, before anything is heard."""
    tried = {"alpha": request.alphas, "beta": request.betas, "lm_lookahead": request.lm_lookaheads,
             "blank_penalty": request.blank_penalties, "internal": request.internals}
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


def gather(
    request: TuneRequest, skip: Callable[[str], None], warn: Callable[[str], None] = lambda message: None
) -> Material:
    """The development speech, heard once."""
    source = open_source(request.run, request.inputs, request.jobs, request.device, warn=warn, layout=request.layout)
    decoder = greedy_decoder(source.joint, source.units)
    log_probs, references = [], []
    for record, heard, problem in source.items:
        if heard is None:
            skip(problem)
        elif str(record.get("text") or "").strip():
            log_probs.append(decoder.check(heard, f"`{record.get('id', '?')}`"))
            references.append(record["text"])
    if not references:
        raise UsageError(f"no utterance of `{request.inputs[0]}` has a text to compare with",
                         hint="tune on records with `text`, kept apart from training and test")
    return Material(source.units, log_probs, references, source.joint)


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
