"""How words are said that no lexicon has: an n-gram of letters and the phones that each of them stands for.

Letters are aligned with phones by expectation-maximisation, each with none, one or two of them; a word is then a
sequence of such pairs, and an n-gram of pairs, smoothed by absolute discounting, says how the next is likely to be
read (Bisani and Ney 2008, Joint-sequence models for grapheme-to-phoneme conversion; with one letter to a pair).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Pair = tuple[str, tuple[str, ...]]  # a letter and its phones
MOST_PHONES = 2  # to a letter
ALIGNED_FIRST, ROUNDS = 8000, 6  # words that teach the alignment, and how often
DISCOUNT = 0.7
BEAM = 8
EDGE: Pair = ("", ())


@dataclass
class Pronouncer:
    """An n-gram of pairs; `say` reads a word.

    order    of the n-gram
    counts   of each pair after each context of up to order - 1 pairs
    readings  of each letter: the pairs that it was seen in
    """

    order: int
    counts: dict[tuple[Pair, ...], Counter[Pair]]
    readings: dict[str, list[Pair]]
    _known: dict[tuple[tuple[Pair, ...], Pair], float] = field(default_factory=dict)

    def say(self, word: str) -> list[str]:
        """The likeliest phones of a word; none where a letter of it was never seen."""
        hypotheses: dict[tuple[Pair, ...], tuple[float, tuple[str, ...]]] = {(EDGE,): (1.0, ())}
        for letter in (*word, ""):
            longer: dict[tuple[Pair, ...], tuple[float, tuple[str, ...]]] = {}
            for context, (score, phones) in hypotheses.items():
                for pair in self.readings.get(letter, []) if letter else [EDGE]:
                    better = score * self.prob(context, pair)
                    after = (*context, pair)[-(self.order - 1) :]
                    if better > longer.get(after, (0.0,))[0]:
                        longer[after] = better, (*phones, *pair[1])
            hypotheses = dict(sorted(longer.items(), key=lambda one: -one[1][0])[:BEAM])
        return list(max(hypotheses.values(), default=(0.0, ()))[1])

    def prob(self, context: tuple[Pair, ...], pair: Pair) -> float:
        """p(pair | context), interpolated with shorter contexts."""
        key = context, pair
        if key not in self._known:
            counts = self.counts.get(context)
            shorter = self.prob(context[1:], pair) if context else 1 / len(self.counts[()])
            if counts:
                total = counts.total()
                shorter = (max(counts[pair] - DISCOUNT, 0) + DISCOUNT * len(counts) * shorter) / total
            self._known[key] = shorter
        return self._known[key]


def learn_to_pronounce(entries: Iterable[tuple[str, Sequence[str]]], order: int = 6) -> Pronouncer:
    """A pronouncer from words and their phones; words with more than two phones to a letter teach nothing."""
    fitting = [(word, tuple(phones)) for word, phones in entries if 0 < len(phones) <= MOST_PHONES * len(word)]
    weights: dict[Pair, float] = {}
    step = max(1, len(fitting) // ALIGNED_FIRST)
    for _ in range(ROUNDS):
        weights = _expected(fitting[::step], weights)
    counts: dict[tuple[Pair, ...], Counter[Pair]] = defaultdict(Counter)
    readings: dict[str, Counter[Pair]] = defaultdict(Counter)
    for word, phones in fitting:
        pairs = [EDGE, *_aligned(word, phones, weights), EDGE]
        for at in range(1, len(pairs)):
            readings[pairs[at][0]][pairs[at]] += 1
            for length in range(min(order, at + 1)):
                counts[tuple(pairs[at - length : at])][pairs[at]] += 1
    common = {letter: [pair for pair, count in found.items() if count > 1 or len(fitting) < 100]
              for letter, found in readings.items()}
    return Pronouncer(order, dict(counts), common)


def _moves(word: str, phones: tuple[str, ...], i: int, j: int,
           weights: dict[Pair, float]) -> Iterator[tuple[int, Pair, float]]:
    """The ways to read letter i with phones from j on: how many, the pair, its weight."""
    for n in range(min(MOST_PHONES, len(phones) - j) + 1):
        pair = word[i], phones[j : j + n]
        # Before anything is known one letter is one phone, more or less.
        yield n, pair, weights.get(pair, 1e-9) if weights else (0.1, 1.0, 0.1)[n]


def _expected(entries: list[tuple[str, tuple[str, ...]]], weights: dict[Pair, float]) -> dict[Pair, float]:
    """One round of expectation-maximisation: the probability of each pair given its letter."""
    mass: dict[Pair, float] = defaultdict(float)
    for word, phones in entries:
        forward = [[0.0] * (len(phones) + 1) for _ in range(len(word) + 1)]
        backward = [[0.0] * (len(phones) + 1) for _ in range(len(word) + 1)]
        forward[0][0] = backward[-1][-1] = 1.0
        for i in range(len(word)):
            for j, reached in enumerate(forward[i]):
                if reached:
                    for n, _, weight in _moves(word, phones, i, j, weights):
                        forward[i + 1][j + n] += reached * weight
        if not forward[-1][-1]:
            continue
        for i in range(len(word) - 1, -1, -1):
            for j in range(len(phones) + 1):
                if forward[i][j]:
                    for n, pair, weight in _moves(word, phones, i, j, weights):
                        after = backward[i + 1][j + n]
                        if after:
                            backward[i][j] += weight * after
                            mass[pair] += forward[i][j] * weight * after / forward[-1][-1]
    letters: dict[str, float] = defaultdict(float)
    for (letter, _), weight in mass.items():
        letters[letter] += weight
    return {pair: weight / letters[pair[0]] for pair, weight in mass.items()}


def _aligned(word: str, phones: tuple[str, ...], weights: dict[Pair, float]) -> list[Pair]:
    """The likeliest pairs of a word."""
    best: list[dict[int, tuple[float, int, Pair]]] = [{0: (1.0, 0, EDGE)}]
    for i in range(len(word)):
        row: dict[int, tuple[float, int, Pair]] = {}
        for j, (score, _, _) in best[-1].items():
            for n, pair, weight in _moves(word, phones, i, j, weights):
                if score * weight > row.get(j + n, (0.0,))[0]:
                    row[j + n] = score * weight, j, pair
        best.append(row)
    pairs: list[Pair] = []
    j = len(phones)
    for row in reversed(best[1:]):
        if j not in row:
            return []
        _, j, pair = row[j]
        pairs.append(pair)
    return pairs[::-1]
