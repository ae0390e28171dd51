"""Time-marked references and hypotheses: NIST stm against ctm.

A reference segment takes the words of its recording and channel whose middle lies before its end and that no earlier
segment took; the last segment takes all the rest (SCTK, stm2ctm.c). So every word is scored exactly once, except those
that fall to a segment marked IGNORE_TIME_SEGMENT_IN_SCORING. A segment's end is a single-precision number, as sclite
keeps it: where a word's middle falls on it, the last bit decides.
"""

from collections.abc import Callable, Iterable, Iterator

from ds2cli.io.text import Line
from ds2cli.records.ctm import Mark
from ds2cli.records.stm import Channel, StmSegment, read_stm, single
from ds2cli.scoring.inputs.transcripts import check_braces

IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING", "IGNORETIMESEGMENTINSCORING"


def is_ignored(text: str) -> bool:
    """Whether a segment's text takes it out of scoring, in either spelling and any case."""
    return "IGNORE" in (capitals := text.upper()) and any(mark in capitals for mark in IGNORED)


def folded(channel: Channel, fold: Callable[[str], str]) -> Channel:
    """A recording and channel by which reference and hypothesis are paired."""
    return fold(channel[0]), fold(channel[1])


def read_segments(lines: Iterable[Line], name: str, marked: bool = True) -> Iterator[StmSegment]:
    """The segments of an stm file; braces are checked where marks count.

    raises  ManifestError naming the line that is not one
    """
    for segment in read_stm(lines, name):
        if marked:
            check_braces(segment.text, name, segment.number)
        yield segment


def words_by_segment(
    segments: list[StmSegment], marks: list[Mark], fold: Callable[[str], str] = str
) -> list[str | None]:
    """The hypothesis of each segment; None where the hypotheses know nothing of its recording and channel."""
    by_channel: dict[Channel, list[Mark]] = {}
    for mark in marks:
        by_channel.setdefault(folded(mark.channel, fold), []).append(mark)
    channels = [folded(segment.channel, fold) for segment in segments]
    last = {channel: n for n, channel in enumerate(channels)}
    taken = dict.fromkeys(by_channel, 0)
    texts: list[str | None] = []
    for n, (segment, channel) in enumerate(zip(segments, channels, strict=True)):
        waiting = by_channel.get(channel)
        if waiting is None:
            texts.append(None)
            continue
        first = end = taken[channel]
        edge = single(segment.end)
        while end < len(waiting) and (n == last[channel] or waiting[end].middle < edge):
            end += 1
        taken[channel] = end
        texts.append(" ".join(mark.text for mark in waiting[first:end]))
    return texts
