"""What a record says and when: its text, its words and its stretch, in seconds from the beginning of its recording."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ds2cli import hints
from ds2cli.errors import UsageError
from ds2cli.records.jsonl import Record


def said(record: Record, text: str) -> str:
    """What was said, on one line.

    text    the record's field that holds it: `pred_text` of decoded ones, `text` of aligned ones and of segments
    raises  UsageError where there is none
    """
    words = record.get(text)
    if not isinstance(words, str):
        raise UsageError(f"`{record.get('id', '?')}` has no text in its field `{text}`", hint=hints.FIELDS_OF_TEXT)
    return " ".join(words.split())


def timed_words(record: Record) -> Iterator[Record]:
    """The words with times in the recording, not in the utterance."""
    offset = float(record.get("offset") or 0.0)
    for word in record.get("words") or []:
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
        if first is not None and recording_key(first) != recording_key(record):
            raise UsageError(f"{what} of `{recording_name(first)}` and `{recording_name(record)}` cannot share a file",
                             hint=hints.ONE_RECORDING)
        first = record
        yield record


def recording_key(record: Record) -> str:
    """What tells recordings apart: two files in two folders may have one name."""
    return str(record.get("audio_filepath") or record.get("id", "-"))
