"""The formats that records go out as, one registry for all commands; each is a module of its name."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, islice

from ds2cli.errors import UsageError
from ds2cli.records.audacity import audacity
from ds2cli.records.ctm import ctm
from ds2cli.records.jsonl import Record, to_line
from ds2cli.records.srt import srt
from ds2cli.records.textgrid import textgrid
from ds2cli.records.timed import of_one_recording, said
from ds2cli.records.trn import trn
from ds2cli.records.vtt import vtt


def takes_one_recording(kind: str) -> bool:
    """Whether a file of this form is about one recording, whose times it counts.

    raises  UsageError where there is no such form
    """
    if kind not in FORMATS:
        raise UsageError(f"no format `{kind}`", hint=f"there are: {', '.join(FORMATS)}")
    return kind in _OF_ONE


def all_of_one_recording(records: Iterable[Record]) -> list[Record]:
    """All records that are to be heard, read before the work begins.

    raises  UsageError where they are of more than one recording
    """
    return list(of_one_recording(records, "the times"))


def transcript(
    records: Iterable[Record], kind: str, text: str = "pred_text", seconds: float | None = None
) -> Iterator[str]:
    """The lines of one form; jsonl, text, trn and ctm take records of many recordings.

    kind     one of FORMATS
    text     the records' field that holds what was said: `pred_text` of decoded ones, `text` of segments
    seconds  length of the recording, for a TextGrid; None is where the last record ends
    raises   UsageError where a form of one recording is asked for more, or a record has no text
    """
    writer = partial(textgrid, seconds=seconds) if kind == "textgrid" else _WRITERS[kind]
    records = iter(records)
    first = list(islice(records, 1))  # what is refused is refused before a form's first line
    yield from writer(chain(first, records), text)


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
_OF_ONE = ("srt", "vtt", "textgrid", "audacity")
