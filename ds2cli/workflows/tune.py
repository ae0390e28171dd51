"""The weights of a beam search, tried on speech whose words are known; the network runs once, the beams many times."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.declarations import laid_over
from ds2cli.decoding.logits import LogitsLayout
from ds2cli.decoding.rescoring import Rescorer, second_totals
from ds2cli.decoding.settings import DecodingConfig, default_config
from ds2cli.decoding.tokens import are_letters, tokens_of
from ds2cli.decoding.transducer import beam_decoder, greedy_decoder
from ds2cli.errors import ConfigError, Ds2Error, UsageError
from ds2cli.io.remote import local_copy
from ds2cli.io.urls import url_of
from ds2cli.model.checkpoint import is_shipped, load_checkpoint
from ds2cli.runs.decoding import read_tuned, write_tuned
from ds2cli.scoring.rate_name import rate_name
from ds2cli.scoring.rates import score_texts
from ds2cli.workflows.decode.decoder import (
    letters_note,
    open_language_model,
    open_lexicon,
    open_rescorer,
    warn_of_coverage,
)
from ds2cli.workflows.decode.source import open_source

TRIED = "alpha", "beta", "lm_lookahead", "blank_penalty", "internal"


@dataclass(frozen=True)
class TuneRequest:
    """What is tried on what: every alpha with every beta; with the best, other language model look-aheads; then blank
    penalties; then, of a transducer, weights of its internal language model.

    rescore  the model of a second pass: then alphas and betas are its own, over the lists of a first pass that is set
    folds    a field of records, `speaker` say: the rate is also told where each value's weights come from the others
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
    rescore: Path | None = None
    folds: str = ""


@dataclass(frozen=True)
class Trial:
    """One setting and the error rates it reached, in per cent; `rate` names `wer`: of phones it is no WER.

    is_second  alpha and beta are weights of the second pass
    counts     (utterances, 2) word errors, and words in the reference
    """

    alpha: float
    beta: float
    lm_lookahead: float
    blank_penalty: float
    wer: float
    cer: float
    rate: str = "WER"
    internal: float | None = None
    is_second: bool = False
    counts: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), int), repr=False, compare=False)

    def as_record(self) -> dict[str, Any]:
        """The line of JSON that tells a trial."""
        weights = {"alpha": self.alpha, "beta": self.beta, "lm_lookahead": self.lm_lookahead,
                   "blank_penalty": self.blank_penalty}
        rates = {"wer": self.wer, "cer": self.cer, "rate": self.rate}
        internal = {} if self.internal is None else {"internal": self.internal}
        return {**(self.weights if self.is_second else weights), **rates, **({} if self.is_second else internal)}

    @property
    def weights(self) -> dict[str, float]:
        if self.is_second:
            return {"rescore_alpha": self.alpha, "rescore_beta": self.beta}
        return {name: getattr(self, name) for name in TRIED if name != "internal" or self.internal is not None}


@dataclass(frozen=True)
class Material:
    """Log-probs (of a transducer, frames and `joint`) of the development speech, and what was said in it."""

    units: Any
    log_probs: list[np.ndarray]
    references: list[str]
    joint: Any = None
    folds: list[str] = field(default_factory=list)


def tune(
    request: TuneRequest, skip: Callable[[str], None], warn: Callable[[str], None],
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Trial]:
    """Every trial as it ends; the weights of the best are written to the run when all are done.

    skip  is told of each recording that cannot be heard
    warn  of a language model or a lexicon that fits the units badly
    say   is told the rates of the folds
    raises  UsageError where no utterance has a text
    """
    _check_grid(replace(DecodingConfig(), **request.fixed), request)
    material = gather(request, skip, warn)
    kept = {**_untuned(request), **request.fixed}
    base = replace(default_config(len(material.units), material.joint is not None), **kept)
    trials: list[Trial] = []
    with ThreadPoolExecutor(request.jobs) as pool:
        texts_at, rate = _search(request, material, base, pool, warn)

        def try_out(**weights: Any) -> Trial:
            config = replace(base, **weights)
            trials.append(_trial(config, texts_at(config), material, rate, bool(request.rescore)))
            return trials[-1]

        for alpha in request.alphas:
            for beta in request.betas:
                yield try_out(alpha=alpha, beta=beta)
        if request.folds:  # of the grid alone: what is tried after it depends on all utterances
            for line in fold_lines(trials, material.folds, request.folds):
                say(line)
        for name, values in _tried_after(request, material.joint is not None):
            leading = best_of(trials).weights
            for value in values:
                if value != leading[name]:
                    yield try_out(**{**leading, name: value})
    best = best_of(trials)
    note = (f"{best.rate} {best.wer:.2f} % on {len(material.references)} utterances of {' '.join(request.inputs)}\n"
            f"with {request.lm}; ds2 tune, {date.today()}")
    if keeps(request):
        before = read_tuned(request.run).weights if request.rescore else {}
        write_tuned(request.run, {**_own_files(request), **before, **kept, **best.weights}, note)


def _search(
    request: TuneRequest, material: Material, base: DecodingConfig, pool: ThreadPoolExecutor,
    warn: Callable[[str], None],
) -> tuple[Callable[[DecodingConfig], list[str]], str]:
    """What says the best texts at any weights, and the name of their error rate."""
    model = open_language_model(request.lm, warn)
    lexicon_file = request.lexicon_file or (None if request.layout else own_lexicon(request.run))
    lexicon = open_lexicon(lexicon_file, material.units, warn) if lexicon_file else None
    tokens = tokens_of(material.units, model, [], lexicon)
    warn_of_coverage(tokens.coverage, request.lm, warn)
    if are_letters(material.units, tokens, model):
        warn(letters_note(model))
    rate = rate_name(material.references, bool(material.units.separator) and not lexicon)

    def decoder(config: DecodingConfig) -> Any:
        return beam_decoder(material.joint, material.units, config, model, tokens)

    def first_texts(config: DecodingConfig) -> list[str]:
        decode = decoder(config).decode
        return list(pool.map(lambda log_probs: decode(log_probs)[0].text, material.log_probs))

    if not request.rescore:
        return first_texts, rate
    rescorer = open_rescorer(decoder(_first_pass(base, request)), request.rescore, lexicon, warn)
    second_texts = second_pass(rescorer, material.log_probs, pool)
    return (lambda config: second_texts(config.alpha, config.beta)), rate


def _trial(config: DecodingConfig, texts: list[str], material: Material, rate: str, is_second: bool) -> Trial:
    rates = score_texts(material.references, texts)
    assert rates.wer is not None and rates.cer is not None, "references have words: see `gather`"
    counts = np.stack([rates.per_utterance[:, 1:].sum(1), rates.per_utterance[:, :3].sum(1)], axis=1)
    internal = None if material.joint is None else config.internal
    return Trial(config.alpha, config.beta, config.lm_lookahead, config.blank_penalty, rates.wer, rates.cer, rate,
                 internal, is_second, counts)


def _tried_after(request: TuneRequest, is_transducer: bool) -> list[tuple[str, tuple[float, ...]]]:
    """Weights that are tried one by one at the best of the grid; of a second pass there are none."""
    if request.rescore:
        return []
    after = [("lm_lookahead", request.lm_lookaheads), ("blank_penalty", request.blank_penalties)]
    return [*after, ("internal", request.internals)] if is_transducer else after


def _untuned(request: TuneRequest) -> dict[str, Any]:
    """What the run sets besides the weights that are tried: its beam, its thresholds; of a damaged file nothing."""
    try:
        own = {} if request.layout else read_tuned(request.run).weights
    except ConfigError:
        return {}
    return {name: value for name, value in own.items() if name not in TRIED}


def _first_pass(base: DecodingConfig, request: TuneRequest) -> DecodingConfig:
    """As `ds2 decode` would set it: the run's own weights below those that were named."""
    own = {} if request.layout else read_tuned(request.run).weights
    return replace(base, **{**own, "settle_frames": 0, "recombine": False, **request.fixed})


def second_pass(
    rescorer: Rescorer, log_probs: list[np.ndarray], pool: ThreadPoolExecutor
) -> Callable[[float, float], list[str]]:
    """What says the best texts at any weights: the first pass runs once, and each list is asked of the model once."""
    first = rescorer.first

    def listed(array: np.ndarray) -> tuple[list[str], np.ndarray]:
        found = first.decode(array, first.config.rescore_nbest)
        return [one.text for one in found], rescorer.parts(found)

    lists = list(pool.map(listed, log_probs))
    return lambda alpha, beta: [texts[int(second_totals(parts, alpha, beta).argmax())] for texts, parts in lists]


def fold_lines(trials: list[Trial], folds: list[str], name: str) -> list[str]:
    """The rates of utterances that their weights were not tuned on: each value's by the best weights of the others.

    folds  of each utterance: the value of its field `name`
    """
    counts, lines = np.stack([trial.counts for trial in trials]), []  # (trials, utterances, 2)
    together = np.zeros(2, int)
    for value in sorted(set(folds)):
        is_out = np.array([fold == value for fold in folds])
        tuned_on = counts[:, ~is_out, 0].sum(1)
        best = trials[min(range(len(trials)), key=lambda at: (tuned_on[at], trials[at].alpha))]
        errors, words = best.counts[is_out].sum(0).tolist()
        together += errors, words
        weights = ", ".join(f"{key.replace('_', '-')} {best.weights[key]:g}" for key in list(best.weights)[:2])
        lines.append(f"{name} {value}: {100 * errors / max(words, 1):.2f} % of {words:,} words, tuned on the others: "
                     f"{weights}")
    return [*lines, f"held out by {name}: {trials[0].rate} {100 * together[0] / together[1]:.2f} %"]


def most_trials(request: TuneRequest) -> int:
    """As many as there are to be tried, but for values that are the best already."""
    is_transducer = not request.layout and load_checkpoint(request.run).config.model.head == "transducer"
    after = _tried_after(request, is_transducer)
    return len(request.alphas) * len(request.betas) + sum(len(values) for _, values in after)


def keeps(request: TuneRequest) -> bool:
    """Whether there is a run to keep the weights in: not in ds2's own folder, or at a URL; logits have none."""
    return not request.layout and not is_shipped(request.run) and url_of(request.run) is None


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
    files = {"lm": (own.lm, request.lm), "rescore": (own.rescore, request.rescore or own.rescore),
             "lexicon_file": (own.lexicon_file, request.lexicon_file or own.lexicon_file)}
    return {name: mine.name for name, (mine, used) in files.items()
            if mine and used and mine.samefile(local_copy(used))}


def gather(
    request: TuneRequest, skip: Callable[[str], None], warn: Callable[[str], None] = lambda message: None
) -> Material:
    """The development speech, heard once."""
    source = open_source(request.run, request.inputs, request.jobs, request.device, warn=warn, layout=request.layout)
    decoder = greedy_decoder(source.joint, source.units)
    log_probs, references, folds = [], [], []
    for record, heard, problem in source.items:
        if heard is None:
            skip(problem)
        elif str(record.get("text") or "").strip():
            log_probs.append(decoder.check(heard, f"`{record.get('id', '?')}`"))
            references.append(record["text"])
            folds.append(str(record.get(request.folds, "")))
    if not references:
        raise UsageError(f"no utterance of `{request.inputs[0]}` has a text to compare with",
                         hint="tune on records with `text`, kept apart from training and test")
    if request.folds and len(set(folds)) < 2:
        raise UsageError(f"`{request.folds}` has the same value on all utterances: none can be held out",
                         hint="name a field that tells them apart: --folds speaker")
    return Material(source.units, log_probs, references, source.joint, folds)


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
    at_most = not request.rescore and len(penalties) > 1 and best.blank_penalty == max(penalties)
    return [*names, "blank penalty"] if at_most else names
