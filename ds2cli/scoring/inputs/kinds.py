"""What kind of file this is: told by the person, by its name, or by its first lines."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ds2cli import hints
from ds2cli.errors import UsageError
from ds2cli.io.text import called, numbered_lines
from ds2cli.scoring.choices import Kind
from ds2cli.scoring.inputs.transcripts import (
    TranscriptLine,
    kaldi_transcript,
    read_json,
    read_plain,
    table_transcript,
    trn_transcript,
    with_matching_braces,
)

BY_SUFFIX = {".jsonl": Kind.json, ".json": Kind.json, ".ndjson": Kind.json, ".trn": Kind.trn, ".csv": Kind.csv,
             ".tsv": Kind.tsv, ".stm": Kind.stm, ".ctm": Kind.ctm}
_TRN_LINE = re.compile(r".*\([^()\s]+\)\s*$")
_IDENTIFIER = re.compile(r"[^\s]*[0-9_-][^\s]*$")


def recognise(source: str | Path, named: Kind | None = None) -> Kind:
    """The kind of a file; stdin is JSON lines unless named.

    A text file whose lines all begin with different identifiers (they hold a digit, `-` or `_`) is Kaldi's; otherwise
    its lines are transcripts.

    raises  UsageError where the file is empty and its name says nothing
    """
    if named:
        return named
    if str(source) == "-":
        return Kind.json
    path = Path(source)
    if path.suffix.lower() in BY_SUFFIX:
        return BY_SUFFIX[path.suffix.lower()]
    if path.name == "text":
        return Kind.kaldi
    lines = [line for _, line in islice(numbered_lines(source), 1000) if line.strip() and not line.startswith(";;")]
    if not lines:
        raise UsageError(f"{called(source)} is empty, and its name does not say what it would hold",
                         hint=hints.NAME_KIND)
    if lines[0].lstrip().startswith("{") and lines[0].rstrip().endswith("}"):
        return Kind.json
    if all(map(_TRN_LINE.match, lines)):
        return Kind.trn
    first = [line.split(maxsplit=1)[0] for line in lines]
    if len(set(first)) == len(first) and all(map(_IDENTIFIER.match, first)):
        return Kind.kaldi
    return Kind.lines


def read_entries(source: str | Path, kind: Kind, text_field: str, marked: bool = False) -> Iterator[TranscriptLine]:
    """One side of all utterances of a file that is not time-marked; NIST's braces are checked where marks count."""
    entries = _entries(source, kind, text_field)
    return with_matching_braces(entries, called(source)) if marked else entries


def _entries(source: str | Path, kind: Kind, text_field: str) -> Iterator[TranscriptLine]:
    lines, name = numbered_lines(source), called(source)
    match kind:
        case Kind.json:
            return read_json(lines, name, text_field)
        case Kind.trn:
            return trn_transcript(lines, name)
        case Kind.kaldi:
            return kaldi_transcript(lines, name)
        case Kind.csv | Kind.tsv:
            return table_transcript(lines, name, "\t" if kind == Kind.tsv else ",", text_field)
        case _:
            return read_plain(lines, name)
