"""What was said, as people write it, where that was asked for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ds2cli.errors import UsageError
from ds2cli.io.text import read_lines
from ds2cli.records.jsonl import Record
from ds2cli.workflows.decode.request import DecodeRequest

if TYPE_CHECKING:
    from ds2cli.text.written.record import Writer


def as_asked(records: Iterator[Record], request: DecodeRequest) -> Iterator[Record]:
    """Records as they are spoken, or as people write them."""
    writer = open_writer(request)
    return map(writer.write, records) if writer else records


def open_writer(request: DecodeRequest) -> "Writer | None":
    """What writes as people write, if that was asked for.

    raises  UsageError where names are given for nothing, or their file cannot be read
    """
    if not request.written:
        if request.names:
            raise UsageError("--names without --written", hint="add --written")
        return None
    from ds2cli.text.written.names import cased_words  # most decode without, and numbers take long to import
    from ds2cli.text.written.record import Writer

    return Writer(cased_words(read_lines(request.names)) if request.names else {})
