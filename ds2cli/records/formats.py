"""The formats that records go out as, one registry for all commands; each is a module of its name."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ds2cli.errors import UsageError
from ds2cli.records.audacity import audacity
from ds2cli.records.ctm import ctm
from ds2cli.records.jsonl import Record, to_line
from ds2cli.records.srt import srt
from ds2cli.records.textgrid import textgrid
from ds2cli.records.timed import said
from ds2cli.records.trn import trn
from ds2cli.records.vtt import vtt


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
    yield from map(to_line, records)


def _text(records: Iterable[Record], text: str) -> Iterator[str]:
    """What was said."""
    yield from (said(record, text) for record in records)


_WRITERS: dict[str, Callable[[Iterable[Record], str], Iterator[str]]] = {
    "jsonl": _jsonl, "text": _text, "trn": trn, "ctm": ctm, "srt": srt, "vtt": vtt, "textgrid": textgrid,
    "audacity": audacity,
}  # fmt: skip
FORMATS = tuple(_WRITERS)
