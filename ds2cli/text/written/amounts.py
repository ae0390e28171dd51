"""What is counted, measured and paid: percents, money, units, ranges of them, fractions."""

from collections.abc import Sequence

from ds2cli.text.comparing.numbers import REPEATS
from ds2cli.text.english.abbreviations import STREETS
from ds2cli.text.written.numerals import Amount, amount, below_hundred, cardinal, ordinal, with_ending
from ds2cli.text.written.parts import Part, before

# Units that print shortens, by their words.
SHORT = {
    "kilometer": "km", "kilometre": "km", "centimeter": "cm", "centimetre": "cm", "millimeter": "mm",
    "millimetre": "mm", "kilogram": "kg", "milligram": "mg", "milliliter": "ml", "millilitre": "ml", "gigabyte": "GB",
    "megabyte": "MB", "terabyte": "TB", "kilobyte": "KB", "hertz": "Hz", "kilohertz": "kHz", "megahertz": "MHz",
    "gigahertz": "GHz", "kilowatt": "kW", "megawatt": "MW", "millisecond": "ms", "decibel": "dB",
}  # fmt: skip
SHORT |= {f"{unit}s": sign for unit, sign in SHORT.items() if unit[-1] != "z"}
PER_HOUR = {"mile": "mph", "miles": "mph", "kilometer": "km/h", "kilometers": "km/h", "kilometre": "km/h",
            "kilometres": "km/h"}  # fmt: skip
# Units that print spells, but behind figures.
WHOLE = frozenset(
    """mile miles foot feet inch inches yard yards pound pounds ounce ounces meter meters metre metres gram grams ton
    tons tonne tonnes liter liters litre litres gallon gallons acre acres hectare hectares degree degrees watt watts
    volt volts amp amps calorie calories megapixel megapixels bit bits byte bytes
    square cubic cent cents pence""".split()
)
_HEAT = {"celsius": "°C", "centigrade": "°C", "fahrenheit": "°F"}
# (symbol, hundredth parts) by the currency's words.
_CURRENCIES = {
    "dollar": ("$", ("cent", "cents")), "dollars": ("$", ("cent", "cents")), "euro": ("€", ("cent", "cents")),
    "euros": ("€", ("cent", "cents")), "yen": ("¥", ()), "rupee": ("₹", ()), "rupees": ("₹", ()),
    "pound": ("£", ("pence", "penny")), "pounds": ("£", ("pence", "penny")),
}  # fmt: skip
_PAID = frozenset(
    "cost costs paid pay pays price prices fine earns earn earned worth spend spent owe owes fee bill ticket sold lost"
    " charge charged budget salary".split()
)
_WEIGHED = frozenset("weigh weighs weighed lost lose gained gain".split())
# Before a number that people write in figures, however small it is.
LABELS = frozenset(
    """chapter chapters page pages section sections figure figures table tables volume volumes room rooms route highway
    interstate exit gate platform channel suite apartment verse verses flight version article lesson episode scene act
    grade grades appendix extension line lines level levels ages aged windows box rule""".split()
)
_MANY = frozenset(
    "chapters pages sections figures tables volumes rooms verses grades ages lines levels sizes years".split()
)
_RATED = frozenset(["ratio", "odds"])
_NAMED = frozenset("boeing route highway interstate box suite room flight channel apartment extension bus".split())
_BETWEEN_BEAT = frozenset("by of us them him her me you it".split())
_BEAT = frozenset("won passed lost win beat beats leading led vote score margin defeated".split())
_PARTS = {
    "half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9,
    "ninths": 9, "tenth": 10, "tenths": 10, "twelfths": 12, "sixteenths": 16,
}  # fmt: skip


def quantity(words: Sequence[str], at: int) -> list[Part] | None:
    """A number with what is counted by it, or a range of two numbers."""
    low = amount(words, at)
    if low is None or before(words, at) in REPEATS:
        return None
    cents = _with_cents(words, at, low)
    if cents:
        return cents
    high = amount(words, low.end + 1) if words[low.end] == "to" and not low.above else None
    if high and (found := _range(words, at, low, high)):
        return found
    return _measured(words, at, low, "") or _alone(words, at, low)


def _range(words: Sequence[str], at: int, low: Amount, high: Amount) -> list[Part] | None:
    """`five to ten percent`, `pages ten to twelve`, `won seven to two`."""
    keeps_to = before(words, at) in ("from", "between") or low.scale != "" or high.figures.startswith("-")
    measured = _measured(words, low.end + 1, high, "" if keeps_to else f"{low.figures}-")
    if measured and not keeps_to:
        first = measured[0]
        return [Part(first.text, first.n_words + low.end + 1 - at), *measured[1:]]
    labelled = before(words, at) in _MANY or (_is_score(words, at) and not low.above)
    if not keeps_to and labelled and not high.scale:
        both = Part(f"{low.figures}-{high.figures}", high.end - at - high.n_above)
        return [both, Part(high.above, high.n_above)] if high.above else [both]
    if before(words, at) == "of" and before(words, at, 2) in _RATED:
        return [*low.parts(at), Part("to", 1), *high.parts(low.end + 1)]
    if measured or not (low.small and high.small):
        return low.parts(at) if measured or not low.small else [*low.parts(at), Part("to", 1), *high.parts(low.end + 1)]
    return None


def _is_score(words: Sequence[str], at: int) -> bool:
    return before(words, at) in _BEAT or (before(words, at) in _BETWEEN_BEAT and before(words, at, 2) in _BEAT)


def _measured(words: Sequence[str], at: int, found: Amount, range_of: str) -> list[Part] | None:
    """A number with its unit or its currency; `range_of` is the low end of a range with its dash."""
    end = found.end
    word, following = words[end], words[end + 1]
    if word == "percent" or (word, following) == ("per", "cent"):
        parts = found.parts(at, range_of, "%")
        return [*parts[:-1], parts[-1]._replace(n_words=parts[-1].n_words + 1 + (word == "per"))]
    if currency := _currency(words, at, end):
        symbol, n_words = currency
        parts = found.parts(at, _signed(symbol, found, range_of))
        if range_of or not found.figures.startswith("-"):
            return [*parts[:-1], parts[-1]._replace(n_words=parts[-1].n_words + n_words)]
        parts = [parts[0]._replace(text=f"-{symbol}{found.figures[1:]}"), *parts[1:]]
        return [*parts[:-1], parts[-1]._replace(n_words=parts[-1].n_words + n_words)]
    if (word, following) in (("year", "old"), ("years", "old")) and word == "year":
        return [Part(f"{range_of}{found.figures}-year-old", end + 2 - at)] if not found.scale + found.above else None
    if word == "k" and not found.scale and not found.above:
        return [Part(f"{range_of}{found.figures}K", end + 1 - at)]
    if word in ("degree", "degrees") and following in _HEAT:
        return [*found.parts(at, range_of), Part(_HEAT[following], 2)]
    if words[end + 1 : end + 3] == ["per", "hour"] and word in PER_HOUR:
        return [*found.parts(at, range_of), Part(PER_HOUR[word], 3)]
    if (word, following) in (("kilowatt", "hours"), ("kilowatt", "hour")):
        return [*found.parts(at, range_of), Part("kWh", 2)]
    if word in SHORT and not (word[0] == "k" and following in ("per", "hours", "hour")):
        return [*found.parts(at, range_of), Part(SHORT[word], 1)]
    return found.parts(at, range_of) if word in WHOLE else None


def _signed(symbol: str, found: Amount, range_of: str) -> str:
    return symbol + range_of if not found.figures.startswith("-") or range_of else ""


def _currency(words: Sequence[str], at: int, end: int) -> tuple[str, int] | None:
    """The symbol that is written before the number, and how many words it stands for."""
    for lead, sign in ((("u", "s"), "US$"), (("canadian",), "C$"), (("australian",), "A$")):
        after = end + len(lead) + 1
        if tuple(words[end : after - 1]) == lead and words[after - 1] in ("dollars", "dollar"):
            return None if words[after] == "and" else (sign, len(lead) + 1)
    word = words[end]
    if word not in _CURRENCIES:
        return None
    if word in ("pound", "pounds"):
        near = {before(words, at, back) for back in range(1, 5)}
        if words[end + 1] == "of" or not near & _PAID or near & _WEIGHED:
            return None
    return _CURRENCIES[word][0], 1


def _with_cents(words: Sequence[str], at: int, whole: Amount) -> list[Part] | None:
    """`five dollars and ninety nine cents` -> $5.99."""
    if words[whole.end] not in _CURRENCIES or whole.scale or "." in whole.figures or whole.above:
        return None
    symbol, names = _CURRENCIES[words[whole.end]]
    start = whole.end + 1 + (words[whole.end + 1] == "and")
    cents = below_hundred(words, start)
    if cents and words[cents.end] in names:
        return [Part(f"{symbol}{whole.figures}.{cents.value:02}", cents.end + 1 - at)]
    return None


def _alone(words: Sequence[str], at: int, found: Amount) -> list[Part] | None:
    """A number without a unit: small ones stay words, but behind a label; so does a bare `one hundredth`."""
    if found.small and before(words, at) not in LABELS:
        return None
    return found.parts(at)


def house(words: Sequence[str], at: int) -> list[Part] | None:
    """`twelve thirty four oak street`, `route one twenty eight`: two numbers that are one."""
    first = below_hundred(words, at)
    second = below_hundred(words, first.end + (words[first.end] == "oh")) if first else None
    if first is None or second is None or (second.value < 10) != (words[first.end] == "oh"):
        return None
    street = not STREET_WORDS.isdisjoint(words[second.end : second.end + 4]) and words[second.end] not in ("to", "and")
    if second.value % 10 == 0 and ordinal(words, second.end - 1):
        return [Part(word, 1) for word in words[at : second.end + 1]]  # `three fifty fifth avenue`
    if words[second.end] == "p" and words[second.end + 1] != "m":
        return [Part(f"{first.value}{second.value:02}p", second.end + 1 - at)]
    if before(words, at) in _NAMED or (street and before(words, at) not in ("on", "from")):
        return [Part(f"{first.value}{second.value:02}", second.end - at)]
    return None


def fraction(words: Sequence[str], at: int) -> list[Part] | None:
    """`two thirds` -> 2/3; `one half` -> 1/2, while `a half` stays."""
    above = cardinal(words, at)
    if above is None or above.value > 15 or words[above.end] not in _PARTS:
        return None
    word = words[above.end]
    below = _PARTS[word]
    if above.value >= below or (above.value > 1) != word.endswith("s") or words[above.end + 1] in NO_FRACTION:
        return None
    return [Part(f"{above.value}/{below}", above.end + 1 - at)]


STREET_WORDS = frozenset(word for word in STREETS if len(word) > 3 and word != "place") - {"pkwy", "blvd"}
NO_FRACTION = STREET_WORDS | {"grade", "floor", "person", "century"}


def numbered(words: Sequence[str], at: int) -> list[Part] | None:
    """`twenty first` -> 21st; those below the tenth stay words, and so does `a twenty second delay`."""
    found = ordinal(words, at)
    if found is None or found.value < 10:
        return None
    if words[found.end - 1] == "second" and before(words, at) in ("a", "an", "every"):
        return [Part(word, 1) for word in words[at : found.end]]  # a delay, or one of an order
    return [Part(with_ending(found.value), found.end - at)]
