"""Promises that every normaliser keeps, whatever text comes."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.errors import UsageError
from ds2cli.text.english.abbreviations import ALWAYS, BEFORE_NAME, BEFORE_NUMBER, SUFFIXES, WITH_STOP
from ds2cli.text.english.units import MAGNITUDES, UNITS
from ds2cli.text.normalise import NORMALISERS, normalise
from ds2cli.text.spans import Folded

WRITTEN_OUT = {"dr", "st", *ALWAYS, *WITH_STOP, *BEFORE_NAME, *BEFORE_NUMBER, *UNITS, *MAGNITUDES, *SUFFIXES, "w"}
LANGUAGES = [name for name in NORMALISERS if name != "none"]
SPELLED = {
    "english": re.compile(r"(?:[a-z']+(?: [a-z']+)*)?"),
    "mandarin": re.compile(r"(?:[a-z]+(?: [a-z]+)*|[\u3400-\u9fff\U00020000-\U000323af])*"),
}

# Text that looks like what people write: figures, marks and short forms side by side, in every order.
pieces = st.sampled_from(
    """Mr. mrs Dr. dr St. st No. vol. II Chapter IV I Louis XIV U.S. a.m. e.g. Ph.D. &c. etc. ' 's 'tis dogs' goin'
    don’t - – — . , : / $ £ ¥ % # + ° °C km in. ½ ² ™ é ß x\u0301 \u0301 \u200b … [12] [noise] <b> http:// www. .com @ &
    1 2 05 007 12 1906 1,234 3.14 .5 1914-18 10:30 1/2 1st 90s 5'10" 555-1234 2026-11-20 20.11.2026 12/25/2020 1.2.3
    November May the of 20 年 2个 ２００ 。 〇 我 第 ① 万 元 カ 한 α Ж ٣ \n \t \u2028""".split(" ")
)
figures = st.text(alphabet="0123456789.,:/-+$£%°'\" stndhkm年元", max_size=14)
texts = st.one_of(st.text(max_size=40), figures, st.lists(st.one_of(pieces, st.just(" ")), max_size=12).map("".join))


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=600, deadline=None)
@given(text=texts)
def test_normalising_twice_is_normalising_once(language, text):
    once = normalise(text, language).text
    assert normalise(once, language).text == once


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_only_what_the_acoustic_model_spells_is_left(language, text):
    spoken = normalise(text, language).text
    assert SPELLED[language].fullmatch(spoken)


@pytest.mark.parametrize("language", NORMALISERS)
@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_every_piece_has_a_span_and_spans_are_in_order_and_in_range(language, text):
    result = normalise(text, language)
    tokens = list(result.text) if language == "mandarin" else result.text.split()
    assert len(result.spans) == len(tokens)
    for token, span in zip(tokens, result.spans, strict=True):
        assert 0 <= span.start < span.end <= len(text)
        if token.strip():  # a space between Latin words of Mandarin is a piece of its own
            assert not text[span.start].isspace() and not text[span.end - 1].isspace()
    for before, span in pairwise(result.spans):
        # Words of one number share its span; so may neighbours where one character stands for several (½ ㎏ №).
        assert span == before or span.start >= before.end or not text[span.start].isascii()
        assert span.start >= before.start and span.end >= before.end


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_a_word_that_was_written_out_is_found_in_its_span(text):
    result = normalise(text, "english")
    for word, span in zip(result.text.split(), result.spans, strict=True):
        source = text[span.start : span.end]
        if source.isascii() and source.isalpha() and source.islower():
            assert word == source or source in WRITTEN_OUT


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_span_normalises_to_its_own_words(language):
    text = {
        "english": "On the 3rd day Mr. O’Neill paid $5.50, i.e. 10% more; “naïve”, 12½ km.",
        "mandarin": "２００３年，我有2个苹果（共50%）和200元，O P A。",
    }[language]
    result = normalise(text, language)
    pieces = list(dict.fromkeys(result.spans))
    alone = [normalise(text[span.start : span.end], language).text for span in pieces]
    assert len(pieces) > 10 and sum(piece in result.text for piece in alone) >= len(pieces) - 2


@settings(max_examples=600, deadline=None)
@given(text=texts)
def test_no_digit_of_english_is_lost_outside_markup(text):
    assert "[" in text or "<" in text or not silent_figures(text)


SPOKEN = re.compile(r"[0-9]+|[£€%&@+=§×÷±©¼½¾]|[$](?=[0-9])")


def silent_figures(text):
    """Digits and marks with a spoken form over which the reader says nothing."""
    said = {at for span in normalise(text, "english").spans for at in range(*span)}
    return [found[0] for found in SPOKEN.finditer(text) if not said.issuperset(range(*found.span()))]


def test_every_figure_of_real_pages_has_words():
    root = Path(__file__).parents[2]
    pages = [root / name for name in ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "constraints.txt")]
    pages += root.glob("docs/*.md")
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    figures = sum(len(SPOKEN.findall(line)) for line in lines)
    silent = {line: lost for line in lines if not MARKED.search(line) and (lost := silent_figures(line))}
    assert figures > 1000 and not silent


MARKED = re.compile(r"<[A-Za-z/]|\[[0-9]{1,3}\]")  # tags and notes, whose figures nobody reads


def test_what_is_dropped_is_counted_with_its_reason():
    dropped = normalise("Hm… [laughter] α, β, and Smith²™!", "english").dropped
    assert dropped["punctuation", ","] == 2
    assert dropped["other script", "α"] == dropped["other script", "β"] == 1
    assert dropped["markup", "[laughter]"] == 1
    assert dropped["superscript", "²"] == 1


def test_no_normaliser_leaves_the_text_alone():
    result = normalise("As  It Is, 12", "none")
    assert (result.text, len(result.spans), not result.dropped) == ("As  It Is, 12", 4, True)


def test_an_unknown_normaliser_is_named():
    with pytest.raises(UsageError, match="klingon"):
        normalise("nuqneH", "klingon")


def test_folding_keeps_the_way_back():
    folded = Folded("ﬁx é½", lambda character: {"ﬁ": "fi", "é": "e", "½": " 1/2"}[character])
    assert folded.text == "fix e 1/2"
    assert [tuple(folded.span(0, 3)), tuple(folded.span(4, 5)), tuple(folded.span(6, 9))] == [(0, 2), (3, 4), (4, 5)]
