"""What is spelled, figure by figure or letter by letter: telephones, codes, initials, addresses, numerals."""

import re
from collections.abc import Sequence

from ds2cli.text.comparing.letters_run import letter_words
from ds2cli.text.english.abbreviations import RULERS
from ds2cli.text.english.numbers import to_roman
from ds2cli.text.written.numerals import amount, cardinal, figures, ordinal
from ds2cli.text.written.parts import PADDING, Part, before

_COUNTING = re.compile("0?1?2?3?4?5?6?7?8?9?|9?8?7?6?5?4?3?2?1?0?")
_HUNDREDS = {("eight", "hundred"): "800", ("nine", "hundred"): "900"}


def telephone(words: Sequence[str], at: int) -> list[Part] | None:
    """Three figures or more, one by one: a telephone's in groups; `one two three` is counting, and stays."""
    plus = words[at] == "plus"
    said, end = figures(words, at + plus)
    if (toll := _HUNDREDS.get((words[at], words[at + 1]))):
        rest, after = figures(words, at + 2)
        if len(rest) == 7:
            return [Part(_grouped(toll + rest, is_abroad=False), after - at)]
    if said == "1" and (toll := _HUNDREDS.get((words[end], words[end + 1]))):
        rest, after = figures(words, end + 2)
        if len(rest) == 7:
            said, end = said + toll + rest, after
    if words[at] in ("oh", "o") or (len(said) < 3 and not (len(said) == 2 and words[at] == "zero")):
        return None
    if _COUNTING.fullmatch(said) and len(said) < 7:
        # What is counted stays in words, whole: a second look at its end must not find a code there.
        return [Part(word, 1) for word in words[at:end]]
    if words[end] == "point":
        return None
    return [Part("+" * plus + _grouped(said, plus), end - at)]


def _grouped(said: str, is_abroad: bool) -> str:
    if is_abroad or said[0] == "0":
        return said
    groups = {7: (3,), 10: (3, 6), 11: (1, 4, 7)}.get(len(said), ())
    if len(said) == 11 and said[0] != "1":
        return said
    edges = [0, *groups, len(said)]
    return "-".join(said[start:end] for start, end in zip(edges, edges[1:], strict=False))


def version(words: Sequence[str], at: int) -> list[Part] | None:
    """`three point one point four`."""
    first = cardinal(words, at)
    said, end = [str(first.value)] if first else [], first.end if first else at
    while first and words[end] == "point":
        part = cardinal(words, end + 1)
        if part is None:
            break
        said, end = [*said, str(part.value)], part.end
    return [Part(".".join(said), end - at)] if len(said) > 2 else None


# --- letters ----------------------------------------------------------------------------------------------------------

_LETTER = re.compile(r"[a-z](?:'s)?$")
_PHRASES_OF_LETTERS = {
    tuple(spoken.split()): Part(written, len(spoken.split())) for spoken, written in (
        ("a t and t", "AT&T"), ("r and d", "R&D"), ("q and a", "Q&A"), ("b and b", "B&B"), ("r and b", "R&B"),
        ("c plus plus", "C++"),
    )
}  # fmt: skip
_SHAPES = {"PHD": "PhD", "WWW": "www", "PSI": "psi", "RPM": "rpm"}
_WITH_FIGURES = {"MP": "34", "PS": "12345", "UTF": "8", "CO": "2"}
_ENDS_IN_S = frozenset("GPS IRS UPS EMS SMS AWS PS DOS ALS SOS US CBS PBS AIDS IOS OS RBS USPS ABS GMS ESS".split())


def letters(words: Sequence[str], at: int) -> list[Part] | None:
    """`b b c` -> BBC, `d v d s` -> DVDs; an `a` or `i` at an end may be a word: unless the whole is known, all stay."""
    end = at
    while _LETTER.match(words[end]) and not (end > at and "'" in words[end - 1]):
        end += 1
    for size in (4, 3):
        if special := _PHRASES_OF_LETTERS.get(tuple(words[at : at + size])):
            return [special]
    if end - at < 2:
        return _letter_and_number(words, at) if end > at else None
    if words[at:end] == ["a", "d"] and (amount(words, end) or _is_figure(before(words, at))):
        return [Part("AD", 2)]
    groups = letter_words(list(words[at:end]))
    if groups is None:
        return [Part(word.capitalize() if end - at > 2 else word, 1) for word in words[at:end]]
    parts = [Part(_shape(group) if len(group) > 1 else group[0], len(group)) for group in groups]
    number = amount(words, end)
    last = parts[-1].text
    if number and number.small and number.figures in _WITH_FIGURES.get(last, ""):
        return [*parts[:-1], Part(last + number.figures, parts[-1].n_words + 1)]
    return parts


def _is_figure(word: str) -> bool:
    return amount([word, *PADDING], 0) is not None or word == "hundred"


def _shape(group: Sequence[str]) -> str:
    whole, apostrophe, ending = "".join(group).partition("'")
    whole = whole.upper()
    if len(whole) > 2 and whole.endswith("S") and whole not in _ENDS_IN_S:
        whole = whole[:-1] + "s"
    return _SHAPES.get(whole, whole) + apostrophe + ending


def _letter_and_number(words: Sequence[str], at: int) -> list[Part] | None:
    """`b fifty two` -> B52; letters that are words, or small numbers, stay."""
    number = amount(words, at + 1)
    if words[at] in ("a", "i", "o", "p") or "'" in words[at] or number is None:
        return None
    if number.small or not number.figures.isdigit() or number.scale or number.above:
        return None
    return [Part(words[at].upper() + number.figures, number.end - at)]


# --- the net ----------------------------------------------------------------------------------------------------------

_DOMAINS = frozenset("com org net edu gov io ai info uk de py md txt pdf html csv json zip exe".split())
_MAIL = frozenset("email e-mail mail write writing wrote contact address reach".split())
_NO_NAMES = frozenset("the a this that of in on at to is and or my your our".split())


def address(words: Sequence[str], at: int) -> list[Part] | None:
    """`w w w dot example dot com`; `ann at example dot com` where somebody writes there."""
    found = _site(words, at)
    if found:
        return [Part(found[0], found[1] - at)]
    if before(words, at) in ("dash", "hyphen", "dot", "underscore"):
        return None
    name, end = _label(words, at)
    while words[end] in ("dot", "underscore") and words[end + 1]:
        part, after = _label(words, end + 1)
        name, end = name + {"dot": ".", "underscore": "_"}[words[end]] + part, after
    near = {before(words, at, back) for back in range(1, 6)}
    if name and words[end] == "at" and near & _MAIL and (site := _site(words, end + 1)):
        return [Part(f"{name}@{site[0]}", site[1] - at)]
    return None


def _label(words: Sequence[str], at: int) -> tuple[str, int]:
    """A piece of an address: a word, or letters that are spelled; figures behind it belong to it."""
    end = at
    while _LETTER.match(words[end]) and "'" not in words[end]:
        end += 1
    if end > at + 1 or (end > at and words[end] == "dot"):
        return "".join(words[at:end]), end
    word = words[at]
    return (word, at + 1) if word and word.isalpha() and word not in ("dot", "at", "slash") else ("", at)


def _site(words: Sequence[str], at: int) -> tuple[str, int] | None:
    name, end = _label(words, at)
    last = ""
    while name and words[end] == "dot":
        last, after = _label(words, end + 1)
        if not last:
            return None
        name, end = f"{name}.{last}", after
    if last not in _DOMAINS or words[at] in _NO_NAMES:
        return None
    path, after = _label(words, end + 1) if words[end] == "slash" else ("", end)
    return (f"{name}/{path}", after) if path else (name, end)


# --- numerals and short forms -----------------------------------------------------------------------------------------

_TITLES = {"mister": "Mr.", "missus": "Mrs.", "versus": "vs."}
_PHRASES: dict[tuple[str, ...], str] = {
    ("et", "cetera"): "etc.", ("twenty", "four", "seven"): "24/7", ("nine", "eleven"): "9/11",
}  # fmt: skip


def numeral(words: Sequence[str], at: int) -> list[Part] | None:
    """`henry the eighth` -> Henry VIII; `world war two` -> World War II."""
    if words[at : at + 2] == ["world", "war"] and words[at + 2] in ("one", "two"):
        return [Part("World", 1), Part("War", 1), Part({"one": "I", "two": "II"}[words[at + 2]], 1)]
    if words[at] in RULERS and words[at + 1] == "the" and (number := ordinal(words, at + 2)):
        after = words[number.end]
        if 1 < number.value <= 25 and after not in ("time", "day", "of", "one", "person"):
            return [Part(words[at].capitalize(), 1), Part(to_roman(number.value), number.end - at - 1)]
    return None


def short_form(words: Sequence[str], at: int) -> list[Part] | None:
    """`mister` -> Mr.; `et cetera` -> etc."""
    if words[at] in _TITLES:
        return [Part(_TITLES[words[at]], 1)]
    for size in (3, 2):
        phrase = _PHRASES.get(tuple(words[at : at + size]))
        if phrase and not (phrase == "9/11" and _goes_on(words, at)):
            return [Part(phrase, size)]
    return None


_AFTER_NUMBER = frozenset("a p am pm hundred point percent".split())


def _goes_on(words: Sequence[str], at: int) -> bool:
    """Whether `nine eleven` belongs to a longer number, or to a clock."""
    following = amount(words, at + 2) is not None or words[at + 2] in _AFTER_NUMBER
    return following or before(words, at) in ("at", "by", "until", "to", "from") or _is_figure(before(words, at))


