"""English: the rules in their order, the way through the words, capitals and full stops."""

import re
from collections.abc import Collection, Mapping, Sequence

from ds2cli.text.comparing.english import comparable
from ds2cli.text.comparing.numbers import OH, ORDINALS, PLURALS, REPEATS, SCALES, SMALL, TENS
from ds2cli.text.written.amounts import fraction, house, numbered, quantity
from ds2cli.text.written.calendar import clock, day_first, decade, month_first, years
from ds2cli.text.written.codes import address, letters, numeral, short_form, telephone, version
from ds2cli.text.written.names import PHRASES, written_name
from ds2cli.text.written.parts import NO_WORD, PADDING, Part, Rule, Token, text_of

# In the order tried: the first that has something to write is taken.
RULES: tuple[Rule, ...] = (
    short_form, numeral, address, month_first, day_first, house, clock, version, telephone, fraction, decade, years,
    numbered, quantity, letters,
)  # fmt: skip
_PLAIN = re.compile(r"'?[a-zA-Z]+(?:['-][a-zA-Z]+)*'?")
_SHOUTED = re.compile(r"(?:^|\s)(?:THE|AND|THAT|WAS|FOR|WITH|HIS|HER|YOU|THIS|NOT|BUT|HAVE|ARE|FROM)(?:\s|$)")
_HAS_STOP = re.compile(r"[.!?…:;,][\"'”’)\]]*$")


def write(text: str, names: Mapping[str, str], breaks: Collection[int], sentences: bool) -> list[Token]:
    """The tokens of spoken English as they are written.

    names      words with capitals, by their lower-case forms
    breaks     offsets in the text at which a word ends, and a sentence with it
    sentences  whether the text begins one and ends one
    """
    found = list(re.finditer(r"\S+", text))
    folds = text == text.upper() and _SHOUTED.search(text) is not None
    breaks = _sentence_ends(found, breaks)
    tokens: list[Token] = []
    start = 0
    for end in range(1, len(found) + 1):
        if end == len(found) or _HAS_STOP.search(found[end - 1][0]) or found[end - 1].end() in breaks:
            tokens += _clause([one[0].lower() if folds else one[0] for one in found[start:end]], found[start:end])
            start = end
    shown = _sentences(_named(tokens, names), breaks, sentences)
    if breaks and comparable(text_of(shown)) != comparable(text):
        return write(text, names, (), sentences)
    return shown


def _sentence_ends(words: Sequence[re.Match[str]], breaks: Collection[int]) -> set[int]:
    """The pauses at which a sentence may end: not between letters that are spelled, nor within a number."""
    pairs = zip(words, words[1:], strict=False)
    kept = {word.end() for word, after in pairs if word.end() in breaks and not (
        _goes_on(word[0].lower()) and _goes_on(after[0].lower()))}
    return kept | {words[-1].end()} & set(breaks) if words else kept


def _goes_on(word: str) -> bool:
    return len(word) == 1 or word in _NUMBER_WORDS


_NUMBER_WORDS = frozenset({*SMALL, *TENS, *ORDINALS, *PLURALS, *SCALES, *OH, *REPEATS, "and", "point", "to", "half"})


def _clause(spoken: list[str], places: Sequence[re.Match[str]]) -> list[Token]:
    """The tokens of words between two stops; what is said over a stop is not one number."""
    if not spoken:
        return []
    last, stop = _cut_stop(spoken[-1])
    bare = [*spoken[:-1], last]
    words = [word.lower() if _PLAIN.fullmatch(word) else NO_WORD for word in bare] + PADDING
    said = _Said(bare)
    tokens: list[Token] = []
    at = 0
    while at < len(bare):
        for part in said.parts(words, at) or [Part(bare[at], 1)]:
            after = at + part.n_words
            text = bare[at] if part.n_words == 1 and part.text == words[at] else part.text
            if after == len(bare):
                text = text.removesuffix(stop) + stop
            tokens.append(Token(text, places[at].start(), places[after - 1].end()))
            at = after
    return tokens


class _Said:
    """What was said in a clause, as it is compared: no rule may write anything that is not the same."""

    def __init__(self, words: list[str]) -> None:
        self._written: list[str] = []  # up to the word that is looked at
        self._words = words
        self._form: str | None = None

    def parts(self, words: Sequence[str], at: int) -> list[Part] | None:
        """What the first rule writes that has something to write and is heard as the words are."""
        for rule in RULES if words[at] != NO_WORD else ():
            parts = rule(words, at)
            if parts and self._is_the_same(parts, at):
                self._written += [part.text for part in parts]
                return parts
        self._written.append(self._words[at])
        return None

    def _is_the_same(self, parts: list[Part], at: int) -> bool:
        if self._form is None:
            self._form = comparable(" ".join(self._words))
        after = at + sum(part.n_words for part in parts)
        shown = [*self._written, *(part.text for part in parts), *self._words[after:]]
        return comparable(" ".join(shown)) == self._form


def _cut_stop(word: str) -> tuple[str, str]:
    """A word and the stop behind it, unless that belongs to it."""
    found = _HAS_STOP.search(word)
    bare = word[: found.start()] if found else word
    return (bare, word[found.start() :]) if found and _PLAIN.fullmatch(bare) else (word, "")


def _named(tokens: list[Token], names: Mapping[str, str]) -> list[Token]:
    """Names, and the first person, with their capitals; whoever is a mister too."""
    shown: list[Token] = []
    for at, token in enumerate(tokens):
        text = written_name(token.text, names) if token.text.islower() else token.text
        if text.islower() and text.isalpha() and shown and shown[-1].text in ("Mr.", "Mrs."):
            text = text.capitalize()
        shown.append(token._replace(text=text))
        phrase = PHRASES.get(f"{tokens[at - 1].text} {token.text}".lower()) if at else None
        if phrase:
            first, second = phrase.split()
            shown[-2:] = shown[-2]._replace(text=first), token._replace(text=second)
    return shown


def _sentences(tokens: list[Token], breaks: Collection[int], sentences: bool) -> list[Token]:
    """A capital where a sentence begins, a full stop where it ends."""
    begins = sentences
    for at, token in enumerate(tokens):
        text = token.text
        if begins and text == text.lower() and re.fullmatch("[^\\W\\d_][\\w'-]*", text):
            text = text[0].upper() + text[1:]
        ends = token.end in breaks or (sentences and at == len(tokens) - 1)
        if ends and not _HAS_STOP.search(text):
            text += "."
        tokens[at] = token._replace(text=text)
        begins = ends
    return tokens
