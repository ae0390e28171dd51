"""Paragraphs and sentences keep their place in the file, and a full stop is not always an end."""

import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.errors import UsageError
from ds2cli.io.text import read_lines
from ds2cli.text.sentences import Passage, each_line, paragraphs, sentences, without_licence


def cut(text: str, language: str = "english") -> list[str]:
    return [text[span.start : span.end] for span in sentences(text, language)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("He came. She went.", 2),
        ('"What!" he said. "No." Then silence.', 3),
        ("Mr. Smith met Dr. Grey on St. James's Street.", 1),
        ("J. R. R. Tolkien wrote it. J. S. Bach did not.", 2),
        ("It cost $5.50 at No. 5 Main St. near us.", 1),
        ("We met at 5 p.m. He left.", 2),
        ("the U.S. Navy", 1),
        ("On Nov. 20 we met. It was Nov. He left.", 3),
        ("So it was I. Then he left.", 2),
        ("He asked, No. Nobody spoke.", 2),
        ("Well... Perhaps!", 2),
        ("one line\nand the next", 1),
        ("", 0),
    ],
)
def test_a_sentence_ends_where_a_reader_would_end_it(text, count):
    assert len(cut(text)) == count


def test_mandarin_sentences_end_at_their_own_marks():
    assert cut("今天好。“我来！”好吗?\n好", "mandarin") == ["今天好。", "“我来！”", "好吗?", "好"]


@given(text=st.text(alphabet="aB.!? \n”'", max_size=60), language=st.sampled_from(["english", "mandarin"]))
def test_cutting_loses_nothing_but_white_space(text, language):
    assert "".join("".join(cut(text, language)).split()) == "".join(text.split())


@given(lines=st.lists(st.sampled_from(["a b\n", "\n", " \r\n", "c"]), max_size=12))
def test_passages_know_where_they_stand(lines):
    text = "".join(lines)
    for passage in [*paragraphs(lines), *each_line(lines)]:
        assert text[passage.start :].startswith(passage.text)


def test_a_text_without_blank_lines_is_read_line_by_line():
    lines = [f"line {number}\n" for number in range(2000)]
    passages = list(paragraphs([*lines, "\n", "two\n", "lines\n"]))
    assert [passage.text for passage in passages] == [*lines, "two\nlines\n"]


def test_the_licence_of_a_gutenberg_book_is_no_part_of_it():
    pages = ["The Project Gutenberg eBook of X", "for anyone", "*** START OF THE PROJECT GUTENBERG EBOOK X ***",
             "the book", "*** END OF THE PROJECT GUTENBERG EBOOK X ***", "licence"]  # fmt: skip
    marked = without_licence(Passage(0, page) for page in pages)
    assert [passage.text for passage, in_book in marked if in_book] == ["the book"]


def test_a_text_that_only_mentions_gutenberg_is_kept_whole():
    pages = ["Project Gutenberg is a library", *["page"] * 150]
    assert all(in_book for _, in_book in without_licence(Passage(0, page) for page in pages))


def test_text_is_read_plain_or_compressed(tmp_path):
    lines = ["é one\n", "two\r\n", "three"]
    for suffix, opener in {".txt": open, ".gz": gzip.open, ".xz": lzma.open}.items():
        with opener(tmp_path / f"a{suffix}", "wb") as stream:
            stream.write("".join(lines).encode())
        assert list(read_lines(tmp_path / f"a{suffix}")) == lines


def test_a_line_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"ok\nb\xe9se\n")
    with pytest.raises(UsageError, match="line 2: not UTF-8"):
        list(read_lines(tmp_path / "a.txt"))


def test_a_broken_archive_is_an_error_a_person_understands(tmp_path):
    whole = gzip.compress(b"line\n" * 1000)
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="broken"):
        list(read_lines(tmp_path / "a.gz"))
