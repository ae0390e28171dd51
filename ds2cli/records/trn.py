"""NIST's trn: `words (speaker-utterance)`, one utterance a line; lines that begin with `;;` or `**` are comments."""

from collections.abc import Iterable, Iterator

from ds2cli.errors import ManifestError
from ds2cli.io.text import Line
from ds2cli.records.jsonl import Record
from ds2cli.records.names import SafeNames
from ds2cli.records.stm import SPACES
from ds2cli.records.timed import recording_name, said

HINT = "each line of a trn file ends with its id in brackets: `the cat sat (speaker-1)`"


def read_trn(lines: Iterable[Line], name: str) -> Iterator[tuple[int, str, str]]:
    """Line number, id and words of each utterance.

    raises  ManifestError naming the line without id
    """
    for number, line in lines:
        if line.startswith((";;", "**")) or not line.strip():
            continue
        head, opening, tail = line.rpartition("(")
        key, closing, rest = tail.partition(")")
        if not opening or not closing or rest.strip() or not key.strip():
            raise ManifestError(f"{name}, line {number}: no utterance id at its end", hint=HINT)
        yield number, key.strip(SPACES), head.strip(SPACES)


def trn(records: Iterable[Record], text: str) -> Iterator[str]:
    """Lines of trn; `text` is the records' field that holds what was said. Ids are made safe, and told apart."""
    names = SafeNames("()")
    for record in records:
        id = record.get("id")
        yield f"{said(record, text)} ({names.of(str(id) if id not in (None, '') else recording_name(record))})"
