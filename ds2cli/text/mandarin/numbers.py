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
    "艘架门篇首部册份对双套场层栋所种类项句段排行页米千万亿半杯碗步瓶组周升吨棵支桌封"
)
TRADITIONAL_MEASURE_WORDS = "個隻條張間輛臺時鐘歲塊顆頭門冊對雙場層棟種類項頁萬億組週噸"

UNITS = {
    "km": "公里", "m": "米", "cm": "厘米", "mm": "毫米", "kg": "公斤", "g": "克", "mg": "毫克", "t": "吨",
    "km/h": "公里每小时", "ml": "毫升", "l": "升", "°C": "摄氏度", "°F": "华氏度", "°": "度",
    "m2": "平方米", "km2": "平方公里", "m3": "立方米", "cm2": "平方厘米", "cm3": "立方厘米",
    "kW": "千瓦", "W": "瓦", "Hz": "赫兹", "kHz": "千赫",
    "MHz": "兆赫", "GHz": "吉赫", "GB": "吉字节", "MB": "兆字节",
    "L": "升", "V": "伏", "kV": "千伏", "mAh": "毫安时", "kWh": "千瓦时", "dB": "分贝",
    "Mbps": "兆比特每秒",
    "ms": "毫秒",
    "min": "分钟", "h": "小时",
}  # fmt: skip
CURRENCIES = {
    "¥": "元", "$": "美元", "€": "欧元", "£": "英镑", "US$": "美元",
    "HK$": "港元", "NT$": "新台币", "A$": "澳元", "C$": "加元",
}  # fmt: skip


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
    two = "兩" if what and what in TRADITIONAL_MEASURE_WORDS + "點" else "两"
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
    return counted(figures, magnitude) + magnitude + CURRENCIES[symbol]


def measure(figures: str, unit: str) -> str:
    """`25°C` -> 二十五摄氏度."""
    return counted(figures) + UNITS[unit.replace("^", "")]


def percent(figures: str, sign: str = "", of: str = "%") -> str:
    """`50` (%) -> 百分之五十; `-2` -> 负百分之二."""
    return signed(sign, "0")[:-1] + {"%": "百分之", "‰": "千分之"}[of] + cardinal(figures)


def power(base: str, exponent: str) -> str:
    """`10`, `^3` -> 十的三次方; a superscript comes as `^` before each of its figures."""
    exponent = exponent.replace("^", "")
    return f"{cardinal(base)}的{signed('-' * exponent.startswith('-'), exponent.lstrip('-'))}次方"


def is_score(found: re.Match[str]) -> bool:
    """Whether the words around `11:11` say that it is a score and no clock."""
    before, after = found.string[max(found.start() - 8, 0) : found.start()], found.string[found.end() :]
    return bool(_SCORE_BEFORE.search(before) or _SCORE_AFTER.match(after))


def is_code(found: re.Match[str]) -> bool:
    """Whether figures are named one by one: after 电话, 验证码 and the like, or behind a letter."""
    return bool(_CODE_BEFORE.search(found.string[max(found.start() - 8, 0) : found.start()]))


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


_SCORE_BEFORE = re.compile(r"(?:比分|比数|比數|比例|比率)[是为為:约約\s]*$|以$")
_SCORE_AFTER = re.compile(
    r"\s*(?:战胜|戰勝|击败|擊敗|获胜|獲勝|取胜|取勝|领先|領先|落后|落後|大胜|大勝|打平|拿下|赢|贏|惜败|不敌)"
)
_CODE_BEFORE = re.compile(
    r"(?:拨打?|撥打?|请打|請打|电话|電話|热线|熱線|号码|號碼|验证码|驗證碼|密码|密碼|邮编|郵編|尾号|尾號|房间号|房間號"
    r"|分机号?|分機號?|QQ号?|身份证号?|账号|賬號|卡号|单号|编号|學號|学号|工号|波音|空客)[是为為:\s]*$"
)
_YEAR = "(?:1[0-9]|20)[0-9]{2}"
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
_CURRENCY = "|".join(re.escape(symbol) for symbol in sorted(CURRENCIES, key=len, reverse=True))
_UNIT = "|".join(re.sub("(?=[23])", r"\\^?", re.escape(unit)) for unit in sorted(UNITS, key=len, reverse=True))

# In the order tried: the first that matches and has a reading is taken.
PATTERNS = [
    (re.compile(pattern), reading)
    for pattern, reading in [
        (r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})(?![0-9])",
         lambda m: date(m["y"], m["m"], m["d"])),
        (r"(?P<y>(?:1[0-9]|20)[0-9]{2})[-/](?P<m>0[1-9]|1[0-2])(?![-/0-9])", lambda m: month(m["y"], m["m"])),
        (r"(?P<a>[0-9]{1,3})[-:](?P<b>[0-9]{1,3})(?![-:0-9])",
         lambda m: f"{cardinal(m['a'])}比{cardinal(m['b'])}" if is_score(m) else None),
        (r"(?P<h>[01]?[0-9]|2[0-4]):(?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?(?![0-9])",
         lambda m: clock(m["h"], m["m"], m["s"] or "")),
        (r"(?P<a>[0-9]{1,3}):(?P<b>[0-9]{1,9})(?![:0-9])", lambda m: f"{cardinal(m['a'])}比{cardinal(m['b'])}"),
        (rf"{_YEAR}(?=[-~]{_YEAR}年)|(?<=[-~]){_YEAR}(?=年)|{_YEAR}(?=-[0-9]{{2}}(?:赛季|賽季|学年|學年))|(?:[0-9]0|[05-9]5)(?=[后後](?![来來]))",
         lambda m: digits(m[0])),
        (rf"(?P<y>{_YEAR}|[5-9][0-9](?!年代))(?=\ ?年(?!前|后|来|多|间|以))", lambda m: digits(m["y"])),
        (r"0(?P<n>[1-9])(?=[月日号號])", lambda m: cardinal(m["n"])),
        (r"[0-9]{3,}(?![0-9.,:/])", lambda m: digits(m[0]) if is_code(m) else None),
        (r"(?<=[A-Za-z])(?<!RMB)(?<!USD)[0-9]{3,}(?![0-9.,:/])|[0-9]{3,4}(?=室|房|国道|國道|省道|路公交)",
         lambda m: digits(m[0])),
        (rf"(?P<n>{_NUMBER})(?P<e>\^-?[0-9]+(?:\^[0-9])*|\^-(?:\^[0-9])+)", lambda m: power(m["n"], m["e"])),
        (rf"(?P<s>{_CURRENCY})\ ?(?P<n>{_NUMBER})(?P<x>[万亿千百萬億]?)(?:元|块)?",
         lambda m: money(m["s"], m["n"], m["x"])),
        (rf"(?P<s>[-+])?(?P<n>{_NUMBER})(?P<of>[%‰])", lambda m: percent(m["n"], m["s"] or "", m["of"])),
        (r"(?P<w>[0-9]+)\ (?P<a>[0-9]+)/(?P<b>[0-9]+)(?![0-9/])",
         lambda m: f"{cardinal(m['w'])}又{cardinal(m['b'])}分之{cardinal(m['a'])}"),
        (r"(?P<a>[0-9]+)/(?P<b>[0-9]+)(?![0-9/])", lambda m: f"{cardinal(m['b'])}分之{cardinal(m['a'])}"),
        (rf"(?P<n>{_NUMBER})\ ?(?P<u>{_UNIT})(?![A-Za-z0-9])", lambda m: measure(m["n"], m["u"])),
        (r"\+?[0-9]+(?:-[0-9]+){2,}|[0-9]{3,4}-[0-9]{7,8}|1[3-9][0-9](?:[0-9]{8}|\ [0-9]{4}\ [0-9]{4})(?![0-9])",
         lambda m: digits(re.sub("[^0-9]", "", m[0]))),
        (rf"(?P<a>{_NUMBER})\ ?[-~]\ ?(?P<b>{_NUMBER})%", lambda m: f"{percent(m['a'])}到{percent(m['b'])}"),
        (rf"(?P<a>{_NUMBER})\ ?-(?=\ ?{_NUMBER}\ ?=)", lambda m: cardinal(m["a"]) + "减"),
        (rf"(?P<a>{_NUMBER})\ ?[-~](?=\ ?{_NUMBER})", lambda m: cardinal(m["a"]) + "到"),
        (rf"(?<![第A-Za-z])(?P<n>{_NUMBER})(?=(?P<w>(?!年[级級])[{MEASURE_WORDS}{TRADITIONAL_MEASURE_WORDS}]|[点點](?![0-9]+(?![0-9分]))))",
         lambda m: counted(m["n"], m["w"])),
        (r"[0-9]+(?:\.[0-9]+){2,}", lambda m: "点".join(digits(part) for part in m[0].split("."))),
        (rf"(?P<s>[-+])?(?P<n>{_NUMBER}|\.[0-9]+)", lambda m: signed(m["s"] or "", m["n"])),
    ]
]  # fmt: skip
