"""Error rates of a corpus: errors over reference tokens, summed over all utterances, never a mean of rates.

An empty reference counts its insertions and has no rate of its own; a corpus without reference words has none either.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ds2cli.scoring.edits.distance import SCLITE, EditCosts, count_edits
from ds2cli.scoring.edits.sequences import TokenIds, encode_characters
from ds2cli.scoring.edits.tokens import scored_characters, split_words

CHUNK = 20_000  # pairs whose tokens are in memory at a time


@dataclass(frozen=True)
class Counts:
    """Tokens of the reference and of the hypothesis, by what became of them."""

    correct: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def reference(self) -> int:
        """Tokens in the references."""
        return self.correct + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float | None:
        """Errors per hundred reference tokens; None where there are none."""
        return 100.0 * self.errors / self.reference if self.reference else None

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.correct + other.correct,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


@dataclass(frozen=True)
class Rates:
    """The error rates of a corpus, in per cent, and the counts they come from."""

    words: Counts
    characters: Counts
    utterances: int = 0
    wrong_utterances: int = 0
    per_utterance: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.int64), repr=False, compare=False)

    @property
    def wer(self) -> float | None:
        return self.words.rate

    @property
    def cer(self) -> float | None:
        return self.characters.rate

    @property
    def sentence_error_rate(self) -> float | None:
        return 100.0 * self.wrong_utterances / self.utterances if self.utterances else None


def score_texts(references: Sequence[str] | str, hypotheses: Sequence[str] | str) -> Rates:
    """Word and character error rates of hypotheses against their references, position by position.

    Two strings are one utterance.

    raises  ValueError where the two differ in number, TypeError where only one is a string
    """
    if isinstance(references, str) != isinstance(hypotheses, str):
        raise TypeError("a string against a list: give two strings, or two lists of strings")
    if isinstance(references, str) and isinstance(hypotheses, str):
        references, hypotheses = [references], [hypotheses]
    words = count_words(references, hypotheses)
    characters = count_characters(references, hypotheses)
    wrong = int((words[:, 1:].sum(1) > 0).sum())
    return Rates(total(words), total(characters), len(references), wrong, words)


def count_words(
    references: Sequence[str],
    hypotheses: Sequence[str],
    split: Callable[[str], list[str]] = split_words,
    costs: EditCosts = SCLITE,
) -> np.ndarray:
    """Correct, substituted, deleted and inserted words of each pair: (pairs, 4)."""

    def count(some_references: Sequence[str], some_hypotheses: Sequence[str]) -> np.ndarray:
        vocabulary = TokenIds()
        said, heard = (vocabulary.encode(_split_all(texts, split)) for texts in (some_references, some_hypotheses))
        return count_edits(said, heard, costs)

    return _in_chunks(count, references, hypotheses)


def _split_all(texts: Sequence[str], split: Callable[[str], list[str]]) -> Iterable[list[str]]:
    """The words of each text; where all are ASCII, which needs no second look at each, by the fastest way."""
    return map(str.split if split is split_words and all(map(str.isascii, texts)) else split, texts)


def count_characters(references: Sequence[str], hypotheses: Sequence[str], costs: EditCosts = SCLITE) -> np.ndarray:
    """Correct, substituted, deleted and inserted characters of each pair, one space between words: (pairs, 4)."""

    def count(some_references: Sequence[str], some_hypotheses: Sequence[str]) -> np.ndarray:
        sides = some_references, some_hypotheses
        said, heard = (encode_characters(list(map(scored_characters, texts))) for texts in sides)
        return count_edits(said, heard, costs)

    return _in_chunks(count, references, hypotheses)


def total(counts: np.ndarray) -> Counts:
    """The sum over utterances of (utterances, 4) counts."""
    return Counts(*(int(number) for number in counts.sum(0)))


def _in_chunks(count: Callable[..., np.ndarray], references: Sequence[str], hypotheses: Sequence[str]) -> np.ndarray:
    if isinstance(references, str) or isinstance(hypotheses, str):
        raise TypeError("a string is one text: give lists of texts")
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references but {len(hypotheses)} hypotheses")
    chunks = (slice(start, start + CHUNK) for start in range(0, len(references), CHUNK))
    counted = [count(references[chunk], hypotheses[chunk]) for chunk in chunks]
    return np.concatenate(counted) if counted else np.zeros((0, 4), np.int64)
