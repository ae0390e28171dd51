"""Text reads the same however it is wrapped, and what cannot be read is named with a cure that works."""

import bz2
import gzip
import io
import lzma
import subprocess
import sys

import pytest

from ds2cli.errors import UsageError
from ds2cli.io.text import compose, numbered_lines, open_utf8, read_lines, read_text

TEXT = "the cat\r\nsat \u2028 on\x0c it\n\nél último\n"
LINES = ["the cat", "sat \u2028 on\x0c it", "", "él último"]
WRAPPED = {"plain": bytes, "gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_is_the_same_in_every_wrapping_whatever_its_name(tmp_path, wrap, encoding):
    path = tmp_path / "a.text"
    path.write_bytes(WRAPPED[wrap](TEXT.encode(encoding)))
    assert [line for _, line in numbered_lines(path)] == LINES
    assert read_text(path) == TEXT
    with open_utf8(path) as stream:
        assert stream.read().decode() == TEXT


@pytest.mark.parametrize("mark, encoding", [(b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")])
def test_utf16_is_told_by_its_mark_and_a_letter_that_holds_a_newlines_byte_ends_no_line(tmp_path, mark, encoding):
    (tmp_path / "a.txt").write_bytes(mark + "\u0a0a \u0d0a\nb\n".encode(encoding))
    assert list(read_lines(tmp_path / "a.txt")) == ["\u0a0a \u0d0a\n", "b\n"]


@pytest.mark.parametrize("wrap", WRAPPED)
def test_stdin_reads_like_a_file(monkeypatch, wrap):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRAPPED[wrap](TEXT.encode()))))
    assert read_text("-") == TEXT


def test_old_macs_lines_are_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes("u1 the cat\ru2 é\r".encode())
    assert [line for _, line in numbered_lines(tmp_path / "a.txt")] == ["u1 the cat", "u2 é", ""]


@pytest.mark.parametrize("wrap", ["gzip", "xz", "bzip2"])
@pytest.mark.parametrize("cut", [0.3, 0.9, 0.999])
def test_what_is_cut_short_is_named_with_its_program(tmp_path, wrap, cut):
    whole = WRAPPED[wrap]("".join(f"{number * 7919}\n" for number in range(20000)).encode())
    (tmp_path / "a.txt").write_bytes(whole[: int(len(whole) * cut)])
    with pytest.raises(UsageError, match=rf"`.*a.txt` is broken after line \d+: its {wrap} .* cut short") as raised:
        list(read_lines(tmp_path / "a.txt"))
    assert raised.value.hint == f"check it with: {wrap} -t {tmp_path / 'a.txt'}"


@pytest.mark.parametrize("wrap", ["gzip", "xz", "bzip2"])
def test_what_is_damaged_is_named(tmp_path, wrap):
    whole = bytearray(WRAPPED[wrap](bytes(range(256)) * 400))
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "a.txt").write_bytes(whole)
    with pytest.raises(UsageError, match="a.txt`"):
        list(read_lines(tmp_path / "a.txt"))


@pytest.mark.parametrize("text, encoding", [("fine\nel último café\n", "latin1"), ("fine\n今天天气很好\n", "gb18030"),
                                            ("ab\nçd\n", "utf-16-le"), ("ab\nçd\n", "utf-16-be")])
def test_the_cure_for_another_encoding_works(tmp_path, text, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    with pytest.raises(UsageError, match=r"`.*a.txt`, line \d: not UTF-8 \(byte \d+\)") as raised:
        list(read_lines(path))
    command = raised.value.hint.removeprefix("convert it with: ")
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    assert read_text(tmp_path / "a.utf8.txt") == text


@pytest.mark.parametrize("name, what", [("none.txt", "no such file: `.*none.txt`"), (".", "it is a folder")])
def test_what_is_no_file_is_named(tmp_path, name, what):
    with pytest.raises(UsageError, match=what):
        list(read_lines(tmp_path / name))


def test_letters_and_their_accents_compose():
    assert compose("e\u0301 a\u030a \u1100\u1161") == "é å 가" and compose("plain") == "plain"
