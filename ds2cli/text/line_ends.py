"""Words that are hyphenated at a line's end."""

import re
from collections.abc import Callable

Knows = Callable[[str], bool | None]  # whether a word in small letters is one; None where no lexicon is there

_HYPHEN = re.compile(r"(?P<first>\w+)(?:[-‐¬]|(?P<soft>\u00ad))[ \t]*(?:\r?\n[ \t]*|[ \t])(?P<rest>[^\W\d_]+)")


def join_words(text: str, knows: Knows | None = None) -> tuple[str, int]:
    """The text with words joined that a line's end divides, where the text or a lexicon says so; and how many.

    knows  asks a lexicon

    Where neither knows the whole word, halves that are words were joined by a hyphen before (well-known); others are no
    words, so that the whole must be one.
    """
    if not _HYPHEN.search(text):
        return text, 0
    count = 0
    broken = {found.span(part) for found in _HYPHEN.finditer(text) for part in ("first", "rest")}
    own = {found[0].casefold() for found in re.finditer(r"\w+(?:[-‐]\w+)*", text) if found.span() not in broken}

    def join(found: re.Match[str]) -> str:
        nonlocal count
        first, rest = found["first"], found["rest"]
        whole, compound = f"{first}{rest}".casefold(), f"{first}-{rest}".casefold()
        known = knows(whole) if knows else None
        is_one = found["soft"] or whole in own or known
        if knows and known is False and whole not in own and compound not in own and rest[0].islower():
            is_one = not all(half.casefold() in own or knows(half.casefold()) for half in (first, rest))
        if not is_one:
            return found[0]
        count += 1
        return first + rest + ("\n" if "\n" in found[0] else "")

    return _HYPHEN.sub(join, text), count
