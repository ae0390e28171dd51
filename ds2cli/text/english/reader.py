"""English as it is read aloud: one pass over the text, in which each pattern found says its words.

The output is spelled with a-z, the apostrophe and single spaces, and reads as itself: nothing in it is a figure, a
symbol or a short form. Where print is ambiguous the commonest American reading is taken (`3/4/2020` is March fourth).
"""

import re

from ds2cli.text.english import numbers
from ds2cli.text.english.abbreviations import (
    ALWAYS,
    APOSTROPHE_FIRST,
    APOSTROPHE_LAST,
    BEFORE_NAME,
    BEFORE_NUMBER,
    DOTTED,
    ERAS,
    NOT_A_STREET,
    NUMBERED,
    RULERS,
    SYMBOLS,
    WITH_STOP,
)
from ds2cli.text.english.figures import read_figures
from ds2cli.text.english.letters import fold
from ds2cli.text.spans import MARKUP, Folded, Normalised, Speech, reason_to_drop

_PLAIN_LINE = re.compile(r"[a-z]+(?:'[a-z]+)*(?: [a-z]+(?:'[a-z]+)*)*\Z")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<dotted>[A-Za-z](?:\.[A-Za-z])+\b\.?|[Pp]h\.D\.?)
    |(?P<address>https?://)
    |(?P<word>'?[A-Za-z]+(?:'[A-Za-z]+)*'?)
    |(?P<figures>(?=(?:(?<![A-Za-z0-9])[-+])?\.?[0-9]|[$£€¥₹]\ ?\.?[0-9]|\#[0-9]))
    |(?P<markup>""" + MARKUP + r""")
    |(?P<script>[^\W\d_A-Za-z]+)
    |(?P<other>\S)
    )""",
    re.VERBOSE,
)
_NAME_FOLLOWS = re.compile(r"\.\s+[A-Z]|\.[A-Z]\.")
_NUMBER_FOLLOWS = re.compile(r"\.\s?(?:[0-9]|[IVXL]+\b)")
_HEADING_ENDS = re.compile(r"\s*(?:[.,;:)—]|\Z|\n)")
_DOT_INSIDE = re.compile(r"(?<=[A-Za-z0-9])\.(?=[a-z])")
_WORD_BEFORE = re.compile(r"([A-Za-z']+|[0-9]+(?:st|nd|rd|th))\.?\s+\Z")

_VOWELS = frozenset("AEIOUY")

# Short forms that need no full stop; and all of them. Most words are none, and take the quick way.
_BARE_SHORT_FORMS = frozenset({*ALWAYS, "dr"})
_SHORT_FORMS = frozenset({*_BARE_SHORT_FORMS, *WITH_STOP, *BEFORE_NAME, *BEFORE_NUMBER, "st"})


def read(text: str) -> Normalised:
    """The spoken form of English text, with the source of each word and a count of what was left out."""
    source = Folded(text, fold)
    speech = Speech(source)
    if _PLAIN_LINE.match(source.text) and _BARE_SHORT_FORMS.isdisjoint(source.text.split(" ")):
        for word in re.finditer(r"\S+", source.text):
            speech.say((word.group(),), *word.span())
        return speech.result(" ")
    _Reader(source.text, speech).read()
    return speech.result(" ")


class _Reader:
    """A position in one text, and whether a single quotation mark is open."""

    def __init__(self, text: str, speech: Speech) -> None:
        self.text = text
        self.speech = speech
        self.in_quotes = False
        self.mixes_case = not text.isupper()

    def read(self) -> None:
        at = 0
        while token := _TOKEN.match(self.text, at):
            kind, start, end = token.lastgroup, *token.span(token.lastgroup or 0)
            if kind == "word":
                at = self.word(start, end)
            elif kind == "figures":
                at = self.figures(start)
            elif kind == "dotted":
                at = self.dotted(start, end)
            elif kind == "other":
                at = self.symbol(start)
            else:
                reason = reason_to_drop(self.text[start]) if kind == "script" else "markup"
                self.speech.drop(reason, self.text[start:end])
                at = end

    def word(self, start: int, end: int) -> int:
        """A word, its apostrophes told from quotation marks, its short form read where it is safe."""
        word = self.text[start:end]
        if word.islower() and word.isalpha() and word not in _SHORT_FORMS:
            self.speech.say((word,), start, end)
            return end
        word = word.lower()
        if word[0] == "'" and word.rstrip("'") not in APOSTROPHE_FIRST:
            self.speech.drop("punctuation", "'")
            self.in_quotes = True
            word, start = word[1:], start + 1
        if word[-1] == "'" and (self.in_quotes or not _keeps_last_apostrophe(word)):
            self.speech.drop("punctuation", "'")
            self.in_quotes = False
            word, end = word[:-1], end - 1
        spoken = self._short_form(word, start, end)
        if spoken is not None:
            takes_stop = self.text.startswith(".", end) and not _DOT_INSIDE.match(self.text, end)
            stop = end + takes_stop
            self.speech.say(spoken.split(), start, stop)
            return stop
        if (numeral := self._numeral(start, end)) is not None:
            self.speech.say(numeral, start, end)
        else:
            self.speech.say((word,), start, end)
        return end

    def _short_form(self, word: str, start: int, end: int) -> str | None:
        if word in ALWAYS:
            return ALWAYS[word]
        if word == "dr" or word == "st":
            return self._doctor_or_drive(word, start, end)
        if self._is_initialism(start, end):
            return " ".join(word)
        if not self.text.startswith(".", end) or _DOT_INSIDE.match(self.text, end):
            return None
        if word in BEFORE_NUMBER and _NUMBER_FOLLOWS.match(self.text, end):
            return BEFORE_NUMBER[word]
        if word in BEFORE_NAME and _NAME_FOLLOWS.match(self.text, end):
            return BEFORE_NAME[word]
        return WITH_STOP.get(word)

    def _is_initialism(self, start: int, end: int) -> bool:
        """`BBC`, `TV`, `AD`: capitals among small letters that nobody could read as a word."""
        word = self.text[start:end]
        if not (2 <= len(word) <= 5 and word.isupper() and word.isalpha() and self.mixes_case):
            return False
        return word in ERAS or (_VOWELS.isdisjoint(word) and numbers.roman(word) is None)

    def _doctor_or_drive(self, word: str, start: int, end: int) -> str | None:
        """`Dr. Grey` and `St. Paul`, but `Mulholland Dr.` and `42nd St.`"""
        before = _WORD_BEFORE.search(self.text, max(0, start - 30), start)
        named = before is not None and (before[1][0].isdigit() or before[1][0].isupper())
        if before is None or before[0].rstrip().endswith("."):
            named = False
        of_street = before is not None and named and before[1].lower() not in NOT_A_STREET
        after = self.text[end : end + 8]
        if word == "dr":
            return "drive" if of_street and re.match(r"\.?\s*(?:[a-z,;]|\Z)", after) else "doctor"
        is_numbered = before is not None and before[1][0].isdigit()
        if of_street and (after.startswith(".") or self.text[start] == "S" or is_numbered):
            return "street"
        of_saint = _NAME_FOLLOWS.match(self.text, end) or (self.text[start] == "S" and re.match(" [A-Z]", after))
        return "saint" if of_saint else None

    def _numeral(self, start: int, end: int) -> list[str] | None:
        """A Roman numeral after a word that is counted so; else None."""
        numeral, _, owner = self.text[start:end].partition("'")
        value = numbers.roman(numeral) if owner in ("", "s") else None
        before = _WORD_BEFORE.search(self.text, max(0, start - 30), start) if value else None
        if value is None or before is None:
            return None
        name, shortened = before[1].lower(), before[0].rstrip().endswith(".")
        if shortened != (name in BEFORE_NUMBER) or not (shortened or before[1][0].isupper()):
            return None
        if name in NUMBERED or name in BEFORE_NUMBER:
            # `Chapter I` at the head of a page, but `In Chapter I said`
            spoken = None if value == 1 and not _HEADING_ENDS.match(self.text, end) else numbers.cardinal(str(value))
        else:
            spoken = ["the", *numbers.ordinal(str(value))] if name in RULERS and value > 1 else None
        return [*spoken[:-1], spoken[-1] + "'s"] if spoken and owner else spoken

    def dotted(self, start: int, end: int) -> int:
        """`e.g.` in words; other letters with full stops one by one."""
        letters = self.text[start:end].lower().rstrip(".")
        self.speech.say(DOTTED.get(letters, letters.replace(".", " ")).split(), start, end)
        return end

    def figures(self, start: int) -> int:
        """Digits and what belongs to them."""
        return read_figures(self.text, start, self.speech)

    def symbol(self, start: int) -> int:
        """A single mark: a word (`&`), a dot inside a name (`example.com`), or nothing."""
        mark = self.text[start]
        if self.text.startswith("&c.", start):
            self.speech.say(("et", "cetera"), start, start + 3)
            return start + 3
        if mark in SYMBOLS:
            self.speech.say(SYMBOLS[mark].split(), start, start + 1)
        elif mark == "." and _DOT_INSIDE.match(self.text, start):
            self.speech.say(("dot",), start, start + 1)
        else:
            self.speech.drop(reason_to_drop(mark), mark)
        return start + 1


def _keeps_last_apostrophe(word: str) -> bool:
    return word in APOSTROPHE_LAST or word.endswith(("s'", "in'", "x'", "z'"))
