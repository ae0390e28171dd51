"""SubRip: numbered subtitles of one recording."""

from collections.abc import Iterable, Iterator

from ds2cli.records.captions import cue_time, cues
from ds2cli.records.jsonl import Record


def srt(records: Iterable[Record], text: str) -> Iterator[str]:
    """Numbered cues, as `captions.cues` gathers them."""
    for number, (start, end, said) in enumerate(cues(records, text), 1):
        yield f"{number}\n{cue_time(start, ',')} --> {cue_time(end, ',')}\n{said}\n"
