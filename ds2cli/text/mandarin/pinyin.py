"""How Mandarin is said: the initial and the final of each syllable, with its tone, as pypinyin's tables have them.

    我们   uo3 m en5        apple   A P P L E

An initial and a final are what recognisers of Mandarin take for phones (AISHELL's lexicon is written so). Tone 5 is the
neutral one. Latin letters are said by their names, and written as capitals.
"""

import re
from collections.abc import Iterator
from typing import Any

from ds2cli.errors import UsageError

_RUN = re.compile(r"(?P<latin>[A-Za-z]+)|(?P<other>[^A-Za-z\s]+)")
MOST_READINGS = 4  # of a character that stands alone: pypinyin lists rare and ancient ones last


def pronounce(text: str) -> list[str]:
    """The initials, finals and letters of a text, each character read by its neighbours (重庆 ch ong2, 很重 zh ong4).

    raises  UsageError without the pypinyin package; KeyError for a character that its tables lack
    """
    said: list[str] = []
    for run in _RUN.finditer(text):
        if run["latin"]:
            said += run["latin"].upper()
        else:
            for readings in _readings(run["other"], every=False):
                said += readings[0]
    return said


def readings(word: str) -> list[list[str]]:
    """The ways to say a word of a lexicon: of a character that stands alone every reading, else the one it has here.

    raises  as `pronounce`
    """
    if len(word) > 1 or word.isascii():
        return [pronounce(word)]
    return next(_readings(word, every=True))[:MOST_READINGS]


def _readings(run: str, every: bool) -> Iterator[list[list[str]]]:
    """For each character of a run, the ways to say it, the commonest first."""
    try:
        from pypinyin import Style, pinyin
        from pypinyin.contrib.tone_convert import to_finals_tone3, to_initials
    except ImportError:
        raise UsageError("pinyin needs the pypinyin package", hint="pip install 'ds2cli[mandarin]'") from None
    as_it_is: Any = lambda rest: [[one] for one in rest]  # noqa: E731, its stub knows of strings alone
    found = pinyin(run, style=Style.TONE3, heteronym=every, errors=as_it_is, neutral_tone_with_five=True)
    for character, syllables in zip(run, found, strict=True):
        if character in syllables:
            raise KeyError(character)
        ways = []
        for syllable in syllables:
            parts = to_initials(syllable), to_finals_tone3(syllable, neutral_tone_with_five=True)
            ways.append([part for part in parts if part] or [syllable])  # 嗯 has neither
        yield list(map(list, dict.fromkeys(map(tuple, ways))))
