"""A corpus of pairs, counted: words and characters of each, and their alignments when someone asks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ds2cli.errors import ManifestError
from ds2cli.scoring.edits.alignment import Token, align_tokens
from ds2cli.scoring.edits.distance import CORRECT, DELETED, INSERTED, SCLITE, SUBSTITUTED, EditCosts
from ds2cli.scoring.edits.networks import Marks, align_networks, network, parse
from ds2cli.scoring.edits.tokens import split_words
from ds2cli.scoring.inputs.pairs import Pair
from ds2cli.scoring.rates import Counts, count_characters, count_words, total


@dataclass(frozen=True)
class Counting:
    """How to count.

    split  a text into words
    marks  which marks of NIST's transcripts count
    costs  of the alignment; they decide where two alignments would do
    """

    split: Callable[[str], list[str]] = split_words
    optional: bool = False
    fragments: bool = False
    costs: EditCosts = SCLITE

    def marks(self, marked: bool, choices: bool) -> Marks:
        """What counts as a mark in a text: all of NIST's, or the braces alone that a mapping file wrote."""
        if marked:
            return Marks(self.optional, self.fragments, self.split)
        return Marks(split=self.split, choices=choices, tags=False)


@dataclass
class Corpus:
    """Counts of every pair.

    words, characters, spaceless  (pairs, 4) correct, substituted, deleted, inserted; characters with one space between
        words, and without spaces
    chosen  alignments of pairs whose transcripts offer choices: known already, as they decided what was counted
    lists  the same for the n-best lists of the pairs
    """

    pairs: list[Pair]
    counting: Counting
    words: np.ndarray
    characters: np.ndarray
    spaceless: np.ndarray
    chosen: dict[int, list[Token]] = field(default_factory=dict)
    lists: "Lists | None" = None

    @property
    def wrong(self) -> np.ndarray:
        """Whether each utterance has an error: (pairs,) bool."""
        return self.words[:, SUBSTITUTED:].sum(1) > 0

    def alignments(self, which: Sequence[int]) -> list[list[Token]]:
        """What became of each word of these pairs."""
        plain = [n for n in which if n not in self.chosen]
        split = self.counting.split
        said, heard = ([split(text) for text in texts] for texts in (
            (self.pairs[n].reference for n in plain), (self.pairs[n].hypothesis for n in plain)))
        found = dict(zip(plain, align_tokens(said, heard, self.counting.costs), strict=True))
        return [self.chosen[n] if n in self.chosen else found[n] for n in which]

    def rates(self, which: np.ndarray | slice = slice(None)) -> tuple[Counts, Counts, Counts]:
        """Words, characters and characters without spaces of some pairs, summed."""
        return total(self.words[which]), total(self.characters[which]), total(self.spaceless[which])


@dataclass
class Lists:
    """N-best lists, counted as their pairs are.

    owners  (entries,) the pair that each entry belongs to
    words   (entries, 4) counts of each entry
    """

    owners: np.ndarray
    words: np.ndarray


def count_corpus(pairs: list[Pair], counting: Counting) -> Corpus:
    """Count a corpus. Where a transcript offers choices, the characters are those of the words that were chosen.

    A word that counts as right though the other side has it otherwise, or not at all (an optional word, a fragment), is
    right in its characters too.
    """
    words, chosen = count_pairs(pairs, counting)
    said, understood = [pair.reference for pair in pairs], [pair.hypothesis for pair in pairs]
    for n, path in chosen.items():
        said[n], understood[n] = (side_of(map(_as_judged, path), side) for side in (1, 2))
        pairs[n].reference, pairs[n].hypothesis = (side_of(path, side) for side in (1, 2))
    characters = count_characters(said, understood, counting.costs)
    spaceless = count_characters(
        [text.replace(" ", "") for text in said], [text.replace(" ", "") for text in understood]
    )
    return Corpus(pairs, counting, words, characters, spaceless, chosen)


def count_pairs(pairs: list[Pair], counting: Counting) -> tuple[np.ndarray, dict[int, list[Token]]]:
    """Word counts of each pair, (pairs, 4), and the alignments of those whose transcripts offer choices."""
    chosen: dict[int, list[Token]] = {}
    for n, pair in enumerate(pairs):
        if (pair.choices or pair.marked != (False, False)) and (path := _choose(pair, counting)) is not None:
            chosen[n] = path
    said, understood = [pair.reference for pair in pairs], [pair.hypothesis for pair in pairs]
    for n in chosen:
        said[n] = understood[n] = ""
    words = count_words(said, understood, counting.split, counting.costs)
    for n, path in chosen.items():
        words[n] = counts_of_path(path)
    return words, chosen


def _choose(pair: Pair, counting: Counting) -> list[Token] | None:
    """The alignment of a pair whose marks count; None where it has none and plain words will do."""
    texts = pair.reference, pair.hypothesis
    marks = [counting.marks(marked, pair.choices) for marked in pair.marked]
    if not any(own.needs_network(text) for own, text in zip(marks, texts, strict=True)):
        return None
    return align_networks(*(network(_parse(text, own, pair)) for own, text in zip(marks, texts, strict=True)))


def _as_judged(token: Token) -> Token:
    """What is right has the same text on both sides."""
    kind, said, understood = token
    text = said if said is not None else understood
    return (kind, text, text) if kind == CORRECT else token


def _parse(text: str, marks: Marks, pair: Pair) -> list:
    try:
        return parse(text, marks)
    except ValueError as problem:
        hint = "beside trn, stm or a GLM, braces mark alternatives: { a / b c / @ }"
        raise ManifestError(f"`{pair.id}`: {problem}", hint=hint) from None


def side_of(path: Iterable[Token], side: int) -> str:
    """The words of one side of an alignment: 1 the reference, 2 the hypothesis."""
    words = (said if side == 1 else understood for _, said, understood in path)
    return " ".join(word for word in words if word is not None)


def counts_of_path(path: Iterable[Token]) -> list[int]:
    """Correct, substituted, deleted, inserted."""
    kinds = [kind for kind, _, _ in path]
    return [kinds.count(kind) for kind in (CORRECT, SUBSTITUTED, DELETED, INSERTED)]
