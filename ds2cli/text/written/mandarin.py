"""Mandarin: numerals to figures where people write them, by what stands beside; idioms and small counts stay."""

import re
from collections.abc import Callable, Collection

from ds2cli.text.normalise import normalise_mandarin
from ds2cli.text.written.hanzi import CODE, DIGITS, FIGURE, NUMERAL, POINT, decimal, figures, number
from ds2cli.text.written.parts import Token, text_of

_Found = re.Match[str]
_N = f"{NUMERAL}+"
_DECIMAL = rf"(?P<whole>{_N}){POINT}(?P<decimals>{FIGURE}+)(?P<scale>[万亿萬億]?)"
_AMOUNT = rf"(?:{_DECIMAL}|(?P<number>{_N}))"
_HOUR = "(?:[一两二三四五六七八九兩]|十[一二三四五六七八九]?|二十[一二三四]?|零)"
_MINUTE = "(?:[零〇](?=分)|[零〇][一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?)"
_DAY_PART = re.compile("(?:上午|下午|早上|早晨|晚上|凌晨|中午|傍晚|夜里|夜裡|今晚|明早|晚|时间|時間)\\Z")
_CALLED = re.compile(
    "(?:电话|電話|拨打?|撥打?|请打|請打|打|热线|熱線|号码|號碼|手机号?|尾号|验证码|驗證碼|邮编|郵編|房间号?|分机号?|号|是|波音|国道|[a-zA-Z])\\Z"
)
_NUMBERED = re.compile("房|室|路(?!人)|国道|國道|号房|次列车")
_KEPT = re.compile(
    "一五一十|三七二十一|七七八八|三三两两|四四方方|十分(?!钟|鐘|之)|十(?:字|足|全|一(?:放假|黄金周|长假))"
    "|一点一[点滴]|[一二三四五六七八九两]+十?几|十(?:几|幾|来|來)|一一(?!十|百|千|二|三|九|零)"
)
# Units behind which even small numbers are figures.
_UNIT = (
    "元|美元|欧元|歐元|英镑|英鎊|日元|港元|人民币|公里|千米|厘米|釐米|毫米|米|公斤|千克|毫克|克|吨|噸|毫升|升|平方|立方"
    "|摄氏度|攝氏度|世纪|世紀|月(?!饼)|号|號|瓦|伏|赫兹|兆|分贝|[a-zA-Z]"
)
_small_unit = re.compile(f"(?:{_UNIT})")


def _percent(found: _Found) -> str | None:
    amount = "100" if found["all"] else _amount(found)
    sign = "-" if found["minus"] or found["below"] else ""
    return None if amount is None else f"{sign}{amount}{'%' if found['of'] == '百' else '‰'}"


def _amount(found: _Found) -> str | None:
    if found["number"]:
        said = found["number"]
        return str(DIGITS[said]) if len(said) == 1 and said in DIGITS else number(said)
    return decimal(found["whole"], found["decimals"], found["scale"])


def _fraction(found: _Found) -> str | None:
    below, above = _whole(found["below"]), _whole(found["above"])
    if below is None or above is None or not 0 < int(above) < int(below):
        return None
    whole = _whole(found["mixed"]) + "又" if found["mixed"] else ""
    return f"{whole}{above}/{below}"


def _whole(said: str) -> str:
    """A number that has to be one; "0" where it is none."""
    read = str(DIGITS[said]) if said in DIGITS else number(said)
    return read if read and read.isdigit() else "0"


def _date(found: _Found) -> str | None:
    month, day = int(_whole(found["month"])), int(_whole(found["day"]))
    return f"{month}月{day}{found['end']}" if 1 <= month <= 12 and 1 <= day <= 31 else None


def _clock(found: _Found) -> str | None:
    has_cue = _DAY_PART.search(found.string, 0, found.start()) is not None
    hour, minute = _whole(found["hour"]), found["minute"]
    point = found["point"]
    if minute:
        if not (has_cue or found["end"] or "十" in minute):
            return None
        spelled = f"{int(_whole(minute.lstrip('零〇'))):02}" if len(minute) > 1 or minute == "十" else "0"
        return f"{hour}{point}{spelled}{found['end']}" if found["end"] else f"{hour}:{spelled}"
    follows = found.string[found.end() :]
    is_clock = has_cue or int(hour) >= 10 or re.match(f"[到至]{_HOUR}{POINT}", follows)
    return f"{hour}{point}{found['half'] or ''}" if is_clock and follows[:1] not in ("几", "幾") else None


def _code(found: _Found) -> str | None:
    """Figures one by one: a telephone by its shape, anything else behind a word that tells of a code."""
    said = figures(found[0])
    if len(said) in (3, 4) and _NUMBERED.match(found.string, found.end()):
        return said
    if len(said) >= 3 and _CALLED.search(found.string, 0, found.start()):
        return said
    for shape in _TELEPHONES:
        if telephone := shape.fullmatch(said):
            return "-".join(telephone.groups())
    return said if len(said) > 13 else None


# Mobiles, hot lines, area codes of three or four figures; each alone or behind the country's 86.
_TELEPHONES = [re.compile(pattern) for pattern in (
    r"(1[3-9]\d)(\d{4})(\d{4})", r"([48]00)(\d{3})(\d{4})", r"(0(?:10|2\d))(\d{8})", r"(0[3-9]\d\d)(\d{7,8})",
    r"(86)(1[3-9]\d)(\d{4})(\d{4})")]  # fmt: skip


def _two_figures(found: _Found) -> str | None:
    """`九八年`, `零八年`, but not `七八年`, which are seven or eight."""
    first, second = tuple(figures(found["figures"]))
    if first in "0" or (first in "6789" and int(second) - int(first) != 1):
        return figures(found["figures"])
    return None


def _version(found: _Found) -> str | None:
    """`二点零点一`, an address of four numbers: figures one by one, or numbers below a thousand."""
    parts = [figures(part) if set(part) <= DIGITS.keys() else number(part) or "" for part in re.split(POINT, found[0])]
    return ".".join(parts) if all(part.isdigit() for part in parts) else None


def _ratio(found: _Found) -> str | None:
    low, high = _in_full(found["a"]), _in_full(found["b"])
    return f"{low}:{high}" if low and high else None


def _in_full(said: str) -> str | None:
    """All figures of a number: 50000 of `五万`."""
    read = str(DIGITS[said]) if said in DIGITS else number(said)
    zeros = {"万": 4, "萬": 4, "亿": 8, "億": 8}.get(read[-1], 0) if read else 0
    if read and zeros and read[:-1].isdigit():
        return read[:-1] + "0" * zeros
    return read if read and read.isdigit() else None


_GOES_ON = re.compile(f"[几幾]|{POINT}(?:{NUMERAL}|[0-9])")


def _counted(found: _Found) -> str | None:
    """A number with what follows it: small ones only before a unit, behind or before a letter."""
    amount = _amount(found)
    if amount is None:
        return None
    text, start, end = found.string, found.start(), found.end()
    small = amount.isdigit() and int(amount) < 10
    has_letter = start > 0 and text[start - 1].isascii() and text[start - 1].isalpha()
    if small and not (_small_unit.match(text, end) or has_letter):
        return None
    return None if _GOES_ON.match(text, end) else ("-" if found["minus"] else "") + amount


_RULES: list[tuple[re.Pattern[str], Callable[[_Found], str | None]]] = [
    (re.compile(pattern), write) for pattern, write in (
        (_KEPT.pattern, lambda found: found[0]),
        (rf"(?P<minus>负|負)?(?P<of>[百千])分之(?P<below>负|負)?(?:(?P<all>百)(?!分)|{_AMOUNT})(?![几幾分])", _percent),
        (rf"(?:(?P<mixed>{_N})又)?(?P<below>{_N})分之(?P<above>{_N})", _fraction),
        (rf"(?P<first>{FIGURE}{{4}})[到至](?P<last>{FIGURE}{{4}})(?=年)",
         lambda found: f"{figures(found['first'])}-{figures(found['last'])}"),
        (rf"(?P<figures>{FIGURE}{{3,4}})(?=年)", lambda found: figures(found["figures"])),
        (rf"(?P<figures>{FIGURE}{{2}})(?=年(?!级|級|代))", _two_figures),
        (r"(?P<figures>[零〇五六七八九一二三][零〇五])(?=后(?!面|来)|後(?!面|來))",
         lambda found: figures(found["figures"])),
        (rf"(?P<month>{_N})月(?P<day>{_N})(?P<end>[日号號])", _date),
        (rf"{_N}月(?={NUMERAL}|[0-9])", lambda found: found[0]),  # a day of the old calendar: `二月二`
        (rf"{_N}(?:{POINT}{_N}){{2,}}", _version),
        (rf"(?P<hour>{_HOUR})(?P<point>{POINT})(?:(?P<minute>{_MINUTE})(?!{NUMERAL})(?P<end>分?)|(?P<half>半|整)?(?!{NUMERAL}))",
         _clock),
        (rf"{CODE}{{3,}}(?!{NUMERAL})(?!{POINT}{FIGURE})", _code),
        (rf"(?P<a>{_N})比(?P<b>{_N})(?![大小多少高低])", _ratio),
        (r"(?P<number>[一二三四五六七八九])(?P<letter>[a-zA-Z])(?![a-zA-Z])",
         lambda found: f"{DIGITS[found['number']]}{found['letter'].upper()}"),  # `五g`
        (rf"(?P<minus>负|負)?{_AMOUNT}", _counted),
    )
]  # fmt: skip
_WORD = re.compile(r"[^\W\d_]['\w-]*|\S", re.ASCII)
_DEGREES = re.compile("摄氏度|攝氏度")
_BEGINS = frozenset("零〇一二三四五六七八九十百千两兩幺负負")
_STOPS = frozenset("。！？!?.…；;：:，,、")


def write(text: str, breaks: Collection[int], sentences: bool) -> list[Token]:
    """The tokens of spoken Mandarin as they are written; a full stop where a sentence ends."""
    tokens: list[Token] = []
    at, gap = 0, ""
    said = _heard(text) if not _BEGINS.isdisjoint(text) else ""
    while at < len(text):
        if text[at].isspace():
            gap, at = " ", at + 1
            continue
        shown, end = _at(text, at)
        if shown != text[at:end] and _heard(text_of(tokens) + gap + shown + text[end:]) != said:
            shown = text[at:end]  # nobody would read that as what was said
        if shown == text[at:end] and not shown.isascii():
            tokens += [Token(character, at + step, at + step + 1, gap if not step else "")
                       for step, character in enumerate(shown)]
        else:
            tokens.append(Token(shown, at, end, gap))
        at, gap = end, ""
    for place, token in enumerate(tokens):
        is_last = sentences and place == len(tokens) - 1
        if (is_last or token.end in breaks) and token.text[-1] not in _STOPS:
            tokens[place] = token._replace(text=token.text + "。")
    return tokens


_ALIKE = str.maketrans("两兩幺〇萬億", "二二一零万亿", "分 ")


def _heard(text: str) -> str:
    """A text as it is read aloud, whatever its words for two, one and the clock's minutes."""
    return normalise_mandarin(text).text.replace("百分之一百", "百分之百").translate(_ALIKE)


def _at(text: str, at: int) -> tuple[str, int]:
    """What is written at a place, and where what it stands for ends."""
    if text[at] in _BEGINS:
        for pattern, rule in _RULES:
            found = pattern.match(text, at)
            shown = rule(found) if found and found.end() > at else None
            if found and shown is not None:
                degrees = _DEGREES.match(text, found.end())
                return (shown + "℃", degrees.end()) if degrees and shown[-1].isdigit() else (shown, found.end())
        kept = re.compile(f"{NUMERAL}+").match(text, at)
        return (kept[0], kept.end()) if kept else (text[at], at + 1)
    word = _WORD.match(text, at)
    return (word[0], word.end()) if word else (text[at], at + 1)
