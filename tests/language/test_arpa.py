"""ARPA files are read as they are written, and their mistakes are named by line."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from arpa_models import random_tables, to_arpa

from ds2cli.errors import LanguageModelError
from ds2cli.language.arpa import read_arpa

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


def test_a_gzipped_file_reads_as_the_plain_one(tmp_path):
    path = tmp_path / "toy.arpa.gz"
    path.write_bytes(gzip.compress(TOY.read_bytes()))
    assert read_arpa(path).words == read_arpa(TOY).words


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
    "line 11: `yes` is listed twice": lambda text: text.replace("\tno\t", "\tyes\t"),
    "no \\data\\: this is not an ARPA file": lambda text: "hello\nworld\n",
    "has no 1-gram `<s>`": lambda text: text.replace("<s>", "<begin>"),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_named_with_its_line(tmp_path, message):
    path = tmp_path / "model.arpa"
    path.write_text(WRONG[message](TOY.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(LanguageModelError) as caught:
        read_arpa(path)
    assert message in str(caught.value) and str(path) in str(caught.value)


def test_a_missing_file_an_empty_one_and_a_cut_gzip_are_errors(tmp_path):
    with pytest.raises(LanguageModelError, match="no such file"):
        read_arpa(tmp_path / "none.arpa")
    (tmp_path / "empty.arpa").touch()
    with pytest.raises(LanguageModelError, match="not an ARPA"):
        read_arpa(tmp_path / "empty.arpa")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(TOY.read_bytes())[:80])
    with pytest.raises(LanguageModelError, match="cut short"):
        read_arpa(tmp_path / "cut.gz")
