"""Any text to its written form, and the words of a record with it."""

import re
from collections.abc import Collection, Mapping, Sequence

from ds2cli.text.written import english, mandarin
from ds2cli.text.written.parts import Token, text_of

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af\u3001\u3002\uff01\uff0c\uff1f]")


def write(
    text: str, language: str = "", names: Mapping[str, str] | None = None, breaks: Collection[int] = (),
    sentences: bool = True,
) -> list[Token]:
    """The tokens that people would write for a spoken text, in order; they stand for all of it.

    language   english or mandarin; "" is mandarin where there are Chinese characters
    names      words with capitals by their lower-case forms (`names.cased_words`)
    breaks     offsets in the text at which sentences end
    sentences  whether the text begins with a capital and ends with a full stop
    """
    if language == "mandarin" or (not language and _HAN.search(text)):
        return mandarin.write(text, breaks, sentences)
    return english.write(text, names or {}, breaks, sentences)


def written(text: str, language: str = "", names: Mapping[str, str] | None = None, sentences: bool = True) -> str:
    """The same as one text: `on may third it cost five dollars` -> `On May 3 it cost $5.`"""
    return text_of(write(text, language, names, sentences=sentences))


def covered(tokens: Sequence[Token], words: Sequence[tuple[int, int]]) -> list[tuple[Token, slice]]:
    """Each token with the words, (start, end) in the spoken text, that it stands for.

    Neighbouring tokens that share a word become one.
    """
    grouped: list[tuple[Token, slice]] = []
    at = 0
    for token in tokens:
        last = at
        while last < len(words) and words[last][0] < token.end:
            last += 1
        if last == at and grouped:  # it begins within the word before: both are of one
            before, span = grouped[-1]
            grouped[-1] = Token(before.text + token.gap + token.text, before.start, token.end, before.gap), span
        elif last > at:
            grouped.append((token, slice(at, last)))
            at = last
    return grouped
