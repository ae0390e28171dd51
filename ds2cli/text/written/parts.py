"""What a written text is made of: tokens, each of which stands for one or several spoken words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Token(NamedTuple):
    """A token of the written text.

    text        without spaces
    start, end  where the words that it stands for are in the spoken text
    gap         what is written before it: a space, or nothing
    """

    text: str
    start: int
    end: int
    gap: str = " "


class Part(NamedTuple):
    """What a rule writes: a token, and for how many of the words before it that stand there it stands."""

    text: str
    n_words: int


# A rule of a grammar: what is written of the words from an index on; None where it has nothing to say.
Rule = Callable[[Sequence[str], int], list[Part] | None]

# In the place of a token that is no word: a figure, an abbreviation.
NO_WORD = "#"
# Behind the words of a text, so that a rule may look ahead without counting.
PADDING = [""] * 12


def text_of(tokens: Sequence[Token]) -> str:
    """The written text."""
    return "".join(token.gap * (at > 0) + token.text for at, token in enumerate(tokens))


def before(words: Sequence[str], at: int, n_words: int = 1) -> str:
    """The word so many places before another; "" at the beginning."""
    return words[at - n_words] if at >= n_words else ""
