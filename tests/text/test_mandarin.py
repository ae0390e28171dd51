"""How written Mandarin is read aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.text.mandarin import numbers
from ds2cli.text.normalise import normalise_mandarin

READINGS = {
    "设定二十九度。": "设定二十九度",
    "２００３年": "二零零三年",
    "98年和10年": "九八年和十年",
    "我有2个苹果和200元": "我有两个苹果和二百元",
    "第2次": "第二次",
    "今天25℃": "今天二十五摄氏度",
    "下午2:05到10:30": "下午两点零五分到十点三十分",
    "50%的人": "百分之五十的人",
    "3.5亿": "三点五亿",
    "2026-11-20": "二零二六年十一月二十日",
    "10-20岁": "十到二十岁",
    "10~20%": "百分之十到百分之二十",
    "3/4": "四分之三",
    "￥100和$2.5万": "一百元和二点五万美元",
    "电话13812345678": "电话一三八一二三四五六七八",
    "O P A（淮海店）": "opa淮海店",
    "尚街Loft时尚": "尚街loft时尚",
    "二〇〇三": "二零零三",
    "-5度": "负五度",
    "我们开一个 meeting on Monday 吧": "我们开一个meeting on monday吧",
    "<SPOKEN_NOISE>你好[n]": "你好",
    "比分是3:2": "比分是三比二",
    "19世纪80年代，1990年代的80后": "十九世纪八十年代一九九零年代的八零后",
    "2020-2021年，2010年～2015年": "二零二零到二零二一年二零一零年到二零一五年",
    "2万、2亿、2千，2萬": "两万两亿两千兩萬",
    "住2楼，读2年级，2点来，2個": "住二楼读二年级两点来兩個",
    "10:00-12:00": "十点到十二点",
    "二○○二年○": "二零零二年",
    "2002/01": "二零零二年一月",
    "No.1": "no一",
    "10^3和7*24小时": "十的三次方和七乘二十四小时",
    "①②③⑩": "一二三十",
    "カタカナ好，ｶﾞ好": "好好",
    "C€8": "c八欧元",
}


@pytest.mark.parametrize("written", READINGS)
def test_print_is_read_as_people_read_it(written):
    assert normalise_mandarin(written).text == READINGS[written]


def value_of(numeral: str) -> int:
    """The integer that a Chinese numeral names, group by group: the inverse of `cardinal`."""
    numeral = numeral.replace("两", "二")
    for place in ("亿亿", "万亿", "亿", "万"):
        head, found, tail = numeral.partition(place)
        if found:
            scale = {"亿亿": 10**16, "万亿": 10**12, "亿": 10**8, "万": 10**4}[place]
            return value_of(head) * scale + value_of(tail)
    total, figure = 0, 0
    for character in numeral:
        if character in "十百千":
            total += (figure or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            figure = 0
        else:
            figure = numbers.DIGITS.index(character)
    return total + figure


@given(value=st.one_of(st.integers(0, 10**5), st.integers(0, 10**16 - 1)))
def test_a_numeral_names_the_number_it_was_made_from(value):
    assert value_of(numbers.cardinal(str(value))) == value


@pytest.mark.parametrize(
    ("figures", "numeral"),
    [("10", "十"), ("110", "一百一十"), ("105", "一百零五"), ("1005", "一千零五"), ("10010", "一万零一十"),
     ("100000", "十万"), ("20000", "两万"), ("100000001", "一亿零一"), ("100100000", "一亿零一十万"), ("0", "零")],
)  # fmt: skip
def test_zeros_inside_a_number_are_said_once(figures, numeral):
    assert numbers.cardinal(figures) == numeral


def test_each_character_points_at_its_source():
    text = "有２００元。OK"
    result = normalise_mandarin(text)
    assert [text[span.start : span.end] for span in result.spans] == ["有", "２００", "２００", "元", "O", "K"]


@given(text=st.text(alphabet="0123456789-+~:./^%‰¥$€U S°C年月點点個个后二两以比分a℃²⁻½ｶﾞ〇○①*<>=", max_size=14))
def test_any_mix_of_figures_and_marks_is_read_once(text):
    result = normalise_mandarin(text)
    assert len(result.spans) == len(result.text)
    assert normalise_mandarin(result.text).text == result.text
