"""How well a model foresees a text: perplexity as KenLM's `query` counts it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ds2cli.language.model import NgramModel


@dataclass
class LineScore:
    """One sentence under a model.

    log10_prob  of all its tokens, </s> included
    log10_oov   of those that the model does not know, which it takes for <unk>
    """

    log10_prob: float
    log10_oov: float
    tokens: int
    oov: int


@dataclass
class TextScore:
    """A text under a model; </s> counts as a token of every line."""

    log10_prob: float = 0.0
    log10_oov: float = 0.0
    tokens: int = 0
    oov: int = 0
    lines: int = 0

    def add(self, line: LineScore) -> None:
        self.log10_prob += line.log10_prob
        self.log10_oov += line.log10_oov
        self.tokens += line.tokens
        self.oov += line.oov
        self.lines += 1

    @property
    def perplexity(self) -> float:
        """With the unknown words, as <unk>."""
        return 10 ** (-self.log10_prob / self.tokens) if self.tokens else float("nan")

    @property
    def perplexity_without_oov(self) -> float:
        """Of the words that the model knows."""
        known = self.tokens - self.oov
        return 10 ** (-(self.log10_prob - self.log10_oov) / known) if known else float("nan")


def score_lines(model: NgramModel, lines: Iterable[list[bytes]]) -> Iterator[LineScore]:
    """Each sentence's log10 probability, from <s> to </s>."""
    for tokens in lines:
        ids = np.append(model.ids(tokens), np.uint32(model.kernel.end_sentence))
        logs = model.kernel.score_tokens(ids, begin=True).astype(np.float64)
        unknown = ids == 0
        yield LineScore(float(logs.sum()), float(logs[unknown].sum()), len(ids), int(np.count_nonzero(unknown)))


def score_text(model: NgramModel, lines: Iterable[list[bytes]]) -> TextScore:
    """A whole text."""
    total = TextScore()
    for line in score_lines(model, lines):
        total.add(line)
    return total
