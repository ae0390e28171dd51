"""ARPA files are read as they are written, and their mistakes are named by line."""

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from arpa_models import random_tables, to_arpa

from ds2cli.errors import LanguageModelError, UsageError
from ds2cli.language.arpa import read_arpa
from ds2cli.language.model import load_ngram_model, model_in_memory

TOY = Path(__file__).parent / "data" / "toy.arpa"


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_what_is_written_is_read_back(tmp_path, order):
    tables = random_tables(["a", "b", "ça", "日本"], order, seed=order)
    path = tmp_path / "model.arpa"
    path.write_text(to_arpa(tables), encoding="utf-8")
    again = read_arpa(path)
    assert again.words == tables.words
    for n in range(order):
        np.testing.assert_array_equal(again.ngrams[n], tables.ngrams[n])
        np.testing.assert_array_equal(again.log10_probs[n], tables.log10_probs[n])
    for mine, theirs in zip(again.log10_backoffs, tables.log10_backoffs, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("change", [gzip.compress, lzma.compress, bz2.compress, lambda text: b"\xef\xbb\xbf" + text])
def test_a_compressed_file_or_one_with_a_mark_reads_as_the_plain_one_whatever_its_name(tmp_path, change):
    path = tmp_path / "model"
    path.write_bytes(change(TOY.read_bytes()))
    ours, plain = read_arpa(path), read_arpa(TOY)
    assert ours.words == plain.words
    for mine, other in zip(ours.log10_probs, plain.log10_probs, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, bz2.compress])
@pytest.mark.parametrize("keep", [0.3, 0.8])
def test_a_compressed_file_cut_short_says_how_it_is_compressed(tmp_path, compress, keep):
    content = compress(TOY.read_bytes())
    (tmp_path / "cut").write_bytes(content[: int(keep * len(content))])
    with pytest.raises(UsageError, match="its (gzip|xz|bzip2) data is (cut short|damaged)"):
        read_arpa(tmp_path / "cut")


def test_utf16_is_read_and_a_compressed_binary_is_named_for_what_it_is(tmp_path):
    (tmp_path / "wide.arpa").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-16")
    assert read_arpa(tmp_path / "wide.arpa").words == read_arpa(TOY).words
    (tmp_path / "lm.bin.gz").write_bytes(gzip.compress((TOY.parent / "toy.trie.bin").read_bytes()))
    with pytest.raises(LanguageModelError, match="a KenLM binary, compressed"):
        read_arpa(tmp_path / "lm.bin.gz")


def test_the_end_that_a_recipe_copies_from_the_beginning_is_passed_over(tmp_path):
    plain = read_arpa(TOY)
    lines = TOY.read_text(encoding="utf-8").replace("ngram 1=6", "ngram 1=7").splitlines(True)
    begin = next(number for number, line in enumerate(lines) if "<s>" in line)
    copy = lines[begin].replace("<s>", "</s>")
    for place in (begin + 1, next(number for number, line in enumerate(lines) if "</s>" in line) + 1):
        path = tmp_path / f"{place}.arpa"
        path.write_text("".join([*lines[:place], copy, *lines[place:]]), encoding="utf-8")
        tables = read_arpa(path)
        assert tables.words == plain.words and "copy of `<s>`" in tables.notes[0]
        np.testing.assert_array_equal(tables.log10_probs[0], plain.log10_probs[0])


@pytest.mark.parametrize("order", [1, 2, 3])
def test_of_an_n_gram_listed_again_the_last_line_counts_at_every_order(tmp_path, order):
    text = TOY.read_text(encoding="utf-8")
    title, count = f"\\{order}-grams:\n", int(text.split(f"ngram {order}=")[1].split("\n")[0])
    text = text.replace(f"ngram {order}={count}", f"ngram {order}={count + 1}")
    head, rest = text.split(title)
    first = rest.split("\n")[1 if order == 1 else 0].split("\t")
    again = "\t".join(["-0.0625", first[1], *(["-0.125"] if order < 3 else [])])
    section, end = rest.split("\n\n", 1)
    path = tmp_path / "again.arpa"
    path.write_text(f"{head}{title}{section}\n{again}\n\n{end}", encoding="utf-8")
    tables, plain = read_arpa(path), read_arpa(TOY)
    assert tables.counts == plain.counts and tables.words == plain.words
    row = next(row for row, ids in enumerate(tables.ngrams[order - 1].tolist())
               if " ".join(tables.words[word] for word in ids) == first[1])
    assert tables.log10_probs[order - 1][row] == -0.0625
    assert f"1 {order}-gram more than once (`{first[1]}`)" in tables.notes[0]
    model = load_ngram_model(path, use_cache=False)
    assert model.notes == tables.notes
    np.testing.assert_array_equal(model.score("yes no über"), model_in_memory(tables).score("yes no über"))


def test_spaces_for_tabs_text_before_the_data_and_windows_line_ends_are_read(tmp_path):
    text = "made by a toolkit\nngram 1=nr\n\n" + TOY.read_text(encoding="utf-8")
    path = tmp_path / "model.arpa"
    path.write_bytes(text.replace("\t", " ").replace("\n", "\r\n").encode())
    np.testing.assert_array_equal(read_arpa(path).log10_probs[2], read_arpa(TOY).log10_probs[2])


def test_a_model_without_unk_gets_one_that_is_very_unlikely(tmp_path):
    path = tmp_path / "model.arpa"
    text = TOY.read_text(encoding="utf-8").replace("-1.3010\t<unk>\t0\n", "")
    path.write_text(text.replace("ngram 1=6", "ngram 1=5"), encoding="utf-8")
    tables = read_arpa(path)
    assert tables.words[0] == "<unk>" and tables.log10_probs[0][0] == -100


WRONG = {
    "the file ends too early: 4 of 6 2-grams": lambda text: "".join(text.splitlines(True)[:18]),
    "line 26: 3 3-grams, where \\data\\ promises 5": lambda text: text.replace("ngram 3=3", "ngram 3=5"),
    "line 25: expected \\end\\": lambda text: text.replace("ngram 3=3", "ngram 3=2"),
    "line 16: `maybe` is not among the 1-grams": lambda text: text.replace("<s> no\t", "<s> maybe\t"),
    "line 17: `-0.x` is not a probability": lambda text: text.replace("-0.3979", "-0.x"),
    "line 17: a positive log-probability": lambda text: text.replace("-0.3979", "0.3979"),
    "line 17: fewer than 2 words": lambda text: text.replace("yes </s>\n", "yes\n"),
    "line 10: `\\xe9t\\xe9` is not UTF-8": lambda text: text.replace("yes", "\udce9t\udce9"),
    "line 10: `y\\x00s` holds a zero byte": lambda text: text.replace("yes", "y\0s"),
    "line 16: `inf` is not a backoff": lambda text: text.replace("<s> no\t", "<s> no\tinf", 1).replace("inf-", "inf #"),
    "no \\data\\: this is neither an ARPA file nor a KenLM binary": lambda text: "hello\nworld\n",
    "has no 1-gram `<s>`": lambda text: text.replace("<s>", "<begin>"),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path, message):
    path = tmp_path / "model.arpa"
    path.write_text(WRONG[message](TOY.read_text(encoding="utf-8")), encoding="utf-8", errors="surrogateescape")
    with pytest.raises(LanguageModelError) as caught:
        read_arpa(path)
    assert message in str(caught.value) and str(path) in str(caught.value)


def test_a_missing_file_an_empty_one_and_a_cut_gzip_are_errors(tmp_path):
    with pytest.raises(LanguageModelError, match="no such file"):
        read_arpa(tmp_path / "none.arpa")
    (tmp_path / "empty.arpa").touch()
    with pytest.raises(LanguageModelError, match="neither an ARPA"):
        read_arpa(tmp_path / "empty.arpa")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(TOY.read_bytes())[:80])
    with pytest.raises(UsageError, match="cut short"):
        read_arpa(tmp_path / "cut.gz")
