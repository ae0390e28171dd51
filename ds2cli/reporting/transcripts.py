"""Records of what was said, and when, in the forms that other tools read: one registry for all commands."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ds2cli.errors import UsageError
from ds2cli.reporting.subtitles import srt, vtt
from ds2cli.reporting.textgrid import textgrid
from ds2cli.reporting.timed_words import Record, recording_name, stretch, timed_words


def check_format(kind: str) -> None:
    """raises  UsageError where there is no such form"""
    if kind not in FORMATS:
        raise UsageError(f"no format `{kind}`", hint=f"there are: {', '.join(FORMATS)}")


def transcript(
    records: Iterable[Record], kind: str, text: str = "pred_text", seconds: float | None = None
) -> Iterator[str]:
    """The lines of one form; jsonl, text, trn, ctm and audacity write each record as it comes.

    kind     one of FORMATS
    text     the records' field that holds what was said: `pred_text` of decoded ones, `text` of segments
    seconds  length of the recording, for a TextGrid; None is where the last record ends
    raises   UsageError where subtitles or a TextGrid are asked for more than one recording
    """
    writer = partial(textgrid, seconds=seconds) if kind == "textgrid" else _WRITERS[kind]
    yield from writer(records, text)


def _jsonl(records: Iterable[Record], text: str) -> Iterator[str]:
    yield from (json.dumps(record, ensure_ascii=False) for record in records)


def _text(records: Iterable[Record], text: str) -> Iterator[str]:
    """What was said."""
    yield from (record[text] for record in records)


def _trn(records: Iterable[Record], text: str) -> Iterator[str]:
    """text (id), for sclite."""
    yield from (f"{record[text]} ({record.get('id') or recording_name(record)})" for record in records)


def _ctm(records: Iterable[Record], text: str) -> Iterator[str]:
    """Recording, channel, start, length, word, confidence."""
    for record in records:
        for word in timed_words(record):
            length = word["end"] - word["start"]
            yield f"{recording_name(record)} 1 {word['start']:.3f} {length:.3f} {word['word']} {word['confidence']:.3f}"


def _audacity(records: Iterable[Record], text: str) -> Iterator[str]:
    """Start, end and text between tabs: a label track (File > Import > Labels)."""
    for record in records:
        start, end = stretch(record)
        yield f"{start:.6f}\t{end:.6f}\t{' '.join(record[text].split())}"


_WRITERS: dict[str, Callable[[Iterable[Record], str], Iterator[str]]] = {
    "jsonl": _jsonl, "text": _text, "trn": _trn, "ctm": _ctm, "srt": srt, "vtt": vtt, "textgrid": textgrid,
    "audacity": _audacity,
}  # fmt: skip
FORMATS = tuple(_WRITERS)
