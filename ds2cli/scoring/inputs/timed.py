"""Time-marked references and hypotheses: NIST stm against ctm.

A reference segment takes the words of its recording and channel whose middle lies before its end and that no earlier
segment took; the last segment takes all the rest (SCTK, stm2ctm.c). So every word is scored exactly once, except those
that fall to a segment marked IGNORE_TIME_SEGMENT_IN_SCORING.
"""

from collections.abc import Iterable, Iterator

from ds2cli.io.text import Line
from ds2cli.records.ctm import Mark
from ds2cli.records.stm import Channel, Segment, read_stm
from ds2cli.scoring.inputs.transcripts import check_markup

IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"


def read_segments(lines: Iterable[Line], name: str) -> Iterator[Segment]:
    """The segments of an stm file; braces are checked.

    raises  ManifestError naming the line that is not one
    """
    for segment in read_stm(lines, name):
        check_markup(segment.text, name, segment.number)
        yield segment


def words_by_segment(segments: list[Segment], marks: list[Mark]) -> list[str | None]:
    """The hypothesis of each segment; None where the hypotheses know nothing of its recording and channel."""
    by_channel: dict[Channel, list[Mark]] = {}
    for mark in marks:
        by_channel.setdefault(mark.channel, []).append(mark)
    last = {segment.channel: n for n, segment in enumerate(segments)}
    taken = dict.fromkeys(by_channel, 0)
    texts: list[str | None] = []
    for n, segment in enumerate(segments):
        waiting = by_channel.get(segment.channel)
        if waiting is None:
            texts.append(None)
            continue
        first = end = taken[segment.channel]
        while end < len(waiting) and (n == last[segment.channel] or waiting[end].middle < segment.end):
            end += 1
        taken[segment.channel] = end
        texts.append(" ".join(mark.text for mark in waiting[first:end]))
    return texts
