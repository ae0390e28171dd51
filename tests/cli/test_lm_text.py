"""`ds2 lm text`: a book in, spoken lines out, with the way back."""

import gzip
import json

import pytest

BOOK = """The Project Gutenberg eBook of A Book

*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***

CHAPTER I.

“What!” he said. Mr. Smith paid $5 for
No. 5 — the _best_ of 日本.[12]

* * *

*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***
Licence.
"""
SPOKEN = ["chapter one", "what he said", "mister smith paid five dollars for number five the best of"]


@pytest.fixture
def book(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK, encoding="utf-8")
    return tmp_path / "book.txt"


def test_a_book_becomes_one_spoken_sentence_a_line(run, book):
    ran = run("lm", "text", book)
    assert (ran.code, ran.stdout.splitlines()) == (0, SPOKEN)


def test_what_is_dropped_is_counted_with_its_reason_on_stderr(run, book):
    report = run("lm", "text", book).stderr
    for reason in ("Project Gutenberg header and licence", "markup: 1   [12] 1", "other script: 1   日本 1"):
        assert f"dropped   {reason}" in report
    assert "3 lines, 16 words out" in report


def test_standard_input_and_compressed_files_read_alike(run, book, tmp_path):
    (tmp_path / "book.txt.gz").write_bytes(gzip.compress(BOOK.encode()))
    assert run("lm", "text", "-", stdin=BOOK).stdout == run("lm", "text", tmp_path / "book.txt.gz").stdout
    assert run("lm", "text", stdin=BOOK).stdout.splitlines() == SPOKEN


def test_the_map_leads_back_to_the_original_characters(run, book, tmp_path):
    run("lm", "text", book, "--spans", tmp_path / "map.jsonl")
    records = [json.loads(line) for line in (tmp_path / "map.jsonl").read_text().splitlines()]
    assert [record["text"] for record in records] == SPOKEN
    last = records[-1]
    sources = [BOOK[start:end] for start, end in last["spans"]]
    assert sources == "Mr. Smith paid $5 $5 for No. 5 the best of".split()
    sentence = BOOK[last["start"] : last["end"]]
    assert sentence.startswith("Mr. Smith") and sentence.endswith("[12]")


def test_kept_lines_stay_line_for_line(run):
    ran = run("lm", "text", "--keep-lines", stdin="One. Two.\n\n3!\n")
    assert ran.stdout == "one two\n\nthree\n"


def test_mandarin_is_cut_at_its_own_marks(run):
    ran = run("lm", "text", "--language", "mandarin", stdin="今天25℃。我有2个！好吗？\n")
    assert ran.stdout.splitlines() == ["今天二十五摄氏度", "我有两个", "好吗"]


def test_without_a_normaliser_sentences_are_only_cut(run):
    assert run("lm", "text", "--language", "none", stdin="One 1.\nTwo\n2.\n").stdout == "One 1.\nTwo 2.\n"


def test_output_already_spoken_is_left_as_it_is(run):
    assert run("lm", "text", "--keep-lines", stdin="\n".join(SPOKEN) + "\n").stdout.splitlines() == SPOKEN


def test_text_that_is_not_utf8_is_named_and_nothing_is_half_written(run, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"fine\nb\xe9se\n")
    ran = run("lm", "text", tmp_path / "latin.txt", "-o", tmp_path / "out.txt")
    assert ran.code == 2 and "line 2: not UTF-8" in ran.stderr and "iconv" in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["latin.txt"]
