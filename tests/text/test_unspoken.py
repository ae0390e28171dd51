"""Who speaks, when, and what happens is left out of a text and counted; what is said stays, whatever it looks like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.text.line_ends import join_words
from ds2cli.text.unspoken import DIRECTIONS, JOINED, SPEAKERS, STAMPS, spoken_part

WORDS = frozenset("day light daylight well known five and the daughter".split())


@pytest.mark.parametrize(("text", "said", "left_out"), [
    ("[00:00:15] SPEAKER 2: Hello there.\n[00:00:17] SPEAKER 1: Yes [laughs].", "Hello there. Yes .",
     {STAMPS: 2, SPEAKERS: 2, DIRECTIONS: 1}),
    ("0:01 hello there\n0:05 12:30 is the time\n1:02:03 end", "hello there 12:30 is the time end", {STAMPS: 3}),
    ("Speaker 1  0:03\nhello\n\nSpeaker 2  0:10\nyes at 10:30", "hello yes at 10:30", {SPEAKERS: 2, STAMPS: 2}),
    ("MARTHA (softly): Who?\n\nJOHN: Me.\n\n[Exit Martha.]\n\nMARTHA: Go! (laughs) Then (as he said) go.",
     "Who? Me. Go! Then (as he said) go.", {SPEAKERS: 3, DIRECTIONS: 2}),
    ("Q: Where?\nA: Here.\nQ: Who?\nA: Me.", "Where? Here. Who? Me.", {SPEAKERS: 4}),
    ("John Smith: hi\nMary: hello\nJohn Smith: bye\nMary: so: long", "hi hello bye so: long", {SPEAKERS: 4}),
    ("MAN 1: Hello.\n- [DOOR SLAMS] Woman: You.", "Hello. - Woman: You.", {SPEAKERS: 1, DIRECTIONS: 1}),
    (">> hello\n>> SPEAKER: you", "hello you", {SPEAKERS: 1}),
    ("HAMLET.\nTo be.\n\nOPHELIA.\nMy lord!\n\nHAMLET.\nNo.\n\nOPHELIA.\nYes.", "To be. My lord! No. Yes.",
     {SPEAKERS: 4}),
    ("he said[12] so [sic] [Illustration: a\nship] *laughs* ♪ la ♪", "he said so la", {DIRECTIONS: 6}),
])  # fmt: skip
def test_what_nobody_says_is_left_out_and_counted(text, said, left_out):
    found = spoken_part(text)
    assert found.text.split() == said.split() and dict(found.left_out) == left_out


@pytest.mark.parametrize("text", [
    "He said: go.\nNote: this is read.\nChapter One: The Beginning\n",
    "Genesis 1:1 In the beginning\nThe Lord said: Let\n",
    "12:30 was the time.\nThen 13:00\n", "the king [of France] came (he opened the door and left) [his window]",
    "WARNING: the ice is thin.\nIt was cold.\n", "CHAPTER I: Loomings\n\nCHAPTER II: The Bag\n\nCHAPTER I: again\n",
    "My dear Sir: I write\n", "Man: the measure of all things\n",
    "She had three wishes: one, two and three.\nI know: none.\n",
])
def test_what_is_said_stays(text):
    assert spoken_part(text).text == text and not spoken_part(text).left_out


@pytest.mark.parametrize(("broken", "whole"), [
    ("a day-\nlight b", "a daylight\n b"), ("five- and ten", "five- and ten"), ("well-\nknown", "well-\nknown"),
    ("Lag-\n  ree was", "Lagree\n was"), ("daugh\u00ad\nter", "daughter\n"), ("Jean-\nPaul", "Jean-\nPaul"),
])
def test_words_that_a_lines_end_divides_are_one_where_the_lexicon_says_so(broken, whole):
    assert join_words(broken, WORDS.__contains__)[0] == whole


def test_without_a_lexicon_the_text_itself_says_so():
    assert join_words("whal-\ning and whaling, sea-\nman") == ("whaling\n and whaling, sea-\nman", 1)
    assert join_words("sea-\nman, a sea-man", lambda word: None) == ("sea-\nman, a sea-man", 0)
    assert spoken_part("whal-\ning, whaling").left_out == {JOINED: 1}


@given(words=st.lists(st.text(alphabet="abc,.", min_size=1, max_size=8), max_size=60))
def test_plain_sentences_stay_as_they_are(words):
    text = " ".join(words)
    assert spoken_part(text).text == text


@given(text=st.text(alphabet="aB:[](){}0159>*-\n .'♪", max_size=120))
def test_any_text_is_read_and_gains_no_letter(text):
    said = spoken_part(text).text
    assert all(said.count(letter) <= text.count(letter) for letter in "aB:0159")
