"""Transcripts of whole utterances: NIST trn, Kaldi text, plain lines, and tables with a header."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from ds2cli import hints
from ds2cli.errors import ManifestError
from ds2cli.io.text import Line
from ds2cli.records import kaldi, tables, trn
from ds2cli.records.jsonl import Record, read_records, to_line
from ds2cli.scoring.edits.networks import Marks, parse

HINT = "each line is one JSON object with `text` and `pred_text`, as `ds2 decode` writes them"
KEY_COLUMNS = ("id", "utt_id", "key", "path", "wav_filename")


@dataclass(slots=True)
class TranscriptLine:
    """One side of an utterance.

    key  pairs it with the other side; None where only the position does
    text  None where the record exists but has no text
    record  further fields
    """

    key: str | None
    text: str | None
    number: int
    record: dict[str, Any] = field(default_factory=dict)


def trn_transcript(lines: Iterable[Line], name: str) -> Iterator[TranscriptLine]:
    """The utterances of a trn file.

    raises  ManifestError naming the line without id
    """
    for number, key, text in trn.read_trn(lines, name):
        speaker = key.partition("-")[0] if "-" in key else key.partition("_")[0]
        yield TranscriptLine(key, text, number, {"speaker": speaker} if speaker != key else {})


def with_matching_braces(entries: Iterable[TranscriptLine], name: str) -> Iterator[TranscriptLine]:
    """The same entries; complains of the first whose braces do not match."""
    for entry in entries:
        check_braces(entry.text, name, entry.number)
        yield entry


def check_braces(text: str | None, name: str, number: int) -> None:
    """raises  ManifestError where a brace is not closed or holds nothing"""
    if not text or "{" not in text:
        return
    try:
        parse(text, Marks())
    except ValueError as problem:
        hint = "alternatives look like { a / b c / @ }"
        raise ManifestError(f"{name}, line {number}: {problem}", hint=hint) from None


def kaldi_transcript(lines: Iterable[Line], name: str) -> Iterator[TranscriptLine]:
    """`utterance-id words`, one a line: Kaldi's text files.

    raises  ManifestError naming an empty line
    """
    yield from (TranscriptLine(key, words, number) for number, key, words in kaldi.read_kaldi(lines, name))


def read_plain(lines: Iterable[Line], name: str) -> Iterator[TranscriptLine]:
    """One utterance a line; an empty line is an utterance without words."""
    for number, line in lines:
        yield TranscriptLine(None, line, number)


def read_json(lines: Iterable[Line], name: str, text_field: str) -> Iterator[TranscriptLine]:
    """JSON lines whose `text_field` is this side's text."""
    for number, record in read_records((line for _, line in lines), name, HINT):
        where = f"{name}, line {number}"
        key = id_of(record) or utterance_name(record, number)
        yield TranscriptLine(key, text_of(record, text_field, where), number, record)


def table_transcript(lines: Iterable[Line], name: str, delimiter: str, text_field: str) -> Iterator[TranscriptLine]:
    """A table with a header; ids stand in a column `id`, `utt_id`, `key`, `path` or `wav_filename`, if there is one.

    raises  ManifestError where a column is missing, or a line has another number of cells than the header
    """
    key_column = None
    for position, (number, record) in enumerate(tables.read_table(lines, name, delimiter)):
        if not position:
            if text_field not in record:
                found = ", ".join(f"`{column}`" for column in list(record)[:8])
                hint = hints.name_column(found)
                raise ManifestError(f"{name}, line 1: no column `{text_field}`", hint=hint)
            key_column = next((column for column in KEY_COLUMNS if column in record), None)
        yield TranscriptLine(record[key_column] if key_column else None, record[text_field], number, record)


def text_of(record: Record, field: str, where: str) -> str | None:
    """A text field, or None where it is missing or null.

    raises  ManifestError where it holds something else than text
    """
    text = record.get(field)
    if text is not None and not isinstance(text, str):
        raise ManifestError(f"{where}: `{field}` is {to_line(text)[:40]}, not text", hint=HINT)
    return text


def id_of(record: Record) -> str | None:
    """What a record calls itself: `id` or, if it has none, `utt_id` or `key`, as other tools write them."""
    for name in ("id", "utt_id", "key"):
        if isinstance(record.get(name), (str, int)):
            return str(record[name])
    return None


def utterance_name(record: Record, number: int) -> str:
    """How reports call an utterance: its id, else its audio file (and where in it), else its line."""
    audio = record.get("audio_filepath")
    if not isinstance(audio, str):
        return f"line {number}"
    start = record.get("offset")
    starts_later = isinstance(start, (int, float)) and start and math.isfinite(start)
    return PurePath(audio).stem + (f" at {start:g} s" if starts_later else "")
