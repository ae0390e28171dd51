"""Rates are errors over reference tokens of the whole corpus."""

import pytest

from ds2cli.scoring.edits.tokens import scored_characters, split_words
from ds2cli.scoring.rates import Counts, score_texts


def test_a_corpus_is_summed_not_averaged():
    rates = score_texts(["a", "a b c"], ["b", "a b c"])
    assert rates.wer == 25.0
    assert rates.words == Counts(correct=3, substitutions=1)
    assert rates.sentence_error_rate == 50.0


def test_characters_count_one_space_between_words():
    assert score_texts(["the  cat"], ["thecat"]).characters == Counts(correct=6, deletions=1)


def test_no_reference_words_give_counts_and_no_rate():
    rates = score_texts([""], ["two words"])
    assert rates.wer is None and rates.cer is None
    assert rates.words == Counts(insertions=2)
    assert score_texts([], []).wer is None


def test_unequal_numbers_are_a_broken_promise():
    with pytest.raises(ValueError, match="2 references but 1"):
        score_texts(["a", "b"], ["a"])


@pytest.mark.parametrize(("text", "words"), [
    ("the cat's  hat", ["the", "cat's", "hat"]),
    ("打开 wifi吧", ["打", "开", "wifi", "吧"]),
    ("カメラ 東京", ["カ", "メ", "ラ", "東", "京"]),
    ("한국어 문장", ["한국어", "문장"]),
    ("naïve\u3000café", ["naïve", "café"]),
    (" \t", []),
])
def test_words_are_runs_between_spaces_and_characters_of_unspaced_scripts(text, words):
    assert split_words(text) == words


def test_spaces_beside_unspaced_scripts_do_not_count():
    assert scored_characters("你 好 wifi  ok") == "你好wifi ok"


def test_two_strings_are_one_utterance():
    assert score_texts("the cat", "the bat").wer == 50.0
    with pytest.raises(TypeError, match="a string against a list"):
        score_texts(["the cat"], "the bat")
