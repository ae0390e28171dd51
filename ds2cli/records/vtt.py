"""WebVTT: subtitles of one recording, for web pages (https://www.w3.org/TR/webvtt1/)."""

from collections.abc import Iterable, Iterator

from ds2cli.records.captions import cue_time, cues
from ds2cli.records.jsonl import Record


def vtt(records: Iterable[Record], text: str) -> Iterator[str]:
    """Cues, as `captions.cues` gathers them, behind the line that says WEBVTT."""
    yield "WEBVTT\n"
    for start, end, said in cues(records, text):
        yield f"{cue_time(start, '.')} --> {cue_time(end, '.')}\n{_escaped(said)}\n"


def _escaped(text: str) -> str:
    """Text of a cue, where <b> is markup and & begins a character's name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
