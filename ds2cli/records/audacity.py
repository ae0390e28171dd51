"""Audacity's label track (File > Import > Labels): start, end and text between tabs."""

from collections.abc import Iterable, Iterator

from ds2cli.records.jsonl import Record
from ds2cli.records.timed import of_one_recording, said, stretch


def audacity(records: Iterable[Record], text: str) -> Iterator[str]:
    """A label for each record; `text` is the field that holds what was said."""
    for record in of_one_recording(records, "labels"):
        start, end = stretch(record)
        yield f"{start:.6f}\t{end:.6f}\t{said(record, text)}"
