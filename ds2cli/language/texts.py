"""Training text in: files of sentences or records, plain or compressed, as lists of tokens, block by block."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from ds2cli.errors import UsageError
from ds2cli.io.text import called, open_utf8
from ds2cli.language.ngrams import END
from ds2cli.text.scripts import spaced_out

RECORDS_HINT = "the file begins with a record, so every line is one, with a field `text`"
BLOCK_BYTES = 1 << 20
END_TOKEN = END.encode()
SPACE_NAME = "<space>"  # how a model of characters writes a space
RESERVED = re.compile(rb"(?<![^ \t\r\n])(<s>|</s>|<unk>|<UNK>)(?![^ \t\r\n])")
BETWEEN_WORDS = re.compile("[\n\0]")
WORD = re.compile(rb"[^ \t\r]+")


def read_sentences(paths: Iterable[str | Path], units: bool = False, spaces: bool = False,
                   mixed: bool = False) -> Iterator[list[bytes]]:
    """The tokens of one file after another, each sentence (line, or record's `text`) ended by `</s>`.

    paths    plain, .gz, .xz or .bz2; sentences one a line, or JSON lines with a field `text`; `-` is standard input
    units    tokens are characters instead of words; white space is no token
    spaces   with units: white space between words is a token, `<space>`
    mixed    characters of scripts without spaces (Chinese) are tokens, and words of others
    raises   UsageError naming file and line where text is not UTF-8 or holds <s>, </s> or <unk>

    An empty line is an empty sentence, and what stands between words is a space, a tab, a carriage return or a zero
    byte, as lmplz has it: vertical tabs and form feeds belong to words.
    """
    for path in paths:
        name = called(path)
        number, are_records = 1, None
        with open_utf8(path) as stream:
            for block in _blocks(stream):
                block = block.replace(b"\0", b" ")
                _check(block, name, number)
                if are_records is None and block.strip():
                    are_records = _is_record(block)
                text = _texts(block, name, number) if are_records else block
                yield _tokens(spaced_out(text.decode()).encode() if mixed else text, units, spaces)
                number += block.count(b"\n")


def read_words(path: str | Path) -> set[bytes]:
    """The words of a list, whatever stands between them; not <s>, </s> and <unk>, which every model has."""
    with open_utf8(path) as stream:
        blocks = list(_blocks(stream))
    for block in blocks:
        _check_utf8(block, called(path), 1)
    words = {word for block in blocks for word in block.replace(b"\0", b" ").split()}
    return {word for word in words if not RESERVED.fullmatch(word)}


def read_tokenised(path: str | Path, units: bool = False, spaces: bool = False,
               mixed: bool = False) -> Iterator[list[bytes]]:
    """The same tokens line by line, without `</s>`."""
    for tokens in read_sentences([path], units, spaces, mixed):
        start = 0
        for place, token in enumerate(tokens):
            if token == END_TOKEN:
                yield tokens[start:place]
                start = place + 1


def _tokens(text: bytes, units: bool, spaces: bool) -> list[bytes]:
    if units:
        lines = (line.split() for line in text.decode().split("\n"))
        between = f" {SPACE_NAME} " if spaces else " "
        text = "\n".join(between.join(" ".join(word) for word in words) for words in lines).encode()
    text = text.replace(b"\n", b" " + END_TOKEN + b" ")
    return WORD.findall(text) if b"\v" in text or b"\f" in text else text.split()


def _is_record(block: bytes) -> bool:
    """Whether text begins with a JSON object; prose may begin with a brace."""
    try:
        return isinstance(json.loads(block.lstrip().split(b"\n", 1)[0]), dict)
    except json.JSONDecodeError:
        return False


def _texts(block: bytes, name: str, number: int) -> bytes:
    """The `text` of records, one a line."""
    found = []
    for line_number, line in enumerate(block.split(b"\n")[:-1], number):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as problem:
            raise UsageError(f"{name}, line {line_number}: not JSON ({problem.msg})", hint=RECORDS_HINT) from None
        text = record.get("text") if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise UsageError(f"{name}, line {line_number}: no field `text`", hint=RECORDS_HINT)
        try:
            found.append(BETWEEN_WORDS.sub(" ", text).encode())
        except UnicodeEncodeError:
            raise UsageError(f"{name}, line {line_number}: the text holds half of a surrogate pair",
                             hint="save it as UTF-8") from None
        if RESERVED.search(found[-1]):
            _refuse(found[-1], name, line_number)
    return b"\n".join([*found, b""])


def _check(block: bytes, name: str, number: int) -> None:
    _check_utf8(block, name, number)
    if b"<" in block and (found := RESERVED.search(block)):
        _refuse(block, name, number + block.count(b"\n", 0, found.start()))


def _check_utf8(block: bytes, name: str, number: int) -> None:
    try:
        block.decode()
    except UnicodeDecodeError as problem:
        line = number + block.count(b"\n", 0, problem.start)
        raise UsageError(f"{name}, line {line}: not UTF-8", hint="convert it with: iconv -f latin1 -t utf-8") from None


def _refuse(text: bytes, name: str, line: int) -> None:
    found = RESERVED.search(text)
    token = found.group().decode() if found else ""
    raise UsageError(f"{name}, line {line}: the text holds `{token}`, which the model keeps for itself",
                     hint=f"take it out: sed 's|{token}||g'")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, about a megabyte together; the last line is ended where the file does not."""
    rest = b""
    while True:
        block = stream.read(BLOCK_BYTES)
        if not block:
            break
        whole, newline, after = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = after
        else:
            rest += block
    if rest:
        yield rest + b"\n"
