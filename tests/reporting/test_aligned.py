"""REF, HYP and EVAL lines whose words stand above each other, in any script."""

import pytest

from ds2cli.reporting.aligned import LINE_WIDTH, aligned_lines, width


@pytest.mark.parametrize(("text", "columns"), [
    ("abc", 3), ("你好", 4), ("カナ", 4), ("ｶﾅ", 2), ("한국", 4), ("cafe\u0301", 4), ("naïve", 5), ("", 0), ("👍", 2),
])
def test_wide_characters_take_two_columns_and_combining_ones_none(text, columns):
    assert width(text) == columns


def starts(line: str, words: list[str]) -> list[int]:
    """The columns at which words begin."""
    found, at = [], 0
    for word in words:
        at = line.index(word, at)
        found.append(width(line[:at]))
        at += len(word)
    return found


def test_words_of_both_sides_begin_in_the_same_column():
    alignment = [("correct", "你", "你"), ("substituted", "好", "hello"), ("deleted", "世界", None),
                 ("inserted", None, "wifi"), ("correct", "end", "end")]
    reference, hypothesis, marks = aligned_lines(alignment)
    said, understood = ["你", "好", "世界", "****", "end"], ["你", "hello", "****", "wifi", "end"]
    assert starts(reference, said) == starts(hypothesis, understood)
    assert starts(marks, ["S", "D", "I"]) == starts(reference, ["好", "世界", "****"])


def test_long_utterances_are_broken_between_words():
    lines = aligned_lines([("correct", "word" * 3, "word" * 3)] * 40)
    assert len(lines) % 3 == 0 and len(lines) > 3
    assert all(width(line) <= LINE_WIDTH for line in lines)
    assert sum(line.count("wordwordword") for line in lines[::3]) == 40
