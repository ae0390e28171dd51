"""Transcripts of whole utterances: NIST trn, Kaldi text, plain lines, and tables with a header."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ds2cli.errors import ManifestError
from ds2cli.scoring.edits.networks import Marks, parse
from ds2cli.scoring.inputs.lines import Line
from ds2cli.scoring.inputs.records import id_of, name_of, parse_records, text_of

TRN_HINT = "each line of a trn file ends with its id in brackets: `the cat sat (speaker-1)`"


@dataclass(slots=True)
class Entry:
    """One side of an utterance.

    key  pairs it with the other side; None where only the position does
    text  None where the record exists but has no text
    record  further fields
    """

    key: str | None
    text: str | None
    number: int
    record: dict[str, Any] = field(default_factory=dict)


def read_trn(lines: Iterable[Line], name: str) -> Iterator[Entry]:
    """`words (speaker-utterance)`, one a line; lines that begin with `;;` are comments. Braces are checked.

    raises  ManifestError naming the line without id, or whose braces do not match
    """
    for number, line in lines:
        if line.startswith(";;") or not line.strip():
            continue
        head, opening, tail = line.rpartition("(")
        key, closing, rest = tail.partition(")")
        if not opening or not closing or rest.strip() or not key.strip():
            raise ManifestError(f"{name}, line {number}: no utterance id at its end", hint=TRN_HINT)
        check_markup(head, name, number)
        key = key.strip()
        speaker = key.partition("-")[0] if "-" in key else key.partition("_")[0]
        yield Entry(key, head.strip(), number, {"speaker": speaker} if speaker != key else {})


def check_markup(text: str, name: str, number: int) -> None:
    """Complain of braces that do not match."""
    try:
        parse(text, Marks())
    except ValueError as problem:
        hint = "alternatives look like { a / b c / @ }"
        raise ManifestError(f"{name}, line {number}: {problem}", hint=hint) from None


def read_kaldi(lines: Iterable[Line], name: str) -> Iterator[Entry]:
    """`utterance-id words`, one a line: Kaldi's text files.

    raises  ManifestError naming an empty line
    """
    for number, line in lines:
        key, *rest = line.split(maxsplit=1)[:2] or [""]
        if not key:
            raise ManifestError(f"{name}, line {number}: empty", hint="each line is an utterance id, then its words")
        yield Entry(key, rest[0].strip() if rest else "", number)


def read_plain(lines: Iterable[Line], name: str) -> Iterator[Entry]:
    """One utterance a line; an empty line is an utterance without words."""
    for number, line in lines:
        yield Entry(None, line, number)


def read_json(lines: Iterable[Line], name: str, text_field: str) -> Iterator[Entry]:
    """JSON lines whose `text_field` is this side's text."""
    for number, record in parse_records(lines, name):
        where = f"{name}, line {number}"
        key = id_of(record) or name_of(record, number)
        yield Entry(key, text_of(record, text_field, where), number, record)


def read_table(lines: Iterable[Line], name: str, delimiter: str, text_field: str) -> Iterator[Entry]:
    """A table with a header; ids stand in a column `id`, `utt_id`, `key`, `path` or `wav_filename`, if there is one.

    raises  ManifestError where a column is missing, or a line has another number of cells than the header
    """
    rows = _rows(lines, name, delimiter)
    _, header = next(rows, (1, []))
    if text_field not in header or len(set(header)) < len(header):
        found = ", ".join(f"`{column}`" for column in header[:8])
        what = f"no column `{text_field}`" if text_field not in header else "two columns of one name"
        hint = f"its columns are {found or 'none'}; name one with --ref-field or --hyp-field"
        raise ManifestError(f"{name}, line 1: {what}", hint=hint)
    key_column = next((column for column in ("id", "utt_id", "key", "path", "wav_filename") if column in header), None)
    for number, row in rows:
        if len(row) != len(header):
            message = f"{name}, line {number}: {len(row)} cells, but the header has {len(header)}"
            raise ManifestError(message, hint="quote cells that hold the delimiter or a quote")
        record = dict(zip(header, row, strict=True))
        yield Entry(record[key_column] if key_column else None, record[text_field], number, record)


def _rows(lines: Iterable[Line], name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Cells of each line that is not empty, with the number of its last line."""
    table = csv.reader((line + "\n" for _, line in lines), delimiter=delimiter, strict=True)
    try:
        for row in table:
            if row:
                yield table.line_num, row
    except csv.Error as problem:
        raise ManifestError(f"{name}, line {table.line_num}: {problem}") from None
