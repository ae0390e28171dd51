"""Transcripts with choices, aligned as NIST sclite aligns them: `{ a / b c / @ }`, `(word)`, `frag-`.

A transcript is a network of words. An alternation offers several ways between two nodes; `@` is a way without words. A
word in brackets may be missing, or unspoken, without being an error; a fragment, `wor-` or `-ord`, is correct where
the rest of the other word agrees. Both of these only on request, as with sclite's -D and -F.

Costs (SCTK word.c): substitution 4, insertion and deletion 3, of an optional word 2, of `@` 0.001, `@` against `@` 1.
Ties: the diagonal if no dearer than the others, else the deletion if cheaper than the insertion, else the insertion; of
several predecessors the first. Sums are kept in single precision, as sclite's are: its ties depend on it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np

from ds2cli.scoring.edits.distance import CORRECT, DELETED, INSERTED, SUBSTITUTED

Token = tuple[int, str | None, str | None]
NOTHING = "@"
FAR = np.float32(999999999.9)
# `}` and `/` mark something inside braces only, elsewhere they are words; after a backslash nothing is a mark.
# White space is ASCII's, as sclite's; what splits a piece into words may know more.
_OUTSIDE = re.compile(r"\{|(?:\\\S|[^\s{])+", re.ASCII)
_INSIDE = re.compile(r"[{}/]|(?:\\\S|[^\s{}/])+", re.ASCII)
_PIECE = re.compile(r"\S+", re.ASCII)
_TAG = re.compile(r"(?<!\\);")
_ESCAPE = re.compile(r"\\(.?)")


class Arc(NamedTuple):
    """One arc of a network."""

    text: str
    optional: bool = False
    fragment: bool = False
    nothing: bool = False


class Alternation(NamedTuple):
    """Several ways from one word to the next; each is a list of words and alternations."""

    ways: list[list]


@dataclass
class WordNetwork:
    """Arcs in topological order; arc 0 is the beginning and has no word.

    before  for each arc the arcs that may stand right before it, in the order in which they were written
    ends  the arcs that may stand last
    """

    words: list[Arc | None] = field(default_factory=lambda: [None])
    before: list[list[int]] = field(default_factory=lambda: [[]])
    ends: list[int] = field(default_factory=lambda: [0])

    def add(self, items: list, entries: list[int]) -> list[int]:
        """Append a sequence after the arcs `entries`; the arcs that it ends with."""
        for item in items:
            if isinstance(item, Alternation):
                entries = [end for way in item.ways for end in self.add(way, entries)]
            else:
                self.words.append(item)
                self.before.append(entries)
                entries = [len(self.words) - 1]
        return entries


@dataclass(frozen=True)
class Marks:
    """Which marks count, and what splits a piece into words.

    choices  braces, slashes and `@` offer alternatives
    tags  NIST's other marks: `word;tag`, `word*`, and backslashes before what is no mark
    optional, fragments  brackets around optional words, hyphens of fragments
    """

    optional: bool = False
    fragments: bool = False
    split: Callable[[str], list[str]] = str.split
    choices: bool = True
    tags: bool = True

    def needs_network(self, text: str) -> bool:
        """Whether a text has choices or other marks, so that plain alignment does not do."""
        if self.choices and ("{" in text or "@" in text):
            return True
        if self.tags and (";" in text or "*" in text or "\\" in text):
            return True
        return (self.optional and "(" in text) or (self.fragments and "-" in text)

    def words(self, piece: str) -> list[Arc]:
        """NIST's words: what follows a bare semicolon is a tag, and a star at the end marks a mispronunciation.

        A mark that stands alone is a word, if an empty one; so sclite has it (word.c, new_WORD_parseText).
        """
        piece = untagged(piece) if self.tags else piece
        in_brackets = self.optional and len(piece) > 1 and piece[0] == "(" and piece[-1] == ")"
        piece = piece[1:-1] if in_brackets else piece
        texts = self.split(piece) if piece else [""]
        empty = self.choices and not in_brackets
        return [Arc(text, in_brackets, self.fragments and is_fragment(text), empty and text == NOTHING)
                for text in texts]


def untagged(piece: str) -> str:
    """`word;tag` and `word*` -> word; `a\\;b` -> a;b."""
    piece = _ESCAPE.sub(r"\1", _TAG.split(piece)[0])
    return piece[:-1] if len(piece) > 1 and piece.endswith("*") else piece


def is_fragment(text: str) -> bool:
    """A word broken off: `wor-` or `-ord`."""
    return len(text) > 1 and (text[0] == "-" or text[-1] == "-")


def parse(text: str, marks: Marks) -> list:
    """A transcript as words and alternations.

    raises  ValueError where a brace is not closed or holds nothing
    """
    if not marks.choices or "{" not in text:
        return [word for piece in _PIECE.findall(text) for word in marks.words(piece)]
    stack: list[list[list]] = [[[]]]
    for piece in _pieces(text):
        if piece == "{":
            stack.append([[]])
        elif piece == "}" and len(stack) > 1:
            ways = stack.pop()
            if not all(ways):
                raise ValueError("an alternative without words; write `@` for none")
            stack[-1][-1].append(Alternation(ways))
        elif piece == "/" and len(stack) > 1:
            stack[-1].append([])
        else:
            stack[-1][-1] += marks.words(piece)
    if len(stack) > 1:
        raise ValueError("`{` without `}`")
    return stack[0][0]


def _pieces(text: str) -> Iterator[str]:
    """Braces, slashes inside braces, and words; outside braces, a slash or a closing brace belongs to its word."""
    depth = at = 0
    while found := (_INSIDE if depth else _OUTSIDE).search(text, at):
        piece, at = found[0], found.end()
        depth += (piece == "{") - (piece == "}" and depth > 0)
        yield piece


def network(items: list) -> WordNetwork:
    """The network of a parsed transcript."""
    result = WordNetwork()
    result.ends = result.add(items, [0])
    return result


def align_networks(reference: WordNetwork, hypothesis: WordNetwork) -> list[Token]:
    """The best alignment of any way through one with any way through the other."""
    cost, back = _fill(reference, hypothesis)
    a, b = min(product(reference.ends, hypothesis.ends), key=lambda cell: cost[cell])
    path: list[Token] = []
    while a or b:
        next_a, next_b = back[a, b]
        said = None if next_a == a else reference.words[a]
        understood = None if next_b == b else hypothesis.words[b]
        path += _judge(said, understood)
        a, b = next_a, next_b
    return path[::-1]


def _fill(reference: WordNetwork, hypothesis: WordNetwork) -> tuple[dict, dict]:
    cost = {(0, 0): np.float32(0)}
    back: dict[tuple[int, int], tuple[int, int]] = {}
    for a, said in enumerate(reference.words):
        for b, understood in enumerate(hypothesis.words):
            if not a and not b:
                continue
            diagonal = _nearest(cost, product(reference.before[a], hypothesis.before[b]))
            deletion = _nearest(cost, ((before, b) for before in reference.before[a]))
            insertion = _nearest(cost, ((a, before) for before in hypothesis.before[b]))
            ways = [
                (diagonal[0] + _price(said, understood) if a and b else FAR, diagonal[1]),
                (deletion[0] + _price(said, None) if a else FAR, deletion[1]),
                (insertion[0] + _price(None, understood) if b else FAR, insertion[1]),
            ]
            if ways[0][0] <= ways[1][0] and ways[0][0] <= ways[2][0]:
                best = ways[0]
            else:
                best = ways[1] if ways[1][0] < ways[2][0] else ways[2]
            cost[a, b], back[a, b] = best
    return cost, back


def _nearest(cost: dict, cells) -> tuple[np.float32, tuple[int, int]]:
    best, at = FAR, (0, 0)
    for cell in cells:
        if cost[cell] < best:
            best, at = cost[cell], cell
    return best, at


_SUBSTITUTION, _GAP, _OPTIONAL, _EMPTY, _BOTH_EMPTY, _SAME = map(np.float32, (4, 3, 2, 0.001, 1, 0))


def _price(said: Arc | None, understood: Arc | None) -> np.float32:
    if said is None or understood is None:
        word = said if said is not None else understood
        assert word is not None
        return _EMPTY if word.nothing else _OPTIONAL if word.optional else _GAP
    if said.nothing and understood.nothing:
        return _BOTH_EMPTY
    return _SAME if same(said, understood) else _SUBSTITUTION


def same(said: Arc, understood: Arc) -> bool:
    """Whether two words agree; a fragment agrees with every word that begins, or ends, like it."""
    if said.fragment or understood.fragment:
        for part, whole in ((said.text, understood.text), (understood.text, said.text)):
            if part[:1] == "-" and len(part) > 1:
                return whole.endswith(part[1:])
            if part[-1:] == "-" and len(part) > 1:
                return whole.startswith(part[:-1])
    return said.text == understood.text


def _judge(said: Arc | None, understood: Arc | None) -> Sequence[Token]:
    if all(word is None or word.nothing for word in (said, understood)):
        return []
    if said is not None and understood is not None:
        return [(CORRECT if same(said, understood) else SUBSTITUTED, said.text, understood.text)]
    if said is not None:
        return [(CORRECT if said.optional else DELETED, said.text, None)]
    assert understood is not None
    return [(CORRECT if understood.optional else INSERTED, None, understood.text)]
