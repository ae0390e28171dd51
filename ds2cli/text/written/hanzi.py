"""Chinese numerals to figures: `一千零五十万` -> 1050万, `两万零二十` -> 20020, `六点五亿` -> 6.5亿."""

import re

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")}
DIGITS |= {"〇": 0, "两": 2, "兩": 2, "幺": 1}
_TENS = {"十": 10, "百": 100, "千": 1000}
_TEN_THOUSANDS, _HUNDRED_MILLIONS = "万萬", "亿億"
FIGURE = "[零〇一二三四五六七八九]"
CODE = "[零〇一二三四五六七八九幺]"
NUMERAL = "[零〇一二三四五六七八九十百千万亿两萬億兩]"
POINT = "[点點]"
_SECTION = re.compile(
    r"(?:(?P<thousands>[一二三四五六七八九两兩])千)?(?P<gap>[零〇]?)"
    r"(?:(?P<hundreds>[一二三四五六七八九两兩])百)?(?P<gap2>[零〇]?)"
    r"(?:(?P<tens>[一二三四五六七八九])?(?P<ten>十))?(?P<ones>[一二三四五六七八九两兩])?\Z"
)


def figures(said: str) -> str:
    """Figures one by one."""
    return "".join(str(DIGITS[character]) for character in said)


def _section(said: str) -> int | None:
    """A number below ten thousand; None where it is not said as one: `三四十`, `一百二`."""
    found = _SECTION.match(said)
    if not said or found is None or not any(found[name] for name in ("thousands", "hundreds", "ten", "ones")):
        return None
    value = 1000 * DIGITS.get(found["thousands"] or "", 0) + 100 * DIGITS.get(found["hundreds"] or "", 0)
    value += 10 * DIGITS.get(found["tens"] or "", 1 if found["ten"] else 0) + DIGITS.get(found["ones"] or "", 0)
    higher = found["hundreds"] or found["thousands"]
    if found["ones"] and not found["ten"] and higher and not (found["gap"] or found["gap2"]):
        return None  # `一百二` is a hundred and twenty, and nobody's figures
    return value


def number(said: str) -> str | None:
    """A whole number in figures, round ones with 万 and 亿 behind them; None where it is not said as one."""
    above, sign, rest = _split(said, _HUNDRED_MILLIONS)
    high = _below_hundred_millions(above) if sign else 0
    if high is None:
        return None
    if not sign:
        return _written(said)
    if not rest:
        return f"{high}{sign}"
    low = _below_hundred_millions(rest.lstrip("零〇"))
    if low is None:
        return None
    return f"{high}{sign}{low // 10000}{rest[-1]}" if rest[-1] in _TEN_THOUSANDS else str(high * 10**8 + low)


def _written(said: str) -> str | None:
    value = _below_hundred_millions(said)
    if value is None:
        return None
    return f"{value // 10000}{said[-1]}" if said[-1] in _TEN_THOUSANDS else str(value)


def _below_hundred_millions(said: str) -> int | None:
    above, sign, rest = _split(said, _TEN_THOUSANDS)
    if not sign:
        return _section(said)
    high = _section(above)
    low = 0 if not rest else _section(rest[1:] if rest[0] in "零〇" else rest)
    if high is None or low is None or (low < 1000) != (rest[:1] in tuple("零〇") or not rest):
        return None
    return high * 10000 + low


def _split(said: str, signs: str) -> tuple[str, str, str]:
    found = re.search(f"[{signs}]", said)
    return (said[: found.start()], found[0], said[found.end() :]) if found else ("", "", said)


def decimal(whole: str, decimals: str, scale: str) -> str | None:
    """`六点五亿`: the number before the point, the figures behind it, 万 or 亿 or nothing."""
    before = figures(whole) if whole in DIGITS else number(whole)
    return None if before is None or not before.isdigit() else f"{before}.{figures(decimals)}{scale}"
