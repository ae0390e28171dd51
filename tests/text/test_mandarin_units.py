"""Mandarin's units: characters of a standard beside those of the texts, and pinyin as pypinyin reads it."""

import codecs
import sys

import pytest

from ds2cli.errors import UsageError
from ds2cli.text.character_sets import CharacterSet, characters_of, units_with
from ds2cli.text.units import parse_units, units_of, write_units


@pytest.mark.parametrize(("name", "count"), [("gb2312", 6763), ("big5", 13061)])
def test_a_standards_characters_are_those_that_its_codec_takes(name, count):
    found = characters_of(CharacterSet(name))
    assert len(found) == len(set(found)) == count and found == sorted(found)
    assert all(codecs.encode(one, name) for one in found)


def test_units_hold_the_texts_characters_too_and_survive_their_file():
    units = units_with(units_of(["囧 ok", "打开"]), CharacterSet.gb2312)
    assert {"囧", "打", " ", "z"} <= set(units.names) and len(units) == 1 + 6763 + 1 + 26 + 1
    assert parse_units(write_units(units)) == units
    assert units.rate_name == "CER" and units.text(units.encode("打开 apple pay 吧")) == "打开apple pay吧"


def test_pinyin_reads_a_character_by_its_neighbours():
    pytest.importorskip("pypinyin")
    from ds2cli.text.mandarin.pinyin import pronounce, readings

    # As any dictionary has them.
    said = {"重庆": "ch ong2 q ing4", "重要": "zh ong4 iao4", "银行": "in2 h ang2", "行走": "x ing2 z ou3",
            "我们": "uo3 m en5", "女儿": "n v3 er2", "语言": "v3 ian2", "知识": "zh i1 sh i2", "apple": "A P P L E",
            "打开wifi 吧": "d a3 k ai1 W I F I b a5"}
    assert {text: " ".join(pronounce(text)) for text in said} == said
    assert [" ".join(way) for way in readings("重")][:2] == ["zh ong4", "ch ong2"]
    assert readings("长")[:2] == [["zh", "ang3"], ["ch", "ang2"]] and readings("重庆") == [said["重庆"].split()]
    with pytest.raises(KeyError, match="☆"):
        pronounce("我☆")


def test_without_the_package_there_is_a_line_to_type(monkeypatch):
    from ds2cli.text.mandarin.pinyin import pronounce

    monkeypatch.setitem(sys.modules, "pypinyin", None)
    with pytest.raises(UsageError, match="pypinyin") as problem:
        pronounce("我们")
    assert "ds2cli[mandarin]" in problem.value.hint
