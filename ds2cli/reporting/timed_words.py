"""When things were said: the words and the stretch of a record, in seconds from the beginning of its recording."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ds2cli.errors import UsageError

Record = dict[str, Any]


def timed_words(record: Record) -> Iterator[Record]:
    """The words with times in the recording, not in the utterance."""
    offset = float(record.get("offset") or 0.0)
    for word in record["words"]:
        yield {**word, "start": word["start"] + offset, "end": word["end"] + offset}


def stretch(record: Record) -> tuple[float, float]:
    """Where a record begins and ends in its recording; without a duration it ends with its last word."""
    start = float(record.get("offset") or 0.0)
    if record.get("duration") is not None:
        return start, start + float(record["duration"])
    return start, max((word["end"] for word in timed_words(record)), default=start)


def recording_name(record: Record) -> str:
    """What a recording is called: its file without folder and suffix."""
    return Path(record["audio_filepath"]).stem if record.get("audio_filepath") else str(record.get("id", "-"))


def of_one_recording(records: Iterable[Record], what: str) -> Iterator[Record]:
    """The records as they come.

    what    the plural that the error names: subtitles
    raises  UsageError where they are of more than one recording
    """
    first = None
    for record in records:
        name = recording_name(record)
        if first not in (None, name):
            raise UsageError(f"{what} of `{first}` and `{name}` cannot share a file",
                             hint="give one recording at a time, or use --format ctm")
        first = name
        yield record
