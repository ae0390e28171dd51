"""`ds2 lm prune` and `ds2 lm mix`: models into another model, and what it cost or gained on unseen text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ds2cli.errors import LanguageModelError, TextError, UsageError
from ds2cli.language.arpa import read_arpa
from ds2cli.language.combine.mixing import fit_weights, mix
from ds2cli.language.combine.pruning import prune_by_entropy, pruning_costs, threshold_for
from ds2cli.language.model import NgramModel, begins_as_binary, model_in_memory
from ds2cli.language.model_file import check_model_path, write_model
from ds2cli.language.ngrams import NgramTables
from ds2cli.language.perplexity import score_text
from ds2cli.language.texts import read_tokenised


@dataclass(frozen=True)
class PruneResult:
    """n-grams before and after, the threshold, and perplexities (None without dev text)."""

    before: list[int]
    after: list[int]
    threshold: float
    perplexity_before: float | None
    perplexity_after: float | None


@dataclass(frozen=True)
class Mixed:
    """The weights, and the perplexity of each model and of the mixture (empty without dev text)."""

    counts: list[int]
    weights: list[float]
    perplexities: list[float]
    perplexity: float | None


def prune(source: Path, output: Path, threshold: float | None, n_ngrams: int | None, dev: str | None,
          listen: Callable[[str], None], warn: Callable[[str], None] = lambda note: None,
          decimals: int | None = None) -> PruneResult:
    """A smaller model, by entropy: to a threshold or to a number of n-grams.

    decimals  of log10 probabilities and back-offs; None keeps all: with two, a compressed file is a third smaller
    raises  UsageError where neither or both are given
    """
    if (threshold is None) == (n_ngrams is None):
        raise UsageError("give either --threshold or --ngrams", hint="for example: --threshold 1e-8")
    check_model_path(output)
    lines = _read_dev(dev)
    tables = _read(source, listen, warn)
    listen("judging n-grams")
    costs = pruning_costs(tables)
    limit = threshold_for(costs, n_ngrams) if n_ngrams is not None else float(threshold or 0)
    smaller = prune_by_entropy(costs, limit)
    if decimals is not None:
        smaller = _rounded(smaller, decimals)
    listen(f"writing {output}")
    write_model(smaller, output)
    perplexities = [score_text(model_in_memory(model), lines).perplexity if lines else None
                    for model in (tables, smaller)]
    return PruneResult(tables.counts, smaller.counts, limit, *perplexities)


def _rounded(tables: NgramTables, decimals: int) -> NgramTables:
    return replace(
        tables,
        log10_probs=[numbers.round(decimals) for numbers in tables.log10_probs],
        log10_backoffs=[numbers.round(decimals) for numbers in tables.log10_backoffs],
    )


def mix_models(sources: Sequence[Path], output: Path, weights: Sequence[float], dev: str | None,
               listen: Callable[[str], None], warn: Callable[[str], None] = lambda note: None,
               by_context: bool = False) -> Mixed:
    """One model out of several, with given weights or those that suit the dev text best; see `mix`.

    raises  UsageError where weights do not fit, or neither weights nor dev text are given
    """
    if len(sources) < 2:
        raise UsageError("mixing needs at least two models")
    if not weights and dev is None:
        raise UsageError("fitting the weights needs a text", hint="give --dev dev.txt, or --weights 0.7 0.3")
    if weights and (len(weights) != len(sources) or min(weights) < 0 or abs(sum(weights) - 1) > 1e-3):
        raise UsageError(f"--weights wants {len(sources)} numbers from 0 that sum to 1")
    check_model_path(output)
    lines = _read_dev(dev)
    models = [_read(source, listen, warn) for source in sources]
    listen("fitting weights")
    kernels = [model_in_memory(model) for model in models] if lines else []
    weights = list(weights) or fit_weights((_sentence_probs if by_context else _token_probs)(kernels, lines)).tolist()
    listen("mixing")
    mixed = mix(models, weights, by_context)
    listen(f"writing {output}")
    write_model(mixed, output)
    perplexities = [score_text(kernel, lines).perplexity for kernel in kernels]
    together = score_text(model_in_memory(mixed), lines).perplexity if lines else None
    return Mixed(mixed.counts, weights, perplexities, together)


def _read(path: Path, listen: Callable[[str], None], warn: Callable[[str], None]) -> NgramTables:
    listen(f"reading {path}")
    if begins_as_binary(path):
        raise LanguageModelError(f"`{path}` is a KenLM binary, whose n-grams cannot be listed",
                                 hint="give the ARPA file that it was built from")
    tables = read_arpa(path)
    for note in tables.notes:
        warn(note)
    return tables


def _read_dev(dev: str | None) -> list[list[bytes]]:
    if dev is None:
        return []
    lines = list(read_tokenised(dev))
    if not lines:
        raise TextError("the dev text is empty", hint="give one sentence per line")
    return lines


def _token_probs(models: Sequence[NgramModel], lines: list[list[bytes]]) -> np.ndarray:
    """(M, T) what each model gives each token of the text; 0 for its unknown words, tokens unknown to all left out."""
    probs = np.exp(np.concatenate(_log_probs(models, lines), axis=1))
    return probs[:, probs.sum(axis=0) > 0]


def _sentence_probs(models: Sequence[NgramModel], lines: list[list[bytes]]) -> np.ndarray:
    """(M, S) what each model gives each sentence, its best model's being 1; tokens unknown to all do not count.

    A mixture by context gives a sentence the weighted sum of what its models give it, as far as n-grams reach.
    """
    rows = []
    for logs in _log_probs(models, lines):
        total = logs[:, np.isfinite(logs).any(axis=0)].sum(axis=1)
        if np.isfinite(total).any():
            rows.append(np.exp(total - total.max()))
    if not rows:
        raise TextError("there is no sentence in the dev text that one model knows whole",
                        hint="give the weights with --weights, or leave out --by-context")
    return np.array(rows).T


def _log_probs(models: Sequence[NgramModel], lines: list[list[bytes]]) -> list[np.ndarray]:
    """Per sentence (M, T): the natural logs that each model gives its tokens; -inf for words that it does not know."""
    sentences = []
    for line in lines:
        rows = []
        for model in models:
            ids = np.append(model.ids(line), np.uint32(model.kernel.end_sentence))
            logs = model.kernel.score_tokens(ids, begin=True).astype(np.float64) * np.log(10)
            rows.append(np.where(ids == 0, -np.inf, logs))
        sentences.append(np.array(rows))
    return sentences
