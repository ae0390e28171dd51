"""Training text reads the same from every kind of file; what cannot be read is named with its line."""

import bz2
import gzip
import io
import json
import lzma
import sys

import pytest

from ds2cli.errors import UsageError
from ds2cli.language import texts
from ds2cli.language.texts import read_sentences, read_tokenised, read_words

LINES = ["good morning", "", "grüß gott", "今日 は"]
TOKENS = [[word.encode() for word in line.split()] for line in LINES]


def write(path, text: bytes):
    path.write_bytes(text)
    return path


def test_plain_compressed_and_records_give_the_same_sentences(tmp_path):
    text = "\n".join([*LINES, ""]).encode()
    records = "".join(json.dumps({"id": n, "text": line}) + "\n" for n, line in enumerate(LINES)).encode()
    files = [write(tmp_path / "a.txt", text), write(tmp_path / "a.gz", gzip.compress(text)),
             write(tmp_path / "a.xz", lzma.compress(text)), write(tmp_path / "a.bz2", bz2.compress(text)),
             write(tmp_path / "open-ended", text[:-1]),
             write(tmp_path / "dos", b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")),
             write(tmp_path / "a.jsonl", records), write(tmp_path / "a.jsonl.gz", gzip.compress(records))]
    for file in files:
        assert list(read_tokenised(file)) == TOKENS, file.name


def test_standard_input_is_read_too_and_may_be_compressed(monkeypatch):
    for stream in (b"a b\nc\n", gzip.compress(b"a b\nc\n")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream)))
        assert list(read_tokenised("-")) == [[b"a", b"b"], [b"c"]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_where_blocks_are_cut_changes_nothing(tmp_path, monkeypatch, size):
    file = write(tmp_path / "a.txt", "\n".join(LINES).encode())
    monkeypatch.setattr(texts, "BLOCK_BYTES", size)
    assert list(read_tokenised(file)) == TOKENS
    assert [word for block in read_sentences([file, file]) for word in block] == 2 * [
        word for line in TOKENS for word in (*line, b"</s>")]


def test_units_are_characters_and_spaces_are_none_or_a_token_of_their_own(tmp_path):
    file = write(tmp_path / "a.txt", "今日 は\nab".encode())
    bare = [[token.decode() for token in line] for line in read_tokenised(file, units=True)]
    assert bare == [["今", "日", "は"], ["a", "b"]]
    spaced = [[token.decode() for token in line] for line in read_tokenised(file, units=True, spaces=True)]
    assert spaced == [["今", "日", "<space>", "は"], ["a", "b"]]


@pytest.mark.parametrize("content, what", [
    (b"a\nb\nc \xff d\n", "line 3: not UTF-8"),
    (b"a\nthe <unk> word\n", "line 2: the text holds `<unk>`"),
    (b"x <s>\n", "line 1: the text holds `<s>`"),
    (b"x\0<s>\0y\n", "line 1: the text holds `<s>`"),
    (b'{"text": "a\\u0000</s>"}\n', "line 1: the text holds `</s>`"),
    (b'{"text": "a\\ud800"}\n', "line 1: the text holds half of a surrogate pair"),
    (b'{"text": "a"}\n{"txt": "b"}\n', "line 2: no field `text`"),
    (b'{"text": "a"}\n{"text": }\n', "line 2: not JSON"),
    (b'{"text": "a"}\n{"text": "b </s>"}\n', "line 2: the text holds `</s>`"),
    (gzip.compress(b"a b c\n" * 1000, mtime=0)[:-20], "its gzip data is cut short"),
])
@pytest.mark.parametrize("size", [5, 1 << 20])
def test_what_cannot_be_read_is_named(tmp_path, monkeypatch, content, what, size):
    monkeypatch.setattr(texts, "BLOCK_BYTES", size)
    file = write(tmp_path / "bad.txt", content)
    with pytest.raises(UsageError, match=what) as error:
        list(read_sentences([file]))
    assert "bad.txt" in str(error.value) and error.value.hint


def test_signs_that_look_like_tags_but_stand_inside_words_are_text(tmp_path):
    assert list(read_tokenised(write(tmp_path / "a", b"x<s> <b> a<unk>\n"))) == [[b"x<s>", b"<b>", b"a<unk>"]]


def test_words_are_parted_where_lmplz_parts_them_in_text_and_in_records(tmp_path):
    text, words = "a\vb c\fd\te\0f\rg", [b"a\vb", b"c\fd", b"e", b"f", b"g"]
    assert list(read_tokenised(write(tmp_path / "a", text.encode() + b"\n"))) == [words]
    assert list(read_tokenised(write(tmp_path / "b", json.dumps({"text": text}).encode()))) == [words]


def test_a_list_of_words_may_hold_what_every_model_has(tmp_path):
    listed = write(tmp_path / "vocab", b"<unk>\n<s>\n</s>\nyes\r\nno b<s>\n")
    assert read_words(listed) == {b"yes", b"no", b"b<s>"}


def test_prose_that_begins_with_a_brace_is_prose(tmp_path):
    assert list(read_tokenised(write(tmp_path / "a", b"{so} it began\n"))) == [[b"{so}", b"it", b"began"]]


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        list(read_sentences([tmp_path / "none"]))
    with pytest.raises(UsageError, match="cannot read"):
        list(read_sentences([tmp_path]))
