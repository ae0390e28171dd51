"""Many token sequences as one array of integers: what the batch algorithms read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """Many sequences of integers in one array: sequence n is values[starts[n] : starts[n] + lengths[n]]."""

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def __getitem__(self, n: int) -> np.ndarray:
        return self.values[self.starts[n] : self.starts[n] + self.lengths[n]]

    def __len__(self) -> int:
        return len(self.lengths)


class TokenIds(dict):
    """Tokens numbered in the order in which they are first met."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number

    def encode(self, texts: Iterable[Sequence[str]]) -> Sequences:
        """Lists of tokens as sequences of their numbers."""
        texts = list(texts)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        numbers = map(self.__getitem__, chain.from_iterable(texts))
        return _sequences(np.fromiter(numbers, np.int32, int(lengths.sum())), lengths)


def encode_characters(texts: Sequence[str]) -> Sequences:
    """Texts as sequences of code points."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return _sequences(np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.int32), lengths)


def _sequences(values: np.ndarray, lengths: np.ndarray) -> Sequences:
    return Sequences(values, np.cumsum(lengths) - lengths, lengths)
