"""A text becomes words, labels and a way back: nothing is spelled that was not written, nothing written is lost."""


import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.errors import UsageError
from ds2cli.text.normalise import NORMALISERS, normalise
from ds2cli.text.spelled_text import NO_UNIT, SpelledText, spell_text
from ds2cli.text.units import SPACE, Units, units_of

ENGLISH = units_of(["abcdefghijklmnopqrstuvwxyz' "])
CHINESE = units_of(["我有三个苹果和百元今天好a"])
texts = st.lists(
    st.sampled_from([*"The cat, “Mr. Grey” (said) — 23 1,234 $5.50 é αβ [12] ' 's x-y a--b 'tis _so_ ½ 3rd .".split(),
                     '"No"', "\n\n", "\n"]), max_size=25).map(" ".join)  # fmt: skip


def check(transcript: SpelledText, units: Units) -> None:
    """What every transcript promises."""
    words, starts, labels = transcript.words, transcript.starts, transcript.labels
    assert starts.dtype == labels.dtype == np.int32
    assert len(starts) == len(words) + 1 and len(transcript.spans) == len(words)
    assert starts[0] == 0 and starts[-1] == len(labels)
    assert units.decode(labels.tolist()) == transcript.separator.join(words)
    for number, word in enumerate(words):
        first, after = transcript.spelled(number, number + 1)
        assert units.decode(labels[first:after].tolist()) == word == transcript.text(number, number + 1)
        behind = labels[after : starts[number + 1]].tolist()
        expected = [units.names.index(SPACE)] if transcript.is_spaced and number + 1 < len(words) else []
        assert behind == expected


@given(text=texts)
def test_words_labels_and_starts_spell_the_same(text):
    transcript = spell_text(text, ENGLISH, "english")
    check(transcript, ENGLISH)
    spoken = [word for paragraph in text.split("\n\n") for word in normalise(paragraph, "english").text.split()]
    if "\n \n" not in text:
        assert transcript.words == spoken


@given(text=texts, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_whatever_the_cuts_every_written_word_is_found_once_or_in_its_number(text, cuts):
    transcript = spell_text(text, ENGLISH, "english")
    inner = {cut for cut in cuts if 0 < cut < len(transcript.words) and not transcript.joins[cut]}
    edges = sorted({0, len(transcript.words), *inner})
    ranges = list(zip(edges, edges[1:], strict=False))
    parts = [transcript.original_of(*one) for one in ranges]
    rest = text
    for part, (first, after) in zip(parts, ranges, strict=True):
        assert "  " not in part and part == part.strip()
        assert "".join(transcript.pieces(first, after)).strip() == part
        folded = " ".join(rest.split())
        assert part in folded  # in order, and never the same stretch twice
        rest = folded[folded.index(part) + len(part) :]
        for span in transcript.spans[first:after]:
            assert " ".join(text[span.start : span.end].split()) in part


@given(text=st.text(max_size=60), language=st.sampled_from(NORMALISERS), units=st.sampled_from([ENGLISH, CHINESE]),
       data=st.data())  # fmt: skip
def test_any_text_in_any_language_and_units_keeps_its_way_back(text, language, units, data):
    transcript = spell_text(text, units, language)
    check(transcript, units)
    if transcript.words:
        first = data.draw(st.integers(0, len(transcript.words) - 1))
        after = data.draw(st.integers(first + 1, len(transcript.words)))
        original = transcript.original_of(first, after)
        assert original and original in " ".join(text.split())


@pytest.mark.parametrize("text", ["AAAA A", "aa  aa", "我 meet you 好", " A a 我"])
def test_a_space_between_latin_words_of_mandarin_goes_with_its_letters(text):
    transcript = spell_text(text, ENGLISH, "mandarin")
    check(transcript, ENGLISH)
    for first in range(len(transcript.words)):
        for after in range(first + 1, len(transcript.words) + 1):
            original = transcript.original_of(first, after)
            assert original and original in " ".join(text.split())
    assert not any(" " in (transcript.words[cut - 1], transcript.words[cut])
                   for cut in range(1, len(transcript.words)) if not transcript.joins[cut])


@pytest.mark.parametrize(("text", "language"), [("0000", "english"), ("0:-¼", "mandarin"), ("№ ½ ㎏", "english")])
def test_words_that_share_what_is_written_are_not_told_apart(text, language):
    transcript = spell_text(text, units_of(["zeroumbnhalfkigt 零负四分之一"]), language)
    for word in range(len(transcript.words)):
        assert transcript.original_of(word, word + 1) in text


@pytest.mark.parametrize(
    ("text", "cut", "before", "after"),
    [
        ("He said: “Go!” “No,” she said.", 3, "He said: “Go!”", "“No,” she said."),
        ('"Yes," he said. "Go."', 3, '"Yes," he said.', '"Go."'),
        ("wharves—surf", 1, "wharves—", "surf"),
        ("he said--“oh, no”", 2, "he said--", "“oh, no”"),
        ("He left — she stayed.", 2, "He left —", "she stayed."),
        ("It was _never_ so.", 3, "It was _never_", "so."),
        ("Mr. Grey\npaid $5 (all).", 6, "Mr. Grey paid $5 (all).", ""),
        ("Mr. Grey\npaid $5 (all).", 3, "Mr. Grey paid", "$5 (all)."),
        ("The end.\n\n* * *\n\nPart 2", 2, "The end.", "Part 2"),
        ("the end[12] is near", 2, "the end", "is near"),
    ],
)
def test_marks_go_with_their_words(text, cut, before, after):
    transcript = spell_text(text, ENGLISH, "english")
    assert transcript.original_of(0, cut) == before
    assert after == (transcript.original_of(cut, len(transcript.words)) if cut < len(transcript.words) else "")


def test_the_words_of_a_number_share_its_figures():
    transcript = spell_text("In 1916, 23 men", ENGLISH, "english")
    assert transcript.words == ["in", "nineteen", "sixteen", "twenty", "three", "men"]
    assert transcript.joins.tolist() == [False, False, True, False, True, False, False]
    assert transcript.pieces(0, 6) == ["In ", "1916, ", "", "23 ", "", "men"]
    assert transcript.original_of(2, 6) == "1916, 23 men"
    assert transcript.original_of(0, 6) == "In 1916, 23 men"


def test_mandarin_is_characters_without_spaces():
    transcript = spell_text("“我有３个苹果。”\n\n今天好！", CHINESE, "mandarin")
    check(transcript, CHINESE)
    assert transcript.words == list("我有三个苹果今天好")
    assert not transcript.is_spaced and transcript.text(0, 2) == "我有"
    assert transcript.original_of(0, 2) == "“我有"
    assert transcript.original_of(len(transcript.words) - 3, len(transcript.words)) == "今天好！"


def test_a_text_that_is_spelled_already_stays_as_it_is():
    transcript = spell_text("Go  on,\nÄ man", units_of(["GÄoan m"]), "none")
    assert transcript.words == ["Go", "on", "Ä", "man"]
    assert transcript.dropped == {(NO_UNIT, ","): 1}
    assert transcript.original_of(1, 3) == "on, Ä"


def test_phones_are_words_with_their_own_separator():
    phones = units_of(["HH AH L OW"], separator=" ")
    transcript = spell_text("HH AH L OW XX", phones, "none")
    check(transcript, phones)
    assert transcript.words == ["HH", "AH", "L", "OW"] and not transcript.is_spaced
    assert transcript.text(0, 2) == "HH AH"


def test_what_no_unit_spells_is_counted_and_the_word_keeps_the_rest():
    transcript = spell_text("o'clock o'clock q", units_of(["clok "]), "english")
    assert transcript.words == ["oclock", "oclock"]
    assert transcript.dropped[NO_UNIT, "'"] == 2 and transcript.dropped[NO_UNIT, "q"] == 1


def test_project_gutenbergs_header_and_licence_are_left_out():
    book = ("The Project Gutenberg eBook of Tales\n\nTitle\n\n*** START OF THE PROJECT GUTENBERG EBOOK TALES ***\n\n"
            "Once upon a time.\n\n*** END OF THE PROJECT GUTENBERG EBOOK TALES ***\n\nLicence of many words\n")
    transcript = spell_text(book, ENGLISH, "english")
    assert transcript.text(0, len(transcript.words)) == "once upon a time"
    assert transcript.original_of(0, 4) == "Once upon a time."


@pytest.mark.parametrize("text", ["", " \n\n ", "— … ?", "αβγ"])
def test_a_text_without_words_is_a_transcript_without_words(text):
    transcript = spell_text(text, ENGLISH, "english")
    assert transcript.words == [] and transcript.starts.tolist() == [0] and len(transcript.labels) == 0


def test_an_unknown_language_is_named():
    with pytest.raises(UsageError, match="klingon"):
        spell_text("a", ENGLISH, "klingon")


def test_a_quarter_of_a_megabyte_keeps_its_words():
    text = "“Well,” said Mr. Grey, “we saw a score of whales on the 3rd of May—a fine sight.”\n\n" * 3_200
    transcript = spell_text(text, ENGLISH, "english")
    assert len(text) > 250_000 and len(transcript.words) > 50_000
