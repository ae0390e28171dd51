"""What is counted, measured and paid; fractions, and the little arithmetic that stands in running text."""

import re

from ds2cli.text.english import numbers
from ds2cli.text.english.figures.pieces import CAPITALS, DASH, DECIMAL, NUMBER, FigureReading, Found, rule
from ds2cli.text.english.units import CODES, CURRENCIES, DOLLARS, PER, UNITS

SYMBOLS = "".join(symbol for symbol in CURRENCIES if len(symbol) == 1)
_SYMBOL = f"[{SYMBOLS}]"
_MAGNITUDES = r"[Tt]housands?|[Mm]illions?|[Bb]illions?|[Tt]rillions?|[kKmMbB]|[mMbBtT]n"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_PER = rf"(?:/\s?(?P<per>{'|'.join(re.escape(unit) for unit in sorted(PER, key=len, reverse=True))})(?![A-Za-z0-9]))?"
_CODE = "|".join(CODES)
_DOLLARS = "|".join(sorted(DOLLARS, key=len, reverse=True))
_AFTER_UNIT = r"(?![A-Za-z0-9'])"


def sign(found: Found) -> list[str]:
    return {"-": ["minus"], "+": ["plus"], "±": ["plus", "or", "minus"]}.get(found["sign"] or "", [])


def _paid(symbol: str, figures: str, magnitude: str, country: str = "", per: str = "") -> FigureReading:
    """One sum of money. Its unit can be left to another unless there are hundredths behind it."""
    words = numbers.money(symbol, figures, magnitude)
    names = [name for name in CURRENCIES[symbol][:2] if name.split()[0] in words]
    more = ["per", PER[per]] if per else []
    if not names:  # hundredths alone
        return FigureReading([*words, *more])
    unit = names[0].split() if names[0].split()[-1] in words else names[-1].split()
    at = len(words) - 1 - words[::-1].index(unit[-1]) - (len(unit) - 1)
    named = [*country.split(), *unit]
    if at + len(unit) == len(words):
        return FigureReading(words[:at], [*named, *more], f"{country}{symbol}{per}")
    return FigureReading([*words[:at], *named, *words[at + len(unit) :], *more])


def _money(found: Found) -> FigureReading:
    parts = found.groupdict()
    country = DOLLARS.get(parts.get("country") or "", "")
    symbol, per = parts.get("symbol") or "", parts.get("per") or ""
    if code := parts.get("code"):
        symbol, country = CODES[code]
    high = _paid(symbol, found["figures"], parts.get("magnitude") or "", country, per)
    words = [*(sign(found) if parts.get("sign") else []), *high.words]
    if not parts.get("low"):
        return FigureReading(words, high.unit, high.share)
    low = _paid(symbol, found["low"], parts.get("of_low") or "", country, per)
    shared = low.share and high.share
    return FigureReading([*low.words, *([] if shared else low.unit), "to", *words], high.unit, high.share)


def _coins(found: Found) -> list[str]:
    one, many = ("cent", "cents") if found["coin"] in "c¢" else ("penny", "pence")
    return [*numbers.cardinal(found["figures"]), one if found["figures"] == "1" else many]


def _shillings(found: Found) -> list[str]:
    return [*numbers.cardinal(found["s"]), "shilling" if found["s"] == "1" else "shillings", "and",
            *numbers.cardinal(found["d"]), "penny" if found["d"] == "1" else "pence"]


def _measure(found: Found) -> FigureReading:
    words = numbers.measure(found["figures"], found["unit"])
    unit = UNITS[found["unit"]][found["figures"] != "1"].split()
    per = ["per", PER[found["per"]]] if found["per"] else []
    return FigureReading([*sign(found), *words[: len(words) - len(unit)]], [*unit, *per], UNITS[found["unit"]][1])


def _inches(found: Found) -> list[str] | None:
    if found.string.count('"', 0, found.start()) % 2:
        return None  # it closes what somebody says
    return [*numbers.cardinal(found["figures"]), "inch" if found["figures"] == "1" else "inches"]


def _fraction(found: Found) -> FigureReading | None:
    words = numbers.fraction(found["a"], found["b"], found["whole"] or "")
    if words is None or not found["unit"]:
        return words if words is None else FigureReading(words)
    return FigureReading(words, UNITS[found["unit"]][1].split(), UNITS[found["unit"]][1])


def _over(found: Found) -> list[str] | None:
    """`120/80`, `22/7`; but `24/7`, `9/11` and a metre (`6/8 time`) are two numbers."""
    a, b = found["a"], found["b"]
    if (a, b) in (("24", "7"), ("9", "11")) or int(a) <= int(b) or not int(b):
        return None
    return [*numbers.cardinal(a), "over", *numbers.cardinal(b)]


def _power(found: Found) -> list[str] | None:
    figures, power = found["figures"], found["power"].translate(_SUPERSCRIPTS).removeprefix("^")
    if found["power"][0] in "¹²³⁴⁵⁶⁷⁸⁹⁰" and (power == "1" or numbers.looks_like_year(figures)):
        return None  # the mark of a note
    if figures == "10" and power == "3":
        return ["ten", "to", "the", "third"]
    return [*numbers.cardinal(figures), *numbers.power(power)]


SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_SUPERSCRIPTS = str.maketrans(SUPERSCRIPTS, "0123456789-")


MONEY = [
    rule("money", rf"(?P<sign>[-+])?(?:(?P<country>{_DOLLARS})(?=\$))?(?P<symbol>{_SYMBOL})\s?"
                  rf"(?:(?P<low>{NUMBER})(?:(?P<of_low>{_MAGNITUDES})\b)?{DASH}{_SYMBOL}?)?"
                  rf"(?P<figures>{DECIMAL})(?:[\s-]?(?P<magnitude>{_MAGNITUDES})(?![A-Za-z0-9]))?{_PER}",
         _money, r"(?![0-9]|[.,][0-9])", needs=SYMBOLS),
    rule("money", rf"(?P<figures>{DECIMAL})\s?(?:(?P<magnitude>{_MAGNITUDES})\s?)?"
                  rf"(?:(?P<symbol>(?![¢]){_SYMBOL})(?!\s?[0-9])|(?P<code>{_CODE})\b)", _money,
         needs=SYMBOLS + CAPITALS),
    rule("money", rf"(?P<code>{_CODE})\s?(?P<figures>{DECIMAL})(?:\s?(?P<magnitude>{_MAGNITUDES})(?![A-Za-z0-9]))?",
         _money, r"(?![0-9]|[.,][0-9])", needs=CAPITALS),
    rule("money", rf"(?P<symbol>{_SYMBOL})\((?P<figures>{DECIMAL})\)", _money, "", needs=SYMBOLS),
    rule("coins", r"(?P<figures>[0-9]{1,2})(?P<coin>[cp¢])", _coins),
    rule("coins", r"(?P<s>[0-9]{1,2})s\.?\s?(?P<d>[0-9]{1,2})d\.?", _shillings),
]

# Whatever goes on behind it: `$5,00`.
MONEY_ANYHOW = rule("money", rf"(?P<sign>[-+±])?(?P<symbol>{_SYMBOL})\s?(?P<figures>{DECIMAL})", _money, "",
                    needs=SYMBOLS)

FRACTIONS = [
    rule("meter", r"(?P<a>[0-9]{1,2})/(?P<b>[248]|16)(?=[\s-]time\b)",
         lambda m: [*numbers.cardinal(m["a"]), *numbers.cardinal(m["b"])], needs="/"),
    rule("mixed", rf"(?:(?P<whole>[0-9]+)(?:\s+|-))?(?P<a>[0-9]{{1,3}})/(?P<b>[0-9]{{1,4}})(?:rds|ths|th|rd|s)?"
                  rf"(?:\s?(?P<unit>{_UNIT}){_AFTER_UNIT})?", _fraction, r"(?![0-9/])(?![A-Za-z])", needs="/"),
    rule("over", r"(?P<a>[0-9]{1,3})/(?P<b>[0-9]{1,3})(?!/)", _over, needs="/"),
]

MEASURES = [
    rule("coins", r"(?P<a>[0-9]+)'\s?(?P<b>[0-9]+)(?:\"|'')",
         lambda m: [*numbers.measure(m["a"], "ft"), *numbers.cardinal(m["b"])], needs="'"),
    rule("length", r"(?P<a>[0-9]+)\s?(?:ft|feet)\.?\s(?P<b>[0-9]+)\s?in\b\.?",
         lambda m: [*numbers.measure(m["a"], "ft"), *numbers.measure(m["b"], "in.")]),
    rule("length", rf"(?P<figures>{DECIMAL})\"(?=\s+[a-z]|\s?[x×])", _inches, "", needs='"'),
    rule("sum", rf"(?P<a>{NUMBER})\s-\s(?P<b>{NUMBER})(?=\s?=)",
         lambda m: [*numbers.cardinal(m["a"]), "minus", *numbers.cardinal(m["b"])], needs="="),
    rule("times", rf"(?P<a>{NUMBER})\s?[x×]\s?(?P<b>{NUMBER})(?=\s?=)", lambda m: [
        *numbers.cardinal(m["a"]), "times", *numbers.cardinal(m["b"])], needs="="),
    rule("by", rf"(?!0x)(?P<a>{NUMBER})\s?[x×](?=\s?[0-9])", lambda m: [*numbers.cardinal(m["a"]), "by"], "",
         needs="x×"),
    rule("power", rf"(?P<figures>{NUMBER})(?P<power>\^-?[0-9]+|[{SUPERSCRIPTS}]+)", _power, needs=f"^{SUPERSCRIPTS}"),
    rule("measure", r"(?P<figures>[0-9]+\.[0-9]+)\s?s", lambda m: [*numbers.cardinal(m["figures"]), "seconds"]),
    rule("measure", rf"(?P<sign>[-+±])?(?P<figures>{DECIMAL})(?:\s|-(?=[A-Za-z]{{2}}))?(?P<unit>{_UNIT}){_AFTER_UNIT}"
                    rf"{_PER}", _measure, ""),
]  # fmt: skip
