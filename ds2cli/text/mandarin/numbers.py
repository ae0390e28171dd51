"""Digits to Chinese numerals, and which of their readings a pattern asks for.

The functions take strings of ASCII digits and return characters. Written here because the libraries that do it (cn2an,
WeTextProcessing) bring either another small package that nobody keeps or OpenFst; the rules are short.
"""

import re

DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿", "亿亿")
LONGEST_READ_AS_NUMBER = 16

# What is counted with 两 rather than 二.
MEASURE_WORDS = (
    "个只条张本位名家间座辆台件次天年小时分钟岁斤倍遍口块颗枚头匹"
    "艘架门篇首部册份对双套场层栋所种类项句段排行页米千万亿"
)
TRADITIONAL_MEASURE_WORDS = "個隻條張間輛臺時鐘歲塊顆頭門冊對雙場層棟種類項頁萬億"

UNITS = {
    "km": "公里", "m": "米", "cm": "厘米", "mm": "毫米", "kg": "公斤", "g": "克", "mg": "毫克", "t": "吨",
    "km/h": "公里每小时", "ml": "毫升", "l": "升", "°C": "摄氏度", "°F": "华氏度", "°": "度",
    "m2": "平方米", "km2": "平方公里", "m3": "立方米", "kW": "千瓦", "W": "瓦", "Hz": "赫兹", "kHz": "千赫",
    "MHz": "兆赫", "GHz": "吉赫", "GB": "吉字节", "MB": "兆字节",
}  # fmt: skip
CURRENCIES = {"¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}


def digits(figures: str) -> str:
    """One by one: `2003` (年) is 二零零三."""
    return "".join(DIGITS[int(figure)] for figure in figures)


def cardinal(figures: str) -> str:
    """`10010` -> 一万零一十; `3.50` -> 三点五零; codes (leading zeros, very long) digit by digit."""
    whole, _, decimals = figures.replace(",", "").partition(".")
    if len(whole) > LONGEST_READ_AS_NUMBER or (len(whole) > 1 and whole[0] == "0"):
        spoken = digits(whole)
    else:
        spoken = _integer(int(whole))
    return f"{spoken}点{digits(decimals)}" if decimals else spoken


def counted(figures: str, what: str = "") -> str:
    """A number before what it counts: `2` (个) is 两, `2` (個) 兩."""
    two = "兩" if what and what in TRADITIONAL_MEASURE_WORDS else "两"
    return two if figures == "2" else cardinal(figures)


def _integer(value: int) -> str:
    """Groups of four digits; a run of zeros inside is one 零; 一十 at the very front is 十."""
    if value == 0:
        return DIGITS[0]
    groups = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    spoken, pending = "", False
    for at in range(len(groups) - 1, -1, -1):
        group = groups[at]
        if not group:
            pending = True
            continue
        if spoken and (pending or group < 1_000):
            spoken += DIGITS[0]
        spoken += ("两" if group == 2 and at else _group(group)) + _GROUPS[at]
        pending = False
    return spoken[1:] if spoken.startswith("一十") else spoken


def _group(value: int) -> str:
    """1 to 9999."""
    spoken, pending = "", False
    for at in range(3, -1, -1):
        figure = value // 10**at % 10
        if not figure:
            pending = bool(spoken)
            continue
        spoken += (DIGITS[0] if pending else "") + ("两" if figure == 2 and at == 3 else DIGITS[figure]) + _PLACES[at]
        pending = False
    return spoken


def signed(sign: str, figures: str) -> str:
    """`-.5` -> 负零点五."""
    return {"-": "负", "+": "正"}.get(sign, "") + cardinal("0" + figures if figures.startswith(".") else figures)


def money(symbol: str, figures: str, magnitude: str) -> str:
    """`¥3.5万` -> 三点五万元."""
    return (cardinal(figures) if magnitude else counted(figures)) + magnitude + CURRENCIES[symbol]


def measure(figures: str, unit: str) -> str:
    """`25°C` -> 二十五摄氏度."""
    return counted(figures) + UNITS[unit]


def percent(figures: str) -> str:
    """`50` (%) -> 百分之五十."""
    return "百分之" + cardinal(figures)


def clock(hours: str, minutes: str, seconds: str) -> str:
    """`10:30` -> 十点三十分; `2:00` -> 两点."""
    spoken = counted(str(int(hours))) + "点"
    if int(minutes) or seconds:
        zero = DIGITS[0] if minutes[0] == "0" else ""
        spoken += zero + (cardinal(str(int(minutes))) if int(minutes) else "") + "分"
    if seconds and int(seconds):
        spoken += cardinal(str(int(seconds))) + "秒"
    return spoken


def month(year: str, month: str) -> str:
    """`2002/01` -> 二零零二年一月."""
    return f"{digits(year)}年{_integer(int(month))}月"


def date(year: str, month: str, day: str) -> str | None:
    """`2026-11-20` -> 二零二六年十一月二十日; None where there is no such day."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return f"{digits(year)}年{_integer(int(month))}月{_integer(int(day))}日"


_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))

# In the order tried: the first that matches and has a reading is taken.
PATTERNS = [
    (re.compile(pattern), reading)
    for pattern, reading in [
        (r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})(?![0-9])",
         lambda m: date(m["y"], m["m"], m["d"])),
        (r"(?P<y>(?:1[0-9]|20)[0-9]{2})[-/](?P<m>0[1-9]|1[0-2])(?![-/0-9])", lambda m: month(m["y"], m["m"])),
        (r"(?P<h>[01]?[0-9]|2[0-4]):(?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?(?![0-9])",
         lambda m: clock(m["h"], m["m"], m["s"] or "")),
        (r"(?P<a>[0-9]{1,3}):(?P<b>[0-9]{1,3})(?![:0-9])", lambda m: f"{cardinal(m['a'])}比{cardinal(m['b'])}"),
        (r"(?P<y>(?:1[0-9]|20)[0-9]{2})(?=[-~](?:1[0-9]|20)[0-9]{2}年)|[5-9]0(?=[后後](?![来來]))",
         lambda m: digits(m[0])),
        (r"(?P<y>(?:1[0-9]|20)[0-9]{2}|[5-9][0-9](?!年代))(?=年(?!前|后|来|多|间|以))", lambda m: digits(m["y"])),
        (rf"(?P<n>{_NUMBER})\^(?P<e>[0-9]+)", lambda m: f"{cardinal(m['n'])}的{cardinal(m['e'])}次方"),
        (rf"(?P<s>[{''.join(CURRENCIES)}])\ ?(?P<n>{_NUMBER})(?P<x>[万亿千百]?)(?:元|块)?",
         lambda m: money(m["s"], m["n"], m["x"])),
        (rf"(?P<n>{_NUMBER})%", lambda m: percent(m["n"])),
        (r"(?P<a>[0-9]+)/(?P<b>[0-9]+)(?![0-9/])", lambda m: f"{cardinal(m['b'])}分之{cardinal(m['a'])}"),
        (rf"(?P<n>{_NUMBER})\ ?(?P<u>{_UNIT})(?![A-Za-z0-9])", lambda m: measure(m["n"], m["u"])),
        (r"\+?[0-9]+(?:-[0-9]+){2,}|[0-9]{3,4}-[0-9]{7,8}|1[3-9][0-9]{9}(?![0-9])",
         lambda m: digits(re.sub("[^0-9]", "", m[0]))),
        (rf"(?P<a>{_NUMBER})\ ?[-~]\ ?(?P<b>{_NUMBER})%", lambda m: f"{percent(m['a'])}到{percent(m['b'])}"),
        (rf"(?P<a>{_NUMBER})\ ?[-~](?=\ ?{_NUMBER})", lambda m: cardinal(m["a"]) + "到"),
        (rf"(?<!第)(?P<n>{_NUMBER})(?=(?P<w>(?!年[级級])[{MEASURE_WORDS}{TRADITIONAL_MEASURE_WORDS}]|[点點](?![0-9])))",
         lambda m: counted(m["n"], m["w"])),
        (r"[0-9]+(?:\.[0-9]+){2,}", lambda m: "点".join(digits(part) for part in m[0].split("."))),
        (rf"(?P<s>[-+])?(?P<n>{_NUMBER}|\.[0-9]+)", lambda m: signed(m["s"] or "", m["n"])),
    ]
]  # fmt: skip
