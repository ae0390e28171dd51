"""An n-gram of units as a graph: histories, and what each unit makes of them. Backing off is spelled out, exactly."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ds2cli import hints
from ds2cli.errors import LanguageModelError
from ds2cli.language.arpa import read_arpa
from ds2cli.language.ngrams import BEGIN, END, NgramTables
from ds2cli.text.units import BLANK, SPACE, SPACE_NAME, Units

# H histories times V units: 25 times what a 3-gram of 39 phones has.
MAX_ARCS = 2_000_000

History = tuple[int, ...]


@dataclass(frozen=True)
class UnitGraph:
    """Every history that an n-gram of units tells apart, and at least one for each unit.

    last_units  (H,) int32 the unit that a history ends in; BLANK for history 0, the beginning of a sentence
    next        (H, V) int32 the history after one more unit; 0 in the blank's column
    probs       (H, V) float64 p(unit | history); 0 in the blank's column
    ends        (H,) float64 p(</s> | history)
    """

    last_units: np.ndarray
    next: np.ndarray
    probs: np.ndarray
    ends: np.ndarray

    def log_prob(self, labels: Sequence[int]) -> float:
        """ln p of a sentence of units, its end included; -inf where the model rules it out."""
        history, prob = 0, 0.0
        with np.errstate(divide="ignore"):
            for unit in labels:
                prob += float(np.log(self.probs[history, unit]))
                history = int(self.next[history, unit])
            return prob + float(np.log(self.ends[history]))


def read_unit_graph(path: str | Path, units: Units) -> UnitGraph:
    """The graph of an ARPA file (plain or gzipped) whose words are units; a space is its word `<space>`.

    raises  LanguageModelError where it is no such file, lacks a unit, or tells too many histories apart
    """
    return unit_graph(read_arpa(path), units, f"`{path}`")


def unit_graph(tables: NgramTables, units: Units, name: str = "the model") -> UnitGraph:
    """The same of a model in memory. n-grams with words that are no units can never be needed, and are left out."""
    explicit, backoffs = _by_history(tables, units)
    _must_know(explicit[()], units, name)
    singles: list[History] = [(unit,) for unit in range(len(units))]  # (BLANK,) is the beginning of a sentence
    longer = {one for one in explicit if len(one) > 1} | {one for one, weight in backoffs.items() if weight != 1}
    # By last unit, so that neighbours share what the network says.
    histories = sorted({*singles, *longer}, key=lambda history: (history[-1], history))
    if len(histories) * len(units) > MAX_ARCS:
        raise LanguageModelError(
            f"{name} tells {len(histories):,} histories of {len(units) - 1:,} units apart, too many to sum over",
            hint=hints.fewer_histories(MAX_ARCS // len(units)),
        )
    index = {history: number for number, history in enumerate(histories)}
    followers: dict[History, list[History]] = defaultdict(list)
    for history in histories:
        followers[history[:-1]].append(history)

    @cache
    def next_row(history: History) -> np.ndarray:
        row = next_row(history[1:]).copy() if history else np.zeros(len(units), np.int32)
        for longest in followers.get(history, ()):
            row[longest[-1]] = index[longest]
        return row

    @cache
    def prob_row(history: History) -> np.ndarray:
        """(V + 1,) p(unit | history), and of </s>."""
        row = prob_row(history[1:]) * backoffs.get(history, 1.0) if history else np.zeros(len(units) + 1)
        for symbol, prob in explicit.get(history, ()):
            row[symbol] = prob
        return row

    probs = np.stack([prob_row(history) for history in histories])
    probs[:, BLANK] = 0
    following = np.stack([next_row(history) for history in histories])
    following[:, BLANK] = 0
    last_units = np.array([history[-1] for history in histories], np.int32)
    return UnitGraph(last_units, following, probs[:, :-1].copy(), probs[:, -1].copy())


def _by_history(
    tables: NgramTables, units: Units
) -> tuple[dict[History, list[tuple[int, float]]], dict[History, float]]:
    """What each history lists, (symbol, probability), and its back-off weight.

    Symbols are unit indices; BLANK stands for <s>, and the number of units for </s>.
    """
    symbols = np.full(len(tables.words), -1)
    known = {SPACE_NAME if name == SPACE else name: number for number, name in enumerate(units.names)}
    known |= {units.names[BLANK]: -1, BEGIN: BLANK, END: len(units)}
    for word, name in enumerate(tables.words):
        symbols[word] = known.get(name, -1)
    explicit: dict[History, list[tuple[int, float]]] = defaultdict(list)
    backoffs: dict[History, float] = {}
    for order, ids in enumerate(tables.ngrams):
        rows = symbols[ids]
        good = (rows >= 0).all(1) & (rows[:, 1:] != BLANK).all(1) & (rows[:, :-1] != len(units)).all(1)
        ngrams = [tuple(row) for row in rows[good].tolist()]
        probs = 10.0 ** tables.log10_probs[order][good].astype(np.float64)
        for ngram, prob in zip(ngrams, probs.tolist(), strict=True):
            explicit[ngram[:-1]].append((ngram[-1], prob))
        if order + 1 < tables.order:
            weights = 10.0 ** tables.log10_backoffs[order][good].astype(np.float64)
            backoffs |= {
                ngram: weight for ngram, weight in zip(ngrams, weights.tolist(), strict=True) if ngram[-1] < len(units)
            }
    return explicit, backoffs


def _must_know(unigrams: list[tuple[int, float]], units: Units, name: str) -> None:
    known = {symbol for symbol, _ in unigrams}
    missing = [units.names[unit] for unit in range(1, len(units)) if unit not in known]
    if missing:
        shown = ", ".join(f"`{SPACE_NAME if unit == SPACE else unit}`" for unit in missing[:5])
        raise LanguageModelError(
            f"{name} does not know {len(missing)} of {len(units) - 1} units: {shown}",
            hint=hints.lm_of_training_texts(bool(units.separator)),
        )
