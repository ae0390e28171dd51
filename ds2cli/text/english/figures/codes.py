"""Figures that are names and not amounts: telephones, codes, versions, ratios, numbers after `#`."""

import re

from ds2cli.text.english import numbers
from ds2cli.text.english.figures.pieces import CAPITALS, END, NUMBER, Found, behind, rule

_EXTENSION = r"(?:,?\s*(?:ext\.?|x|extension)\s?(?P<extension>[0-9]{1,5}))?"
# Three digits that call for help: wherever they stand, or where somebody calls them.
_EMERGENCY = "911"
_CALLED = "[2-9]11|999|112|000|101|988"
_after_call = behind(r"\b(?:[Cc]all|[Dd]ial|[Rr]ing|[Pp]hone|[Tt]ext)(?:ed|ing|s)?\s+(?:[0-9]{3}\s+or\s+)?", 20)
_after_state = behind(r"\b[A-Z]{2}\s+", 4)


def _telephone(found: Found) -> list[str]:
    parts = found.groupdict()
    words = ["plus"] if found[0][0] == "+" else []
    words += numbers.digits(found["number"])
    if parts.get("extension"):
        extension = found["extension"]
        words += ["extension", *(numbers.cardinal(extension) if len(extension) < 3 else numbers.digits(extension))]
    return words


def _letters(found: Found) -> list[str]:
    """`1-800-FLOWERS`: what the keys spell is said as words."""
    prefix = numbers.digits(found["one"] or "")
    area = found["area"]
    prefix += [*numbers.digits(area[0]), "hundred"] if area.endswith("00") else numbers.digits(area)
    words = re.findall(r"[A-Za-z]+|[0-9]+", found["name"])
    return [*prefix, *(word for part in words for word in (
        numbers.digits(part) if part.isdigit() else [part.lower()]))]


def _emergency(found: Found) -> list[str] | None:
    return numbers.digits(found[0]) if found[0] == _EMERGENCY or _after_call(found) else None


def _postcode(found: Found) -> list[str] | None:
    return numbers.digits(found[0]) if _after_state(found) else None


_COUNTED = "prize|place|grade|time|day|floor|edition|session|ward"  # in an order: `3d prize`, but not `3d film`
_after_extension = behind(r"\b(?:[Ee]xtension|[Ee]xt\.?)\s+", 12)


def _airs(found: Found) -> list[str] | None:
    """`8/7c`: an hour in the east and the one before it."""
    east, central = int(found["east"]), int(found["central"])
    if east - central not in (1, -11):
        return None
    return [*numbers.cardinal(str(east)), *numbers.cardinal(str(central)), "central"]


TELEPHONES = [
    rule("telephone", r"(?:(?P<one>1[-. ])\(?|(?=[0-9]{3}-[A-Z]{3}))(?P<area>8[0-9]{2}|900)\)?[-. ]"
                      r"(?P<name>[A-Z]{2,}(?:-[A-Z0-9]+)*)", _letters, needs=CAPITALS),
    rule("telephone", rf"(?P<number>(?:\+?1[-. ]?)?\([0-9]{{3}}\)\s?[0-9]{{3}}[-. ][0-9]{{4}}){_EXTENSION}",
         _telephone, needs="("),
    rule("telephone", r"(?P<number>\(0[0-9]{2,4}\)\s?[0-9]{3,4}(?:[ -][0-9]{3,4})?)", _telephone, needs="("),
    rule("telephone", rf"(?P<number>(?:1[-. ])?[2-9][0-9]{{2}}[-. ][0-9]{{3}}[-. ][0-9]{{4}}){_EXTENSION}",
         _telephone),
    rule("telephone", r"(?P<number>[2-9][0-9]{2}\.[0-9]{4})", lambda m: _telephone(m) if _after_call(m) else None,
         needs="."),
    rule("telephone", rf"(?P<number>[2-9][0-9]{{2}}-[0-9]{{4}}){_EXTENSION}", _telephone, needs="-"),
    rule("telephone", r"(?P<number>\+(?=(?:[ ().-]{0,2}[0-9]){7})[0-9]{1,3}"
                      r"(?:[ .-]?\(?[0-9]+\)?[0-9]*)(?:[ .-][0-9]{2,})*)", _telephone, needs="+"),
    rule("telephone", r"(?P<number>0[0-9]{2,4}(?:[ -][0-9]{3,8}){1,3})", _telephone),
    rule("telephone", rf"(?:{_CALLED})", _emergency),
    rule("code", r"[0-9]{5}(?:-[0-9]{4})?", _postcode),
    rule("code", r"(?P<number>\+?[0-9]+(?:-[0-9]+){2,})", _telephone, "", needs="-"),
]

VERSION = rule("version", r"[0-9]+(?:\.[0-9]+){2,}", lambda m: numbers.version(m[0]), "", needs=".")
NAMES = [
    rule("ratio", r"(?P<a>[0-9]+):(?P<b>[0-9]+)",
         lambda m: [*numbers.cardinal(m["a"]), "to", *numbers.cardinal(m["b"])],
         END.replace("A-Za-z", ""), needs=":"),
    VERSION,
    rule("ordinal", r"(?P<figures>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:st|nd|rd|th|ST|ND|RD|TH)",
         lambda m: numbers.ordinal(m["figures"])),
    rule("ordinal", rf"(?P<figures>[0-9]*[23])d(?=\s(?:[A-Z]|(?:{_COUNTED})\b))",
         lambda m: numbers.ordinal(m["figures"])),
    rule("extension", r"(?P<number>[0-9]{3,5})",
         lambda m: numbers.digits(m["number"]) if _after_extension(m) else None),
    rule("airs", r"(?P<east>[0-9]{1,2})/(?P<central>[0-9]{1,2})c", _airs, needs="/"),
    rule("numbered", rf"\#(?P<figures>{NUMBER})", lambda m: ["number", *numbers.cardinal(m["figures"])], "", needs="#"),
]  # fmt: skip
