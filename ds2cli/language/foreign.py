"""KenLM's tries and quantised files, asked through the `kenlm` package: slower, one thread at a time, same scores."""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError

SANITY_BYTES = 88  # magic and test values, before the parameters
PROBING = 0


def is_probing(path: str | Path) -> bool:
    """Whether a KenLM binary is of the type that the kernel reads itself; a header cut short counts as one."""
    with open(path, "rb") as file:
        parameters = file.read(SANITY_BYTES + 20)[SANITY_BYTES:]
    return len(parameters) < 20 or struct.unpack_from("<i", parameters, 8)[0] == PROBING


def binary_counts(path: str | Path) -> list[int]:
    """n-grams of each order, from the head of any KenLM binary.

    raises  LanguageModelError where the file ends within its head
    """
    with open(path, "rb") as file:
        head = file.read(SANITY_BYTES + 20 + 8 * 255)
    order = head[SANITY_BYTES] if len(head) > SANITY_BYTES else 0
    if not order or len(head) < SANITY_BYTES + 20 + 8 * order:
        raise LanguageModelError(f"`{path}` is cut short", hint="copy or build it again")
    return list(struct.unpack_from(f"<{order}Q", head, SANITY_BYTES + 20))


def load_through_kenlm(path: str | Path):
    """A trie, or any other type that this `kenlm` package reads, as an NgramModel.

    raises  LanguageModelError where kenlm cannot read it, or the file was built without its words
    """
    import kenlm

    from ds2cli.language.model import NgramModel

    try:
        model = kenlm.Model(str(path))
    except OSError as problem:
        reason = str(problem).split("(", 1)[-1].rstrip(")")
        raise LanguageModelError(f"`{path}` cannot be read: {reason}", hint="build it again from its ARPA") from None
    words = _read_words(path)
    asked = _Asked(model, words)
    unigrams = [asked.score(asked.empty, word)[0] for word in range(len(words))]
    index = {word: number for number, word in enumerate(words)}
    kernel = _kernels.CallbackModel(asked.score, asked.begin, np.array(unigrams, np.float32), index, index["</s>"])
    return NgramModel(kernel, words, model.order, str(path))


class _Asked:
    """kenlm's states behind small numbers, so that the kernel can keep them on its prefixes."""

    def __init__(self, model: Any, words: list[str]) -> None:
        import kenlm

        self.model, self.words, self.new_state = model, words, kenlm.State
        begin, empty = kenlm.State(), kenlm.State()
        model.BeginSentenceWrite(begin)
        model.NullContextWrite(empty)
        self.states = [empty, begin]
        self.numbers = {empty: 0, begin: 1}
        self.empty, self.begin = 0, 1  # the kernel's fresh state is number 0

    def score(self, state: int, word: int) -> tuple[float, int]:
        """log10 p of a word after a state, and the number of the state that follows."""
        after = self.new_state()
        log10_prob = self.model.BaseScore(self.states[state], self.words[word], after)
        number = self.numbers.setdefault(after, len(self.states))
        if number == len(self.states):
            self.states.append(after)
        return log10_prob, number


def _read_words(path: str | Path) -> list[str]:
    """The vocabulary in order of id: the zero-ended strings at the file's end, <unk> first."""
    content = np.memmap(path, np.uint8, "r")
    order = int(content[SANITY_BYTES])
    has_words = bool(content[SANITY_BYTES + 12])
    expected = struct.unpack_from(f"<{order}Q", content[SANITY_BYTES + 20 : SANITY_BYTES + 20 + 8 * order].tobytes())[0]
    tail = content[max(0, len(content) - 64 * (expected + 64)) :].tobytes()
    start = tail.rfind(b"<unk>\0")
    words = tail[start:].split(b"\0")[:-1] if has_words and start >= 0 else []
    if len(words) not in (expected, expected + 1):
        raise LanguageModelError(f"`{path}` was built without its words, or is cut short",
                                 hint="build it again from its ARPA")
    return [word.decode() for word in words]
