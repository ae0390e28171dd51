"""English as it is read aloud: one pass over the text, in which each pattern found says its words.

The output is spelled with a-z, the apostrophe and single spaces, and reads as itself: nothing in it is a figure, a
symbol or a short form. Where print is ambiguous the commonest American reading is taken (`3/4/2020` is March fourth).
"""

import re

from ds2cli.text.english.abbreviations import (
    APOSTROPHE_FIRST,
    APOSTROPHE_LAST,
    DOMAINS,
    DOTTED,
    MIXED,
    SUFFIXES,
    SYMBOLS,
)
from ds2cli.text.english.figures.grammar import read_figures
from ds2cli.text.english.letters import fold
from ds2cli.text.english.units import CODES, CURRENCIES, DOLLARS
from ds2cli.text.english.words import (
    BARE_SHORT_FORMS,
    CAPITAL_FORMS,
    DOT_INSIDE,
    SHORT_FORMS,
    SMALL_NUMERALS,
    joins_days,
    numeral,
    short_form,
    spelled_suffix,
)
from ds2cli.text.spans import MARKUP, Folded, Normalised, Speech, reason_to_drop

_CURRENCY = "[" + "".join(symbol for symbol in CURRENCIES if len(symbol) == 1) + "]"
_PLAIN_LINE = re.compile(r"[a-z]+(?:'[a-z]+)*(?: [a-z]+(?:'[a-z]+)*)*\Z")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<dotted>[A-Za-z](?:\.[A-Za-z])+\b\.?|[Pp]h\.D\.?)
    |(?P<address>https?://)
    |(?P<word>'?[A-Za-z]+(?:'[A-Za-z]+)*'?)
    |(?P<figures>(?=(?:(?<![A-Za-z0-9])[-+±])?(?:\.?[0-9]|""" + _CURRENCY + r"""(?:\s?\.?[0-9]|\([0-9]))|\#[0-9]
        |(?<![-=<>])(?:[<>]=?|[≤≥~≈])(?!\d[^\s<>]*@)\s?[-+$£€]?\.?[0-9]|\([0-9]{3,5}\)\s?[0-9]{3}))
    |(?P<markup>""" + MARKUP + r""")
    |(?P<script>[^\W\d_A-Za-z]+)
    |(?P<other>\S)
    )""",
    re.VERBOSE,
)
# In capitals before a number, `US$5` and `EUR 50`.
_MONEY_AHEAD = re.compile(rf"(?:{'|'.join(DOLLARS)})\$\s?\.?[0-9]|(?:{'|'.join(CODES)})\s?[0-9]")
# Words of small letters that may be read otherwise.
_LOOKED_AT = frozenset({*SHORT_FORMS, *CAPITAL_FORMS, *SUFFIXES, *SMALL_NUMERALS, "w"})
_MONEY_WORDS = frozenset({*DOLLARS, *CODES})
_NUMERAL = re.compile(r"[ivxlcdm]+(?:'s)?\Z")
_SILENT = frozenset(",;:!?\"()[]*…—'")  # whatever stands beside them
_EXPONENTS = {"²": "squared", "³": "cubed"}
_POWER_OF_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z]\Z|\)\Z")
_WITH = {"w/o": "without", "w/": "with"}
_WITH_OR_WITHOUT = re.compile(r"w/o\b|w/(?=\s?[A-Za-z])", re.IGNORECASE)
_WEB = re.compile(r"[A-Za-z0-9]\.(?:[a-z]{2,6})(?:/\S*)?\Z")
_MAIL_GOES_ON = re.compile(r"_[\w.-]*@\w")
_ADDRESS_BEFORE = re.compile(r"\S+\Z")


def read(text: str) -> Normalised:
    """The spoken form of English text, with the source of each word and a count of what was left out."""
    source = Folded(text, fold)
    speech = Speech(source)
    if _PLAIN_LINE.match(source.text) and BARE_SHORT_FORMS.isdisjoint(source.text.split(" ")):
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
        if word.islower() and word.isalpha() and word not in _LOOKED_AT:
            self.speech.say((word,), start, end)
            return end
        if word[1:].islower() and word.isalpha() and word not in MIXED and (small := word.lower()) not in _LOOKED_AT:
            self.speech.say((small,), start, end)  # a capital says nothing of such a word
            return end
        if word in _MONEY_WORDS and _MONEY_AHEAD.match(self.text, start):
            return self.figures(start)
        if word in "wW" and (found := _WITH_OR_WITHOUT.match(self.text, start)):
            self.speech.say((_WITH[found[0].lower()],), start, found.end())
            return found.end()
        word = word.lower()
        if word[0] == "'" and word.rstrip("'") not in APOSTROPHE_FIRST:
            self.speech.drop("punctuation", "'")
            self.in_quotes = True
            word, start = word[1:], start + 1
        if word[-1] == "'" and (self.in_quotes or not _keeps_last_apostrophe(word)):
            self.speech.drop("punctuation", "'")
            self.in_quotes = False
            word, end = word[:-1], end - 1
        spoken = spelled_suffix(self.text, start, end) or short_form(self.text, word, start, end, self.mixes_case)
        if spoken is not None:
            takes_stop = self.text.startswith(".", end) and not DOT_INSIDE.match(self.text, end)
            stop = end + takes_stop
            self.speech.say(spoken.split(), start, stop)
            return stop
        if _NUMERAL.match(word) and (counted := numeral(self.text, start, end, self.mixes_case)):
            words, end = counted
            self.speech.say(words, start, end)
        else:
            self.speech.say((word,), start, end)
        return end

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
        if mark in _SILENT:
            self.speech.drop("punctuation", mark)
            return start + 1
        if self.text.startswith("&c.", start):
            self.speech.say(("et", "cetera"), start, start + 3)
            return start + 3
        spoken = SYMBOLS.get(mark) or self._in_context(mark, start)
        if spoken:
            self.speech.say(spoken.split(), start, start + 1)
        else:
            self.speech.drop(reason_to_drop(mark), mark)
        return start + 1

    def _in_context(self, mark: str, start: int) -> str:
        """The word of a mark that is one only in some company; "" where it is none."""
        text, before, after = self.text, self.text[start - 1 : start], self.text[start + 1 : start + 2]
        if mark == ".":
            if not after.islower():
                return ""
            if before.strip():
                return "dot" if DOT_INSIDE.match(text, start) else ""
            domain = re.match(r"\w+", text[start + 1 : start + 6])
            return "dot" if domain is not None and domain[0] in DOMAINS else ""
        if mark == "#":
            if before.isalpha() and not text[start - 2 : start - 1].isalnum():
                return "sharp"
            return "hashtag" if after.isalpha() and not before.strip() else ""
        if mark == "-":
            return "to" if joins_days(text, start) else ""
        if mark in _EXPONENTS:
            return _EXPONENTS[mark] if _POWER_OF_LETTER.search(text, max(0, start - 2), start) else ""
        if mark == "_" and before.isalnum() and after.isalnum():
            return "underscore" if _MAIL_GOES_ON.match(text, start) else ""
        if mark == "/" and before.isalnum() and after.isalnum():
            whole = _ADDRESS_BEFORE.search(text, max(0, start - 80), start)
            return "slash" if whole and _WEB.search(whole[0]) else ""
        return ""


def _keeps_last_apostrophe(word: str) -> bool:
    return word in APOSTROPHE_LAST or word.endswith(("s'", "in'", "x'", "z'"))
