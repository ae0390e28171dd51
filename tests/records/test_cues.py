"""Subtitles are read as the text that is said: each line once, without numbers, times and markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.records.cues import is_captions, read_cues, text_of_captions
from ds2cli.records.srt import srt
from ds2cli.records.vtt import vtt

ROLLING = """WEBVTT
Kind: captions
Language: en

STYLE
::cue { color: red }

00:00:00.000 --> 00:00:02.000 align:start position:0%
 
hello<00:00:00.500><c> world</c>

00:00:02.000 --> 00:00:02.010 align:start position:0%
hello world
 

00:00:02.010 --> 00:00:04.000 align:start position:0%
hello world
this<00:00:02.500><c> is</c> &amp; <v Bob>you</v>

NOTE
not this

name of a cue
00:00:04.010 --> 00:00:05.000
this is &amp; you
12 men
"""  # noqa: W293 (YouTube's lines hold a space)


def test_captions_that_roll_say_each_line_once():
    assert text_of_captions(ROLLING) == "hello world\nthis is & you\n12 men\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_subrip_is_read_with_any_line_ends_and_without_blank_lines(ends):
    text = ("\ufeff1\n00:00:01,000 --> 00:00:02,500\n<i>No.</i>\n2\n00:00:02,500 --> 00:00:03,000 X1:0 X2:9\nNo.\n\n\n"
            "3\n0:00:03.0 --> 0:00:04.0\n{\\an8}<font color=\"#fff\">In</font> 1984\\Nor\n1985\n")
    cues = list(read_cues(text.replace("\n", ends)))
    assert [cue.lines for cue in cues] == [("No.",), ("No.",), ("In 1984 or", "1985")]
    assert (cues[0].start, cues[0].end) == (1.0, 2.5)
    assert text_of_captions(text) == "No.\nNo.\nIn 1984 or\n1985\n"  # said twice: nothing rolls here


def test_ruby_and_sbv():
    assert text_of_captions("WEBVTT\n\n00:01.000 --> 00:02.000\n<ruby>漢<rt>kan</rt></ruby>\n") == "漢\n"
    assert text_of_captions("0:00:01.000,0:00:03.000\nhello\n\n0:00:03.000,0:00:04.000\nyou\n") == "hello\nyou\n"


@pytest.mark.parametrize(("text", "answer"), [
    (ROLLING, True), ("WEBVTT\n", True), ("1\n00:00:01,000 --> 00:00:02,000\nhi\n", True),
    ("Once upon a time --> then\n", False), ("WEBVTTX is a word\n", False), ("", False), ("1\n2\n", False),
])
def test_subtitles_are_told_by_their_look(text, answer):
    assert is_captions(text) is answer


WORDS = st.lists(st.text(alphabet="abcxyz<>&'.", min_size=1, max_size=6), min_size=1, max_size=30)


@given(words=WORDS)
def test_what_is_written_as_vtt_is_read_back(words):
    timed = [{"word": word, "original": f"{word} ", "start": n / 2, "end": n / 2 + 0.4} for n, word in enumerate(words)]
    record = {"id": "a", "audio_filepath": "a.wav", "text": " ".join(words), "words": timed}
    assert text_of_captions("\n".join(vtt([record], "text"))).split() == words


@given(words=st.lists(st.text(alphabet="abcxyz'.", min_size=1, max_size=6), min_size=1, max_size=30))
def test_what_is_written_as_srt_is_read_back(words):
    timed = [{"word": word, "original": f"{word} ", "start": n / 2, "end": n / 2 + 0.4} for n, word in enumerate(words)]
    record = {"id": "a", "audio_filepath": "a.wav", "text": " ".join(words), "words": timed}
    assert text_of_captions("\n".join(srt([record], "text"))).split() == words


@given(text=st.text(max_size=200))
def test_any_text_is_read_without_complaint(text):
    assert text_of_captions(text).endswith("\n")
