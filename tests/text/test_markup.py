"""Pages of markup become the text that a reader sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.text.markup import text_of_markup

PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
  <head><title>Not this</title><style>p { color: red }</style><script>var not = "this";</script>
    <link rel="stylesheet" href="a.css"/><meta charset="utf-8"/></head>
  <body>
    <!-- not this -->
    <h1>Chapter 1. <em>Loomings</em>.</h1>
    <p><span id="w1">Call</span>
       <span id="w2">me</span>

       <span id="w3">Ishmael.</span> AT&amp;T&nbsp;caf&eacute;&#8212;1 &lt; 2
       <span epub:type="pagebreak" title="7">7</span></p>
    <p>One<br/>line<br>and another<span class="pagenum"><span>[8]</span></span></p><noscript>not this</noscript>
    <ul><li>first<li>second</ul><div hidden>not this</div>
    <pre>kept
as it   is</pre>
  </body>
</html>"""


def test_a_reader_sees_paragraphs_and_no_scripts():
    assert text_of_markup(PAGE) == (
        "Chapter 1. Loomings.\n\nCall me Ishmael. AT&T café—1 < 2\n\nOne\nline\nand another\n\n"
        "first\n\nsecond\n\nkept\nas it is\n"
    )


def test_words_that_touch_in_the_source_touch_in_the_text():
    assert text_of_markup("<p>un<b>believ</b>able</p>") == "unbelievable\n"


@pytest.mark.parametrize("broken", ["<p>one<p>two", "<div>one</p></div></pre>two", "one<br>\n<br/>two"])
def test_unclosed_and_misplaced_ends_lose_nothing(broken):
    assert text_of_markup(broken).split() == ["one", "two"]


@given(text=st.text(max_size=80))
def test_any_text_is_read_without_complaint(text):
    assert text_of_markup(text).endswith("\n")


@given(words=st.lists(st.text(alphabet="abc", min_size=1), min_size=1, max_size=20))
def test_plain_words_stay(words):
    assert text_of_markup(" ".join(words)).split() == words


@pytest.mark.parametrize(("page", "said"), [
    ('<p>from<a epub:type="noteref" href="#n2">2</a> the</p>', "from the"),
    ('the<a href="x.html#Footnote_1" class="fnanchor">[1]</a> end.<sup>12</sup> so<sup><a href="#f">[b]</a></sup>',
     "the end. so"),
    ("x<sup>2</sup> the 10<sup>th</sup> M<sup>r</sup> <a href='#c'>Chapter 2</a>", "x2 the 10th Mr Chapter 2"),
    ('a<aside epub:type="footnote"><p>no <b>no</b></p></aside>b<section role="doc-endnotes">no</section>', "a b"),
    ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</ruby>。", "漢字。"),
    ("<style>.x, p.y {color: red; display: none}</style><p class='x'>no</p><p class='y'>no</p><div class='y'>yes</div>",
     "yes"),
    ("<p hidden>no<p>yes <span style='visibility: hidden'>no</span>", "yes"),
])
def test_what_is_not_read_aloud_is_not_text(page, said):
    assert text_of_markup(page).split() == said.split()
